"""Assumptions that ConnectWise may make and slamon does not: each is one change, and what the ticket's life would be.

They come in the order of `Cause`. No arithmetic is done here: an assumption is
other terms, other levels or other instants for the same clock.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from slamon.core.desk_facts import DeskFacts, Goals, goals_of, with_goals
from slamon.core.facts import MOVES_TERMS
from slamon.core.figures import Life, Shelf
from slamon.core.instants import to_epoch
from slamon.core.levels import choose_level, find_status
from slamon.core.lifeline import EventRow
from slamon.core.policy import Terms
from slamon.core.promise import ALL_HOURS
from slamon.core.rules import CalendarRules
from slamon.core.ticket import Event, Kind, Level, Ref, Ticket
from slamon.core.witness import Cause, Evidence

CALENDAR = "{calendar}"
Change = Callable[[Terms, CalendarRules], tuple[Terms, CalendarRules]]


@dataclass(frozen=True, slots=True)
class Assumption:
    """One change of assumption, in words that hold for every ticket it fits; `CALENDAR` stands for the ticket's own."""

    cause: Cause
    words: str


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket whose figures differ, with its events; the rows of its life are theirs, in their order."""

    told: Evidence
    events: tuple[Event, ...]

    @classmethod
    def of(cls, told: Evidence, events: Sequence[Event]) -> Case:
        rows = tuple(EventRow(to_epoch(e.at), e.kind, e.level, e.terms) for e in events)
        return cls(replace(told, life=replace(told.life, rows=rows)), tuple(events))

    @property
    def ticket(self) -> Ticket:
        return self.told.ticket

    @property
    def life(self) -> Life:
        return self.told.life

    def calendar_name(self, shelf: Shelf) -> str:
        """Return the name of the calendar that the newest promise counts on."""
        return next((shelf.rules_of(row.terms).name for row in reversed(self.life.rows) if row.terms is not None), "")


def assume(
    case: Case, desk: DeskFacts, shelf: Shelf, only: Container[Assumption] | None = None
) -> Iterator[tuple[Assumption, Life]]:
    """Yield the assumptions, all or those of *only*, with the life each makes of the ticket if it is another one."""
    for assumption, rows in _assume(case, desk, shelf, only):
        if rows != case.life.rows and (only is None or assumption in only):
            yield assumption, replace(case.life, rows=rows)


def _assume(
    case: Case, desk: DeskFacts, shelf: Shelf, only: Container[Assumption] | None
) -> Iterator[tuple[Assumption, tuple[EventRow, ...]]]:
    rows = case.life.rows
    for cause, words, change in (
        *_zones(case, desk),
        *_holidays(desk),
        *_calendars(desk),
        *_goals(case, desk),
        *_promises(case, desk, shelf),
    ):
        assumption = Assumption(cause, words)
        if only is None or assumption in only:  # most trials are of this kind, and most of them are not wanted
            yield assumption, _on_other_terms(rows, shelf, words, change)
    yield from _earlier_promises(case)
    yield from _levels(case, desk)
    yield from _pauses(case, shelf)
    yield from _starts(case)


def poll_gap_lives(case: Case) -> list[Life]:
    """Return the ticket's life with what polling saw moved to its earliest instants: stops, the rest, and both.

    One more has no wait in which a milestone was reached: the ticket ran meanwhile, and no poll saw it.
    """
    earliest = _earliest(case.events)
    stops = [event.level in (Level.WAITING, Level.RESOLVED) for event in case.events]
    lives = []
    for moved in (stops, [not stop for stop in stops], [True] * len(stops)):
        rows = tuple(
            row._replace(at=to_epoch(at)) if moves else row
            for row, at, moves in zip(case.life.rows, earliest, moved, strict=True)
        )
        lives.append(rows)
    lives.append(_without_broken_waits(case.life.rows))
    return [replace(case.life, rows=rows) for rows in lives if rows != case.life.rows]


def _without_broken_waits(rows: tuple[EventRow, ...]) -> tuple[EventRow, ...]:
    found, waits = list(rows), None
    for place, row in enumerate(rows):
        if row.level is not None:
            waits = place if row.level == Level.WAITING else None
        elif row.kind in (Kind.RESPONDED, Kind.PLANNED) and waits is not None and row.at > rows[waits].at:
            found[waits] = rows[waits]._replace(level=int(Level.NOT_RESPONDED))
    return tuple(found)


def _earliest(events: Sequence[Event]) -> list[datetime]:
    """Return the earliest instant of each event; a promise came no later than the change that brought it."""
    brought = {e.at: e.not_before for e in events if e.kind in MOVES_TERMS}
    return [min(e.not_before, brought.get(e.at, e.at)) if e.kind is Kind.TERMS else e.not_before for e in events]


# --- other terms ----------------------------------------------------------------------------------


def _on_other_terms(rows: tuple[EventRow, ...], shelf: Shelf, name: str, change: Change) -> tuple[EventRow, ...]:
    return tuple(
        row if row.terms is None else row._replace(terms=shelf.derive(row.terms, name, change)) for row in rows
    )


def _zones(case: Case, desk: DeskFacts) -> Iterator[tuple[Cause, str, Change]]:
    for zone in desk.zones_for(case.ticket):

        def change(terms: Terms, rules: CalendarRules, zone: str = zone) -> tuple[Terms, CalendarRules]:
            # 24x7 without holidays is the same in every zone.
            return terms, rules if rules == ALL_HOURS else replace(rules, zone=zone)

        yield Cause.ZONE, f"ConnectWise counts {CALENDAR} in {zone}", change


def _holidays(desk: DeskFacts) -> Iterator[tuple[Cause, str, Change]]:
    def without(terms: Terms, rules: CalendarRules) -> tuple[Terms, CalendarRules]:
        return terms, replace(rules, holidays=())

    yield Cause.HOLIDAY, f"ConnectWise counts {CALENDAR} without its holidays", without
    for lender in {rules.holidays: rules for rules in reversed(desk.calendars) if rules.holidays}.values():

        def change(terms: Terms, rules: CalendarRules, lender: CalendarRules = lender) -> tuple[Terms, CalendarRules]:
            return terms, replace(rules, holidays=lender.holidays)

        yield Cause.HOLIDAY, f"ConnectWise counts {CALENDAR} with the holidays of {lender.name!r}", change


def _calendars(desk: DeskFacts) -> Iterator[tuple[Cause, str, Change]]:
    for other in desk.calendars:

        def change(terms: Terms, _: CalendarRules, other: CalendarRules = other) -> tuple[Terms, CalendarRules]:
            return terms, other

        where = "" if other == ALL_HOURS else f" in {other.zone}"
        yield Cause.CALENDAR, f"ConnectWise counts on {other.name!r}{where}", change


def _goals(case: Case, desk: DeskFacts) -> Iterator[tuple[Cause, str, Change]]:
    for name, goals in desk.goals_for(case.ticket):

        def change(terms: Terms, rules: CalendarRules, goals: Goals = goals) -> tuple[Terms, CalendarRules]:
            return with_goals(terms, goals), rules

        yield Cause.PRIORITY, f"ConnectWise keeps the goals of {name}", change
    yield (
        Cause.PRIORITY,
        "ConnectWise keeps the start when the promise changes",
        _knob(lambda terms: replace(terms, change="same_start")),
    )


def _promises(case: Case, desk: DeskFacts, shelf: Shelf) -> Iterator[tuple[Cause, str, Change]]:
    """Yield other promises as a whole: the ticket's SLA of ConnectWise first, then those in use at the desk."""
    found = [(other, shelf.rules[other.calendar]) for other in desk.promises]
    own = desk.own_sla(case.ticket)
    if own is not None:
        found.insert(0, (own.terms, own.calendar))
    for other, on in found:

        def change(
            terms: Terms, _: CalendarRules, other: Terms = other, on: CalendarRules = on
        ) -> tuple[Terms, CalendarRules]:
            return with_goals(terms, goals_of(other)), on

        yield (
            Cause.PRIORITY,
            f"ConnectWise keeps goals and calendar of {other.policy!r}: {on.name!r}, {on.zone}",
            change,
        )


