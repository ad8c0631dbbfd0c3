"""From events to lived time: which stretches of each ticket counted, and what its clock showed at each event.

Everything is one pass over flat columns. A *stretch* runs from one event of a
ticket to its next, the last one to `as_of`; what holds in it is what the
events so far have set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slamon.core.history import NONE, RESOLVED, WAITING, Histories
from slamon.core.joint import JointSegments
from slamon.core.segments import Ints

Bools = NDArray[np.bool_]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Lived stretches as columns. Per event (m): named in the singular; per ticket (n): `of_*` and below.

    `shown` is what the clock showed, in business seconds, when the stretch
    began, `shown_after` when it ended; `coordinate` is B at its beginning.
    """

    row: Index  # per event: its ticket's position
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
    first: Index  # per ticket: its first event
    last: Index  # per ticket: its last event
    as_of: Ints
    until: Ints  # `as_of`, but not before the start
    start: Ints
    cycle: Ints
    calendar: Ints  # of the newest terms; it counts the whole life
    elapsed: Ints
    paused: Ints
    stay: Index  # first event of the newest stay at Resolved, NONE where there was none


@dataclass(frozen=True, slots=True)
class _Lives:
    """Events up to `as_of` with what they carry forward, before any calendar is asked."""

    row: Index
    at: Ints
    level: NDArray[np.int8]
    terms: NDArray[np.int32]
    marks: NDArray[np.int16]
    first: Index
    last: Index


def build_timeline(
    histories: Histories, calendar: Ints, lives: _Lives, as_of: Ints, segments: JointSegments
) -> Timeline:
    """Return the lived stretches of tickets whose events and calendars are already chosen."""
    table, row, at, first, last = histories.table, lives.row, lives.at, lives.first, lives.last
    place = np.arange(len(at))
    newest = lives.terms[last]
    level, stays, reopens = _forgive_short_stays(lives, table.grace[newest])

    # A policy of new cycles starts again at the newest reopening; the others never do.
    cycles = table.reopen_cycles[newest]
    reopened = _last_where(reopens & cycles[row], place, first)
    begin_place = np.where(reopened == NONE, first, reopened)
    start = np.where(reopened == NONE, histories.start, at[begin_place])
    in_cycle = place >= begin_place[row]
    until = np.maximum(as_of, start)
    begins = np.where(in_cycle, np.maximum(at, start[row]), start[row])

    # A finished stay at Resolved counts only where the policy says so; the newest one never does.
    left = place < _last_where(level != RESOLVED, place, first)[row]
    counting = (level < RESOLVED) | ((level == RESOLVED) & left & table.reopen_counts[newest][row])
    counting &= in_cycle

    coordinate = segments.coordinate(calendar[row], begins)
    following = np.empty_like(coordinate)
    following[:-1] = coordinate[1:]
    following[last] = segments.coordinate(calendar, until)
    length = following - coordinate
    shown_after = _running_sum(np.where(counting, length, 0), row, first)
    shown = shown_after - np.where(counting, length, 0)
    return Timeline(
        row=row,
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
        first=first,
        last=last,
        as_of=as_of,
        until=until,
        start=start,
        cycle=np.where(cycles, np.add.reduceat(reopens.astype(np.int64), first), 0),
        calendar=calendar,
        elapsed=shown_after[last],
        paused=np.add.reduceat(np.where((level == WAITING) & in_cycle, length, 0), first),
        stay=_last_where(stays, place, first),
    )


def live(histories: Histories, as_of: Ints) -> _Lives:
    """Return the events that have happened at *as_of*, with levels and terms carried forward.

    Every ticket must have entered by its *as_of*.
    """
    counts = np.diff(histories.first)
    row = np.repeat(np.arange(len(histories)), counts)
    happened = histories.at <= as_of[row]
    row, at = row[happened], histories.at[happened]
    place = np.arange(len(at))
    first = np.searchsorted(row, np.arange(len(histories)), "left")
    last = np.append(first[1:], len(at)) - 1
    level, terms = histories.level[happened], histories.terms[happened]
    return _Lives(
        row=row,
        at=at,
        level=level[_carry(level != NONE, place)],
        terms=terms[_carry(terms != NONE, place)],
        marks=histories.marks[happened],
        first=first,
        last=last,
    )


def _forgive_short_stays(lives: _Lives, grace: Ints) -> tuple[NDArray[np.int8], Bools, Bools]:
    """Return levels, beginnings of stays at Resolved and reopenings, without stays shorter than grace."""
    place = np.arange(len(lives.at))
    stays, reopens = _stays(lives.level, lives.first)
    begun = _carry(stays, place)[reopens]
    ended = place[reopens]
    short = lives.at[ended] - lives.at[begun] < grace[lives.row[ended]]
    if not short.any():
        return lives.level, stays, reopens
    edge = np.zeros(len(place) + 1, np.int64)
    np.add.at(edge, begun[short], 1)
    np.add.at(edge, ended[short], -1)
    gone = np.cumsum(edge[:-1]) > 0
    before = _carry(~gone, place)
    # Born resolved and reopened within grace: nothing stood before, so work had not begun.
    known = (before != NONE) & (before >= lives.first[lives.row])
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


def _last_where(known: Bools, place: Index, first: Index) -> Index:
    """Return, for each ticket, the last of its positions where *known* holds, else NONE."""
    found: Index = np.maximum.reduceat(np.where(known, place, NONE), first)
    return found


def _running_sum(values: Ints, row: Index, first: Index) -> Ints:
    total = np.cumsum(values)
    answer: Ints = total - (total[first] - values[first])[row]
    return answer
