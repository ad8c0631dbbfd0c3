"""Promises: the terms of each ticket, chosen anew when its facts, the settings or the reference data changed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime

from slamon.core.instants import from_epoch
from slamon.core.levels import choose_level
from slamon.core.policy import Terms
from slamon.core.promise import choose_terms
from slamon.core.reference import Reference
from slamon.core.rules import CalendarRules
from slamon.core.ticket import Event, Kind, Level, Origin, Ticket
from slamon.core.versions import version_of
from slamon.jobs.deps import PollDeps
from slamon.log import get_logger

log = get_logger(__name__)

_MOVES_TERMS = (Kind.PRIORITY, Kind.SLA, Kind.BOARD, Kind.COMPANY, Kind.AGREEMENT)


async def choose_promises(
    deps: PollDeps, reference: Reference, tickets: Collection[Ticket], events: Sequence[Event], now: datetime
) -> list[Event]:
    """Return the terms that are new for their tickets, as events; the versions they name are stored first."""
    history = await asyncio.to_thread(deps.store.load_history, deps.settings.name, [t.id for t in tickets])
    held = {row.ticket_id: (row.terms, from_epoch(row.at)) for row in history if row.terms is not None}
    fresh = {event.ticket_id for event in events if event.kind is Kind.ENTERED}
    begun = {event.ticket_id for event in events if _begins_work(event)}
    changed_at = {event.ticket_id: event.at for event in events if event.kind in _MOVES_TERMS}
    terms: dict[str, Terms] = {}
    calendars: dict[str, CalendarRules] = {}
    chosen: list[Event] = []
    for ticket in tickets:
        _note_status(deps, ticket, reference)
        choice = choose_terms(ticket, reference, deps.settings.promises)
        _note(deps.state.problems, ticket, choice.problem)
        version = version_of(choice.terms)
        holds, since = held.get(ticket.id, (None, ticket.entered_at))
        # What is closed keeps its promise when only the settings or the reference data have changed.
        settled = ticket.closed and holds is not None and ticket.id not in changed_at
        if holds == version or settled:
            continue
        at = ticket.entered_at if ticket.id in fresh else max(changed_at.get(ticket.id, now), since)
        why = "; ".join(choice.why)
        chosen.append(Event(ticket.id, Kind.TERMS, at, at, Origin.SETTINGS, name=why, terms=version))
        if ticket.id in fresh - begun and deps.settings.start_by_escalation and ticket.escalation_start_at:
            start = max(ticket.escalation_start_at, ticket.entered_at)
            chosen.append(Event(ticket.id, Kind.STARTED, start, start, Origin.CONNECTWISE))
        terms[version] = choice.terms
        calendars[choice.terms.calendar] = choice.calendar
    await asyncio.to_thread(deps.store.save_versions, terms, calendars)
    return chosen


def _begins_work(event: Event) -> bool:
    """Whether a milestone is reached or a wait begins: the escalation start seen after it is another stage's."""
    if event.kind in (Kind.RESPONDED, Kind.PLANNED, Kind.RESOLVED, Kind.NOT_MEASURED):
        return True
    return event.level not in (None, Level.NOT_RESPONDED, Level.OUT_OF_SCOPE)


def _note_status(deps: PollDeps, ticket: Ticket, reference: Reference) -> None:
    choice = choose_level(ticket.board, ticket.status, reference, deps.settings.levels)
    _note(deps.state.unmapped, ticket, "" if choice.known else choice.why)


def _note(notes: dict[int, str], ticket: Ticket, problem: str) -> None:
    if problem and not ticket.closed:
        if notes.get(ticket.id) != problem:
            log.warning("ticket", ticket=ticket.id, problem=problem)
        notes[ticket.id] = problem
    else:
        notes.pop(ticket.id, None)
