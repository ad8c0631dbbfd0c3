"""Revisit: open tickets as they are stored, judged anew when the settings or the reference data have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from slamon.core.observe import Desk, observe
from slamon.core.ticket import Event, Kind, Level, Origin, Ticket
from slamon.jobs.intake import CHUNK, History, Intake, scope_of
from slamon.jobs.judgement import note_judged

_SETS_LEVEL = (Kind.ENTERED, Kind.STATUS, Kind.RESTORED, Kind.CANCELLED)


async def revisit_open(intake: Intake) -> None:
    """Give every open ticket the level, the scope and the promise it has now. Nothing is asked of ConnectWise."""
    after: int | None = -1
    while after is not None:
        after = await asyncio.to_thread(_revisit, intake, after)
    await asyncio.to_thread(note_judged, intake.deps, intake.progress.started_at)


def _revisit(intake: Intake, after: int) -> int | None:
    """Judge the next open tickets with ids above *after*; return the last one's, None if there was none."""
    deps, now = intake.deps, intake.progress.started_at
    tickets = deps.store.load_open_tickets(deps.settings.name, after=after, limit=CHUNK)
    if not tickets:
        return None
    history = intake.load_history({ticket.id for ticket in tickets}, tickets)
    moved: list[Event] = []
    for ticket in tickets:
        scope = scope_of(history.get(ticket.id, ()))
        moved += observe(ticket, ticket, intake.desk, None, seen_at=now, scope=scope)
    intake.judge(tickets, [*moved, *remapped(intake.desk, tickets, moved, history, now)], history)
    return tickets[-1].id


def remapped(
    desk: Desk, tickets: Sequence[Ticket], events: Sequence[Event], history: History, now: datetime
) -> list[Event]:
    """Return a status event for every open ticket that stands in a status which means something else now.

    Tickets that *events* tell of have their level from them; what has passed keeps the level of its time.
    """
    told = {event.ticket_id for event in events}
    found: list[Event] = []
    for ticket in tickets:
        rows = history.get(ticket.id, ())
        held = next((row.level for row in reversed(rows) if row.kind in _SETS_LEVEL), None)
        level = desk.level(ticket)
        if ticket.id not in told and not ticket.closed and held not in (None, level, Level.OUT_OF_SCOPE):
            found.append(
                Event(ticket.id, Kind.STATUS, now, now, Origin.SETTINGS, ticket.status.id, ticket.status.name, level)
            )
    return found
