"""Promises: the terms of each ticket, chosen anew when its facts, the settings or the reference data changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from slamon.core.chooser import Chooser
from slamon.core.facts import MOVES_TERMS, facts_over_time
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


@dataclass(slots=True)
class Promises:
    """Events of new terms, and what they name; `terms` and `calendars` are by version."""

    events: list[Event] = field(default_factory=list)
    terms: dict[str, Terms] = field(default_factory=dict)
    calendars: dict[str, CalendarRules] = field(default_factory=dict)

    def tell(self, chooser: Chooser, lived: Sequence[tuple[datetime, Ticket]], holds: str | None) -> bool:
        """Note the terms of a ticket's facts since instants, where they are others than held before; say if any are."""
        before = holds
        for at, facts in lived:
            choice, version = chooser.choose(facts)
            if version == before:
                continue
            before = version
            why = "; ".join(choice.why)
            self.events.append(Event(facts.id, Kind.TERMS, at, at, Origin.SETTINGS, name=why, terms=version))
            self.terms[version] = choice.terms
            self.calendars[choice.terms.calendar] = choice.calendar
        return before != holds


def choose_promises(
    deps: PollDeps,
    desk: Desk,
    chooser: Chooser,
    tickets: Collection[Ticket],
    events: Sequence[Event],
    history: Mapping[int, Sequence[HistoryRow]],
    now: datetime,
    known: Mapping[int, Ticket] | None = None,
) -> Promises:
    """Return the terms that are new for *tickets*; *history* is what is stored of them, *events* are new.

    *known* are the tickets as they were before *events*.
    """
    fresh = {event.ticket_id for event in events if event.kind is Kind.ENTERED}
    begun = {event.ticket_id for event in events if _begins_work(event)}
    moves: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        if event.kind in MOVES_TERMS:
            moves[event.ticket_id].append(event)
    found = Promises()
    for ticket in tickets:
        _note_status(deps, ticket, desk)
        choice, _ = chooser.choose(ticket)
        _note(deps.state.problems, ticket, choice.problem)
        holds, since = _held(history.get(ticket.id, ()), ticket)
        lived = facts_over_time((known or {}).get(ticket.id), ticket, moves[ticket.id])
        # What is closed keeps its promise when only the settings or the reference data have changed.
        if ticket.closed and holds is not None and not lived:
            continue
        lived = lived or [(ticket.entered_at if ticket.id in fresh else now, ticket)]
        told = found.tell(chooser, [(max(at, since), facts) for at, facts in lived], holds)
        if told and ticket.id in fresh - begun and deps.settings.start_by_escalation:
            found.events += _start_of(ticket)
    return found


def promise_life(chooser: Chooser, ticket: Ticket, telling: Sequence[Event]) -> Promises:
    """Return the terms of a whole life, from the entry on, by the facts that *telling* gives it."""
    found = Promises()
    found.tell(chooser, facts_over_time(None, ticket, telling) or [(ticket.entered_at, ticket)], None)
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
