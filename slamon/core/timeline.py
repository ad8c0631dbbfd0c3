"""From events to lived time: which stretches of each ticket counted, and what its clock showed at each event.

Everything is one pass over flat columns. A *stretch* runs from one event of a
ticket to its next, the last one to `as_of`; what holds in it is what the
events so far have set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from slamon.core.coordinate import HORIZON_SECONDS, Coordinate
from slamon.core.history import NONE, RESOLVED, WAITING, Histories
from slamon.core.segments import Ints

Bools = NDArray[np.bool_]
Index = NDArray[np.intp]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Lived stretches as columns. Per event (m): named in the singular; per ticket (n): `of_*` and below.

    `shown` is what the clock showed, in business seconds, when the stretch
    began, `shown_after` when it ended; `coordinate` is B at its beginning.
    """

    place: Index  # per event: its own position
    at: Ints
    begins: Ints  # `at`, moved up to the start of the current cycle
    level: NDArray[np.int8]
    terms: NDArray[np.int32]
    marks: NDArray[np.int16]
    counting: Bools
    in_cycle: Bools
    coordinate: Ints
    shown: Ints
    shown_after: Ints
    counts: Index  # per ticket: how many events
    first: Index  # per ticket: its first event
    last: Index  # per ticket: its last event
    level_now: NDArray[np.int8]  # per ticket: at its last event
    terms_now: NDArray[np.int32]
    runs: Bools  # whether the clock counts while the calendar is open
    behind: Ints  # B less the clock, at `until`
    shown_last: Ints  # what the clock showed at its last event
    any_mark: bool  # of all tickets together: without any, looking for them is skipped
    any_change: bool  # likewise of terms
    horizon: int  # what lies up to here is within ten years of every ticket's `until`
    as_of: Ints
    until: Ints  # `as_of`, but not before the start
    start: Ints
    cycle: Ints
    coordinate_until: Ints  # B at `until`
    elapsed: Ints
    paused: Ints
    stay: Index  # first event of the newest stay at Resolved, NONE where there was none

    def each(self, of_ticket: NDArray[T]) -> NDArray[T]:
        """Spread a column of tickets over their events."""
        return np.repeat(of_ticket, self.counts)


@dataclass(frozen=True, slots=True)
class Lives:
    """Events up to `as_of` with what they carry forward, before any calendar is asked."""

    at: Ints
    level: NDArray[np.int8]
    terms: NDArray[np.int32]
    marks: NDArray[np.int16]
    counts: Index
    first: Index
    last: Index


def build_timeline(histories: Histories, lives: Lives, as_of: Ints, calendar: Coordinate) -> Timeline:
    """Return the lived stretches of tickets that are all counted on *calendar*."""
    table, at, first, last, counts = histories.table, lives.at, lives.first, lives.last, lives.counts
    place = np.arange(len(at))
    newest = lives.terms[last]
    level, stays, reopens = _forgive_short_stays(lives, table.grace[newest])

    # A policy of new cycles starts again at the newest reopening; the others never do.
    cycles = table.reopen_cycles[newest]
    start, begin_place = histories.start, first
    cycle = np.zeros(len(first), np.int64)
    if cycles.any():
        reopened = last_where(reopens & np.repeat(cycles, counts), place, first)
        begin_place = np.where(reopened == NONE, first, reopened)
        start = np.where(reopened == NONE, start, at[begin_place])
        cycle = np.where(cycles, np.add.reduceat(reopens.astype(np.int64), first), 0)
    until = np.maximum(as_of, start)
    in_cycle = place >= np.repeat(begin_place, counts)
    begins = np.maximum(at, np.repeat(start, counts))
    if cycles.any():
        begins[~in_cycle] = np.repeat(start, counts)[~in_cycle]

    # A finished stay at Resolved counts only where the policy says so; the newest one never does.
    counting = level < RESOLVED
    if table.reopen_counts[newest].any():
        left = place < np.repeat(last_where(level != RESOLVED, place, first), counts)
        counting |= (level == RESOLVED) & left & np.repeat(table.reopen_counts[newest], counts)
    counting &= in_cycle

    coordinate, coordinate_until = calendar.business(begins), calendar.business(until)
    length = np.empty_like(coordinate)
    length[:-1] = coordinate[1:]
    length[last] = coordinate_until
    length -= coordinate
    counted = length * counting
    shown_after = np.cumsum(counted)
    shown_after -= np.repeat(shown_after[first] - counted[first], counts)
    shown, elapsed = shown_after - counted, shown_after[last]
    return Timeline(
        place=place,
        at=at,
        begins=begins,
        level=level,
        terms=lives.terms,
        marks=lives.marks,
        counting=counting,
        in_cycle=in_cycle,
        coordinate=coordinate,
        shown=shown,
        shown_after=shown_after,
        counts=counts,
        first=first,
        last=last,
        level_now=level[last],
        terms_now=newest,
        runs=counting[last],
        behind=coordinate_until - elapsed,
        shown_last=shown[last],
        any_mark=bool(lives.marks.any()),
        any_change=bool((lives.terms != np.repeat(lives.terms[first], counts)).any()),
        horizon=int(until.min()) + HORIZON_SECONDS,
        as_of=as_of,
        until=until,
        start=start,
        cycle=cycle,
        coordinate_until=coordinate_until,
        elapsed=elapsed,
        paused=np.add.reduceat(length * ((level == WAITING) & in_cycle), first),
        stay=last_where(stays, place, first),
    )


