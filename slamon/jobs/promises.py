"""Promises: the terms of each ticket, chosen anew when its facts, the settings or the reference data changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from slamon.core.chooser import Chooser
from slamon.core.instants import from_epoch
from slamon.core.observe import Desk
from slamon.core.policy import Terms
from slamon.core.rules import CalendarRules
from slamon.core.ticket import Event, Kind, Level, Origin, Ticket
from slamon.jobs.deps import PollDeps
from slamon.jobs.tenant import TenantSettings
from slamon.log import get_logger
from slamon.ports import HistoryRow

log = get_logger(__name__)

_MOVES_TERMS = (Kind.PRIORITY, Kind.SLA, Kind.BOARD, Kind.COMPANY, Kind.AGREEMENT)


@dataclass(slots=True)
class Promises:
    """Events of new terms, and what they name; `terms` and `calendars` are by version."""

    events: list[Event] = field(default_factory=list)
    terms: dict[str, Terms] = field(default_factory=dict)
    calendars: dict[str, CalendarRules] = field(default_factory=dict)


def choose_promises(
    deps: PollDeps,
    desk: Desk,
    chooser: Chooser,
    tickets: Collection[Ticket],
    events: Sequence[Event],
    history: Mapping[int, Sequence[HistoryRow]],
    now: datetime,
) -> Promises:
    """Return the terms that are new for *tickets*; *history* is what is stored of them, *events* are new."""
    fresh = {event.ticket_id for event in events if event.kind is Kind.ENTERED}
    begun = {event.ticket_id for event in events if _begins_work(event)}
    changed_at = {event.ticket_id: event.at for event in events if event.kind in _MOVES_TERMS}
    found = Promises()
    for ticket in tickets:
        _note_status(deps, ticket, desk)
        choice, version = chooser.choose(ticket)
        _note(deps.state.problems, ticket, choice.problem)
        holds, since = _held(history.get(ticket.id, ()), ticket)
        # What is closed keeps its promise when only the settings or the reference data have changed.
        settled = ticket.closed and holds is not None and ticket.id not in changed_at
        if holds == version or settled:
            continue
        at = ticket.entered_at if ticket.id in fresh else max(changed_at.get(ticket.id, now), since)
        why = "; ".join(choice.why)
        found.events.append(Event(ticket.id, Kind.TERMS, at, at, Origin.SETTINGS, name=why, terms=version))
        if ticket.id in fresh - begun and deps.settings.start_by_escalation:
            found.events += _start_of(ticket)
        found.terms[version] = choice.terms
        found.calendars[choice.terms.calendar] = choice.calendar
    return found


def find_start(settings: TenantSettings, ticket: Ticket, events: Sequence[Event]) -> Event | None:
    """Return the clock's start by the settings for a history just told; None: the entry, or one that is among them."""
    if not settings.start_by_escalation or any(e.kind is Kind.STARTED or _begins_work(e) for e in events):
        return None
    return next(iter(_start_of(ticket)), None)


def _start_of(ticket: Ticket) -> list[Event]:
    if ticket.escalation_start_at is None:
        return []
    start = max(ticket.escalation_start_at, ticket.entered_at)
    return [Event(ticket.id, Kind.STARTED, start, start, Origin.CONNECTWISE)]


def _held(history: Sequence[HistoryRow], ticket: Ticket) -> tuple[str | None, datetime]:
    """Return the terms that hold for *ticket* by its *history*, and since when."""
    newest = next((row for row in reversed(history) if row.terms is not None), None)
    return (None, ticket.entered_at) if newest is None else (newest.terms, from_epoch(newest.at))


def _begins_work(event: Event) -> bool:
    """Whether a milestone is reached or a wait begins: the escalation start seen after it is another stage's."""
    if event.kind in (Kind.RESPONDED, Kind.PLANNED, Kind.RESOLVED, Kind.NOT_MEASURED):
        return True
    return event.level not in (None, Level.NOT_RESPONDED, Level.OUT_OF_SCOPE)


def _note_status(deps: PollDeps, ticket: Ticket, desk: Desk) -> None:
    choice = desk.choice(ticket)
    _note(deps.state.unmapped, ticket, "" if choice.known else choice.why)


def _note(notes: dict[int, str], ticket: Ticket, problem: str) -> None:
    if problem and not ticket.closed:
        if notes.get(ticket.id) != problem:
            log.warning("ticket", ticket=ticket.id, problem=problem)
        notes[ticket.id] = problem
    else:
        notes.pop(ticket.id, None)