def _earlier_promises(case: Case) -> Iterator[tuple[Assumption, tuple[EventRow, ...]]]:
    """Yield the life in which a change of the promise has not reached ConnectWise's figures yet."""
    versions = list(dict.fromkeys(row.terms for row in case.life.rows if row.terms is not None))
    for version in versions[:-1]:
        rows = tuple(row if row.terms is None else row._replace(terms=version) for row in case.life.rows)
        yield Assumption(Cause.PRIORITY, "ConnectWise keeps the promise that held before"), rows


def _knob(change: Callable[[Terms], Terms]) -> Change:
    return lambda terms, rules: (change(terms), rules)


# --- other levels ---------------------------------------------------------------------------------


def _levels(case: Case, desk: DeskFacts) -> Iterator[tuple[Assumption, tuple[EventRow, ...]]]:
    known = {event.name: _source_level(case, desk, event) for event in case.events if event.level is not None}
    if any(level is not None for level in known.values()):
        words = "ConnectWise goes by its own escalation statuses"
        yield Assumption(Cause.STATUS_MAP, words), _relevel(case, known.get)
    for name in dict.fromkeys(e.name for e in case.events if _is_status(e) and known.get(e.name) is None):
        waits = any(e.level is Level.WAITING for e in case.events if e.name == name)
        other = Level.NOT_RESPONDED if waits else Level.WAITING
        words = f"status {name!r} {'runs' if waits else 'waits'} in ConnectWise"
        yield Assumption(Cause.STATUS_MAP, words), _relevel(case, {name: other}.get)


