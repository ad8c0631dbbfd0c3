"""Remapping: a status whose level was changed in the settings or in ConnectWise has the new one from now on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from slamon.core.observe import Desk
from slamon.core.reference import Reference
from slamon.core.ticket import Event, Kind, Level, Origin, Ticket
from slamon.jobs.deps import PollDeps

_SETS_LEVEL = (Kind.ENTERED, Kind.STATUS, Kind.RESTORED, Kind.CANCELLED)


async def remap_levels(
    deps: PollDeps, reference: Reference, tickets: Sequence[Ticket], events: Sequence[Event], now: datetime
) -> list[Event]:
    """Return a status event for every open ticket that stands in a status which means something else now.

    Tickets that *events* tell of are read anew anyway; what has passed keeps the level of its time.
    """
    told = {event.ticket_id for event in events}
    standing = [ticket for ticket in tickets if ticket.id not in told and not ticket.closed]
    history = await asyncio.to_thread(deps.store.load_history, deps.settings.name, [t.id for t in standing])
    held = {row.ticket_id: row.level for row in history if Kind(row.kind) in _SETS_LEVEL}
    desk = Desk(reference, deps.settings.levels, deps.state.board_ids(deps.settings))
    return [
        Event(ticket.id, Kind.STATUS, now, now, Origin.SETTINGS, ticket.status.id, ticket.status.name, level)
        for ticket in standing
        for level in (desk.level(ticket),)
        if held.get(ticket.id) not in (None, level, Level.OUT_OF_SCOPE)
    ]
