"""The ledger: the stretches of a ticket's life, each with why it counted or did not; they add up to elapsed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

import numpy as np

from slamon.core.calendar import BusinessCalendar
from slamon.core.clock import lived, read_clocks
from slamon.core.history import Histories, build_histories, build_terms_table
from slamon.core.instants import from_epoch, to_epoch
from slamon.core.lifeline import EventRow, steps_of
from slamon.core.policy import Terms
from slamon.core.reading import Reading, Verdict
from slamon.core.rules import CalendarRules
from slamon.core.segments import Ints, Segments
from slamon.core.ticket import Event, Kind, Level

_STANDING = {Level.WAITING: "waiting", Level.RESOLVED: "resolved", Level.OUT_OF_SCOPE: "out of scope"}


@dataclass(frozen=True, slots=True)
class Interval:
    """A half-open stretch of one ticket's life with one reason. Times are aware, UTC.

    `reason` is open, closed, holiday, waiting, resolved, out of scope or not
    started. `counted_seconds` is its length where it counts, else 0;
    `business_seconds` the open time in it. `event` is the sequence number of
    the event that began this state, `status` the status it set.
    """

    begins_at: datetime
    ends_at: datetime
    reason: str
    counted_seconds: int
    business_seconds: int
    status: str
    event: int | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """One reading, and all that it rests on."""

    reading: Reading
    terms: Terms
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
    compiled = {version: BusinessCalendar(rules) for version, rules in calendars.items()}
    histories = build_histories(build_terms_table(terms, list(calendars)), [(ticket_id, start, steps)])
    moment = np.array([to_epoch(as_of)], np.int64)
    reading = read_clocks(histories, list(compiled.values()), moment).reading(0)
    calendar = terms[reading.terms].calendar
    own = [happened[place] for place in places]
    return Ledger(
        reading=replace(reading, note=_note(reading, happened)),
        terms=terms[reading.terms],
        calendar=calendars[calendar],
        events=tuple(happened),
        intervals=tuple(_intervals(_stretches(histories, compiled[calendar], moment), own, compiled[calendar])),
    )


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
    first = _Stretch(int(timeline.at[0]), min(begins[0], int(moment[0])), -1, False, 0)
    stretches = [
        _Stretch(begins[place], ends[place], int(timeline.level[place]), bool(timeline.counting[place]), place)
        for place in range(len(begins))
        if timeline.in_cycle[place]
    ]
    return [first, *stretches] if first.begins < first.ends else stretches


def _intervals(stretches: list[_Stretch], events: Sequence[Event], calendar: BusinessCalendar) -> Iterator[Interval]:
    if not stretches or stretches[0].begins >= stretches[-1].ends:
        return
    low, high = stretches[0].begins, stretches[-1].ends
    opened = calendar.segments(low, high)
    unholy = BusinessCalendar(replace(calendar.rules, holidays=())).segments(low, high)
    status, event = "", None
    for stretch in stretches:
        own = events[stretch.place]
        if own.level is not None or own.kind is Kind.RESOLVED:
            status, event = own.name or status, own.seq
        for begins, ends, reason in _pieces(stretch, opened, unholy):
            business = calendar.elapsed(begins, ends)
            yield Interval(
                begins_at=from_epoch(begins),
                ends_at=from_epoch(ends),
                reason=reason,
                counted_seconds=business if stretch.counting else 0,
                business_seconds=business,
                status=status,
                event=event,
            )


def _pieces(stretch: _Stretch, opened: Segments, unholy: Segments) -> Iterator[tuple[int, int, str]]:
    if stretch.begins >= stretch.ends:
        return
    if not stretch.counting:
        yield (
            stretch.begins,
            stretch.ends,
            _STANDING.get(Level(stretch.level), "not started") if (stretch.level >= 0) else "not started",
        )
        return
    edges = {stretch.begins, stretch.ends}
    for segments in (opened, unholy):
        for column in (segments.starts, segments.ends):
            edges.update(int(edge) for edge in column[(column > stretch.begins) & (column < stretch.ends)])
    ordered = sorted(edges)
    pieces: list[tuple[int, int, str]] = []
    for begins, ends in pairwise(ordered):
        reason = "open" if _holds(opened, begins) else "holiday" if _holds(unholy, begins) else "closed"
        if pieces and pieces[-1][2] == reason:
            pieces[-1] = (pieces[-1][0], ends, reason)
        else:
            pieces.append((begins, ends, reason))
    yield from pieces


def _holds(segments: Segments, at: int) -> bool:
    index = int(np.searchsorted(segments.starts, at, "right")) - 1
    return index >= 0 and at < int(segments.ends[index])
