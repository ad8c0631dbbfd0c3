"""The ledger: the stretches of a ticket's life, each with why it counted or did not; they add up to elapsed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

import numpy as np

from slamon.core.calendar import BusinessCalendar
from slamon.core.clock import lived, read_clocks
from slamon.core.compare import is_open
from slamon.core.history import NONE, Histories, build_histories, build_terms_table
from slamon.core.instants import day_number, from_epoch, to_epoch
from slamon.core.lifeline import EventRow, steps_of
from slamon.core.policy import Terms
from slamon.core.reading import Reading, Verdict
from slamon.core.rules import DAY_SECONDS, CalendarRules
from slamon.core.segments import Ints, span_segments
from slamon.core.ticket import Event, Kind, Level

NOT_STARTED = -1  # in place of a level: the clock's start has not come

_STANDING = {Level.WAITING: "waiting", Level.RESOLVED: "resolved", Level.OUT_OF_SCOPE: "out of scope"}


@dataclass(frozen=True, slots=True)
class Interval:
    """A half-open stretch of one ticket's life with one reason. Times are aware, UTC.

    `reason` is open, closed, holiday, waiting, resolved, out of scope or not
    started. `counted_seconds` is its length where it counts, else 0;
    `business_seconds` the open time in it. `event` is the sequence number of
    the event that began this state, `status` the status it set. `rule` is what
    decided: a calendar's version, a holiday, a level, or the start.
    """

    begins_at: datetime
    ends_at: datetime
    reason: str
    counted_seconds: int
    business_seconds: int
    status: str
    event: int | None
    rule: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """One reading, and all that it rests on. `promises` are all the terms its events name, by version."""

    reading: Reading
    terms: Terms
    promises: Mapping[str, Terms]
    calendar: CalendarRules
    events: tuple[Event, ...]
    intervals: tuple[Interval, ...]

    @property
    def counted_seconds(self) -> int:
        return sum(interval.counted_seconds for interval in self.intervals)


def build_ledger(
    events: Sequence[Event],
    terms: Mapping[str, Terms],
    calendars: Mapping[str, CalendarRules],
    as_of: datetime,
) -> Ledger:
    """Return the ledger of one ticket from its *events*, in order of time and as learnt.

    *terms* and *calendars* hold every version the events name. What happened
    after *as_of* is left out.

    Raises:
        HistoryError: The ticket had not entered at *as_of*, or has no entry or no terms.
    """
    # A start ahead holds the clock already, and the first terms hold from the entry on.
    happened = [event for event in events if event.at <= as_of or event.kind in (Kind.TERMS, Kind.STARTED)]
    ticket_id = events[0].ticket_id if events else 0
    rows = [EventRow(to_epoch(e.at), e.kind, None if e.level is None else int(e.level), e.terms) for e in happened]
    start, steps, places = steps_of(ticket_id, rows, {version: index for index, version in enumerate(terms)})
    compiled = {version: compiled_calendar(rules) for version, rules in calendars.items()}
    histories = build_histories(build_terms_table(terms, list(calendars)), [(ticket_id, start, steps)])
    moment = np.array([to_epoch(as_of)], np.int64)
    reading = read_clocks(histories, list(compiled.values()), moment).reading(0)
    calendar = terms[reading.terms].calendar
    own = [(happened[place], step.level != NONE) for place, step in zip(places, steps, strict=True)]
    return Ledger(
        reading=replace(reading, note=_note(reading, happened)),
        terms=terms[reading.terms],
        promises={event.terms: terms[event.terms] for event in happened if event.terms is not None},
        calendar=calendars[calendar],
        events=tuple(happened),
        intervals=tuple(
            _intervals(_stretches(histories, compiled[calendar], moment), own, compiled[calendar], calendar)
        ),
    )


@lru_cache(maxsize=32)
def compiled_calendar(rules: CalendarRules) -> BusinessCalendar:
    """Return *rules* compiled; the same for the next of many ledgers."""
    return BusinessCalendar(rules)


def _note(reading: Reading, events: Sequence[Event]) -> str:
    """Return why the reading is cancelled or not measured; '' where it is neither."""
    verdicts = {stage.verdict for stage in reading.stages}
    kinds = {
        kind
        for kind, verdict in ((Kind.CANCELLED, Verdict.CANCELLED), (Kind.NOT_MEASURED, Verdict.NOT_MEASURED))
        if verdict in verdicts
    }
    told = (event for event in reversed(events) if event.kind in kinds and event.at <= reading.as_of)
    return next((event.name for event in told), "")


@dataclass(frozen=True, slots=True)
class _Stretch:
    begins: int
    ends: int
    level: int
    counting: bool
    place: int


def _stretches(histories: Histories, calendar: BusinessCalendar, moment: Ints) -> list[_Stretch]:
    """Return one ticket's stretches as the clock lived them, the time before its start first."""
    timeline, _ = lived(histories, calendar, moment)
    begins = [int(at) for at in timeline.begins]
    ends = [*begins[1:], int(timeline.until[0])]
    stretches = [
        _Stretch(begins[place], ends[place], int(timeline.level[place]), bool(timeline.counting[place]), place)
        for place in range(len(begins))
        if timeline.in_cycle[place]
    ]
    # A start after the entry, or after the reopening that began this cycle.
    entry = int(timeline.at[stretches[0].place])
    newest = max(stretch.place for stretch in stretches if int(timeline.at[stretch.place]) == entry)
    before = _Stretch(entry, min(stretches[0].begins, int(moment[0])), NOT_STARTED, False, newest)
    return [before, *stretches] if before.begins < before.ends else stretches