def find_reopenings(histories: Histories, as_of: int) -> tuple[Index, Ints]:
    """Return (row, instant) of every reopening up to *as_of* that began a new cycle, by ticket and instant."""
    moments = np.full(len(histories), as_of)
    newest = histories.terms != NONE
    if not histories.table.reopen_cycles[histories.terms[newest]].any():
        return np.zeros(0, np.intp), np.zeros(0, np.int64)
    lives = live(histories, moments)
    terms = lives.terms[lives.last]
    _, _, reopens = _forgive_short_stays(lives, histories.table.grace[terms])
    reopens &= np.repeat(histories.table.reopen_cycles[terms], lives.counts)
    return np.repeat(np.arange(len(histories)), lives.counts)[reopens], lives.at[reopens]


def live(histories: Histories, as_of: Ints) -> Lives:
    """Return the events that have happened at *as_of*, with levels and terms carried forward.

    Every ticket must have entered by its *as_of*.
    """
    counts = np.diff(histories.first)
    at, level, terms, marks = histories.at, histories.level, histories.terms, histories.marks
    if int(at.max()) > int(as_of.min()):
        happened = at <= np.repeat(as_of, counts)
        counts = np.add.reduceat(happened.astype(np.int64), histories.first[:-1])
        at, level, terms, marks = at[happened], level[happened], terms[happened], marks[happened]
    last = np.cumsum(counts) - 1
    place = np.arange(len(at))
    return Lives(
        at=at,
        level=level[_carry(level != NONE, place)],
        terms=terms[_carry(terms != NONE, place)],
        marks=marks,
        counts=counts,
        first=last - counts + 1,
        last=last,
    )


def _forgive_short_stays(lives: Lives, grace: Ints) -> tuple[NDArray[np.int8], Bools, Bools]:
    """Return levels, beginnings of stays at Resolved and reopenings, without stays shorter than grace."""
    stays, reopens = _stays(lives.level, lives.first)
    if not grace.any():
        return lives.level, stays, reopens
    place = np.arange(len(lives.at))
    begun = _carry(stays, place)[reopens]
    ended = place[reopens]
    short = lives.at[ended] - lives.at[begun] < np.repeat(grace, lives.counts)[ended]
    if not short.any():
        return lives.level, stays, reopens
    edge = np.zeros(len(place) + 1, np.int64)
    np.add.at(edge, begun[short], 1)
    np.add.at(edge, ended[short], -1)
    gone = np.cumsum(edge[:-1]) > 0
    before = _carry(~gone, place)
    # Born resolved and reopened within grace: nothing stood before, so work had not begun.
    known = (before != NONE) & (before >= np.repeat(lives.first, lives.counts))
    level = np.where(known, lives.level[before], 0).astype(np.int8)
    return (level, *_stays(level, lives.first))


def _stays(level: NDArray[np.int8], first: Index) -> tuple[Bools, Bools]:
    resolved = level == RESOLVED
    earlier = np.empty_like(resolved)
    earlier[1:] = resolved[:-1]
    earlier[first] = False
    return resolved & ~earlier, ~resolved & earlier


def _carry(known: Bools, place: Index) -> Index:
    """Return, for each position, the newest position at or before it where *known* holds, else NONE."""
    carried: Index = np.maximum.accumulate(np.where(known, place, NONE))
    return carried


def last_where(known: Bools, place: Index, first: Index) -> Index:
    """Return, for each ticket, the last of its positions where *known* holds, else NONE."""
    found: Index = np.maximum.reduceat(np.where(known, place, NONE), first)
    return found