def _source_level(case: Case, desk: DeskFacts, event: Event) -> Level | None:
    """Return what ConnectWise's board statuses say of an event's status, settings aside."""
    if desk.reference is None or not _is_status(event):
        return None
    status = desk.reference.statuses.get(event.id) if event.id is not None else None
    status = status or find_status(desk.reference, case.ticket.board, event.name)
    if status is None:
        return None
    choice = choose_level(case.ticket.board, Ref(status.id, status.name), desk.reference, ())
    return choice.level if choice.known else None


def _relevel(case: Case, level_of: Callable[[str], Level | None]) -> tuple[EventRow, ...]:
    """Return the rows with the levels of statuses by name, None for those that keep theirs."""
    found = []
    for event, row in zip(case.events, case.life.rows, strict=True):
        other = level_of(event.name) if _is_status(event) else None
        found.append(row if other is None else row._replace(level=int(other)))
    return tuple(found)


def _is_status(event: Event) -> bool:
    return event.kind in (Kind.ENTERED, Kind.STATUS, Kind.RESTORED) and event.level is not None


# --- pauses and starts ----------------------------------------------------------------------------


def _pauses(case: Case, shelf: Shelf) -> Iterator[tuple[Assumption, tuple[EventRow, ...]]]:
    running = tuple(
        row._replace(level=int(Level.NOT_RESPONDED)) if row.level == Level.WAITING else row for row in case.life.rows
    )
    yield Assumption(Cause.PAUSE, "ConnectWise does not deduct waiting"), running
    waited = _waited_seconds(case)

    def later(terms: Terms, rules: CalendarRules) -> tuple[Terms, CalendarRules]:
        respond, plan, resolve = (None if goal is None else goal + waited for goal in goals_of(terms))
        return with_goals(terms, (respond, plan, resolve)), rules

    if waited:
        words = "ConnectWise deducts waiting by the wall clock"
        yield Assumption(Cause.PAUSE, words), _on_other_terms(running, shelf, f"{words} {waited}", later)
    for words, change in (
        ("ConnectWise counts the time between resolve and reopening", lambda terms: replace(terms, reopen="count")),
        (
            "ConnectWise does not count the time between resolve and reopening",
            lambda terms: replace(terms, reopen="resume"),
        ),
        ("ConnectWise begins anew at a reopening", lambda terms: replace(terms, reopen="new_cycle")),
        ("ConnectWise knows no grace after a resolve", lambda terms: replace(terms, reopen_grace_seconds=0)),
        ("ConnectWise takes waiting for a response", lambda terms: replace(terms, waiting_responds=True)),
        ("ConnectWise does not take waiting for a response", lambda terms: replace(terms, waiting_responds=False)),
    ):
        yield Assumption(Cause.PAUSE, words), _on_other_terms(case.life.rows, shelf, words, _knob(change))


def _waited_seconds(case: Case) -> int:
    """Return the seconds by the wall clock of all waits that have ended."""
    waited, since = 0, None
    for event, row in zip(case.events, case.life.rows, strict=True):
        if event.level is None:
            continue
        if since is not None:
            waited, since = waited + row.at - since, None
        if event.level is Level.WAITING:
            since = row.at
    return waited


def _starts(case: Case) -> Iterator[tuple[Assumption, tuple[EventRow, ...]]]:
    others = tuple(row for row in case.life.rows if row.kind != Kind.STARTED)
    yield Assumption(Cause.START, "ConnectWise counts from the entry"), others
    begins = case.ticket.escalation_start_at
    if begins is not None and begins >= case.ticket.entered_at:
        row = EventRow(to_epoch(begins), Kind.STARTED, None, None)
        yield Assumption(Cause.START, "ConnectWise counts from escalationStartDateUTC"), (*others, row)