def _intervals(
    stretches: list[_Stretch], events: Sequence[tuple[Event, bool]], calendar: BusinessCalendar, version: str
) -> Iterator[Interval]:
    if not stretches or stretches[0].begins >= stretches[-1].ends:
        return
    hours = _Hours(calendar, stretches[0].begins, stretches[-1].ends, f"calendar {version}")
    # What was set before this cycle began still names the state, until an event of the cycle does.
    names = _Names()
    names.take(events[: stretches[0].place])
    for stretch in stretches:
        names.take(events[names.taken : stretch.place + 1])
        status, event = names.shown, names.event
        for begins, ends, reason, rule in _pieces(stretch, hours, event):
            business = calendar.elapsed(begins, ends)
            yield Interval(
                begins_at=from_epoch(begins),
                ends_at=from_epoch(ends),
                reason=reason,
                counted_seconds=business if stretch.counting else 0,
                business_seconds=business,
                status=status,
                event=event,
                rule=rule,
            )


class _Names:
    """Which status, set by which event, a ticket's state is called by as its events happen."""

    def __init__(self) -> None:
        self.taken = 0
        self.shown = ""
        self.event: int | None = None
        self._status = ""

    def take(self, events: Sequence[tuple[Event, bool]]) -> None:
        """Let *events* happen, each with whether it sets a level."""
        for own, sets_level in events:
            self.taken += 1
            if not sets_level:
                continue
            self.event = own.seq
            if own.kind is Kind.CANCELLED:
                self.shown = own.name  # for as long as it is out of scope; no status is called so
                continue
            if own.kind is not Kind.RESOLVED:  # a date of ConnectWise's names no status
                self._status = own.name or self._status
            self.shown = self._status


def _pieces(stretch: _Stretch, hours: _Hours, event: int | None) -> Iterator[tuple[int, int, str, str]]:
    if stretch.begins >= stretch.ends:
        return
    if stretch.counting:
        yield from hours.pieces(stretch.begins, stretch.ends)
    elif stretch.level == NOT_STARTED:
        yield stretch.begins, stretch.ends, "not started", "start"
    else:
        level = Level(stretch.level)
        yield stretch.begins, stretch.ends, _STANDING[level], f"level {level.name.lower()} (event {event})"


class _Hours:
    """The hours of a calendar between two instants, each stretch with what decided it."""

    def __init__(self, calendar: BusinessCalendar, low: int, high: int, rule: str) -> None:
        rules = calendar.rules
        self._rule = rule
        self._open = calendar.segments(low, high)
        self._without_holidays = BusinessCalendar(replace(rules, holidays=())).segments(low, high)
        days = range(low // DAY_SECONDS - 2, high // DAY_SECONDS + 3)
        self._holidays = [
            (f"holiday {span.on.isoformat()} {span.name}".rstrip(), span_segments(rules.zone, span, low, high))
            for span in rules.holidays
            if day_number(span.on) in days
        ]

    def pieces(self, begins: int, ends: int) -> Iterator[tuple[int, int, str, str]]:
        """Yield (begin, end, reason, rule), in order and without gaps."""
        edges = {begins, ends}
        for segments in (self._open, self._without_holidays, *(own for _, own in self._holidays)):
            for column in (segments.starts, segments.ends):
                edges.update(column[(column > begins) & (column < ends)].tolist())
        whole: tuple[int, int, str, str] | None = None
        for begin, end in pairwise(sorted(edges)):
            reason, rule = self._decide(begin)
            if whole is not None and whole[2:] == (reason, rule):
                whole = (whole[0], end, reason, rule)
                continue
            if whole is not None:
                yield whole
            whole = (begin, end, reason, rule)
        if whole is not None:
            yield whole

    def _decide(self, at: int) -> tuple[str, str]:
        if is_open(self._open, at):
            return "open", self._rule
        if is_open(self._without_holidays, at):
            return "holiday", next(name for name, own in self._holidays if is_open(own, at))
        return "closed", self._rule
