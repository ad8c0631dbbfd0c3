"""Two readings of the same lives against each other: which goals ended otherwise, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from slamon.core.batches import take
from slamon.core.calendar import BusinessCalendar
from slamon.core.clock import read_clocks
from slamon.core.columns import VERDICTS, Readings
from slamon.core.history import NONE, Histories
from slamon.core.reading import Verdict
from slamon.core.segments import Ints
from slamon.core.ticket import STAGES
from slamon.core.timeline import Bools, Index, find_reopenings

T = TypeVar("T", bound=np.generic)

_CODE = {verdict: code for code, verdict in enumerate(VERDICTS)}
MET, MISSED = _CODE[Verdict.MET], _CODE[Verdict.MISSED]
ABSENT = -1  # in place of a verdict: there was no such cycle
_MOST_CYCLES = 1 << 20


class Cause(IntFlag):
    """Why a goal ended otherwise; several where none of them would have done it alone, or each would."""

    GOAL = 1
    CALENDAR = 2
    PAUSE = 4  # a status counts otherwise
    RULE = 8  # reopenings, changes, what responds


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """Every goal of every cycle as it was read, a row each, by `key`: ticket, stage and cycle in one number."""

    key: Ints
    verdict: NDArray[np.int8]  # indexes VERDICTS
    goal: Ints
    elapsed: Ints
    paused: Ints
    reached_at: Ints
    due_at: Ints
    calendar: Ints

    def take(self, chosen: Bools) -> Ended:
        return Ended(**{name: getattr(self, name)[chosen] for name in Ended.__slots__})


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Goals that ended in a span by one reading or by both. Columns of `_before` and `_after` are as in Ended."""

    row: Index  # the ticket's place among those that were read
    stage: NDArray[np.int8]
    cycle: Ints
    verdict_before: NDArray[np.int8]
    verdict_after: NDArray[np.int8]
    counts_before: Bools  # met or missed in the span
    counts_after: Bools
    reached_at: Ints  # as it was, else as it would have been
    goal_before: Ints
    goal_after: Ints
    elapsed_before: Ints
    elapsed_after: Ints
    counts_otherwise: Bools  # another verdict, goal or time, until it ended
    is_due_otherwise: Bools
    cause: NDArray[np.int8]  # of Cause; 0 where the verdict is the same

    def take(self, chosen: Bools) -> Pairs:
        return Pairs(**{name: getattr(self, name)[chosen] for name in Pairs.__slots__})

    @property
    def flips(self) -> Bools:
        return np.not_equal(self.verdict_before, self.verdict_after)


def read_ends(histories: Histories, calendars: Sequence[BusinessCalendar], as_of: int) -> Ended:
    """Return all goals at *as_of*: of the newest cycle, and of each that a reopening closed.

    Tickets that had not entered by then must not be among them.
    """
    newest = _goals(read_clocks(histories, calendars, as_of), np.arange(len(histories)))
    closed = read_closed_cycles(histories, calendars, as_of)
    if closed is None:
        return newest
    parts = (newest, _goals(closed[1], closed[0]))
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Ended.__slots__}
    order = np.argsort(joined["key"], kind="stable")
    return Ended(**{name: column[order] for name, column in joined.items()})


def read_closed_cycles(
    histories: Histories, calendars: Sequence[BusinessCalendar], as_of: int
) -> tuple[Index, Readings] | None:
    """Return (rows, readings) of the cycles that a reopening had closed by *as_of*, None without any.

    Just before it was reopened, a cycle shows how it ended.
    """
    reopened, at = find_reopenings(histories, as_of)
    lasted = at > histories.at[histories.first[reopened]]
    reopened, at = reopened[lasted], at[lasted]
    return (reopened, read_clocks(take(histories, reopened), calendars, at - 1)) if len(reopened) else None


def _goals(readings: Readings, rows: Index) -> Ended:
    """Return the goals of *rows*, which are in order, ticket by ticket."""
    stages, table = readings.stages, readings.table

    def column(of_stages: Sequence[NDArray[T]]) -> NDArray[T]:
        return np.stack(of_stages, axis=1).reshape(-1)

    return Ended(
        key=column([(rows * len(STAGES) + stage) * _MOST_CYCLES + readings.cycle for stage in STAGES]),
        verdict=column([stage.verdict for stage in stages]),
        goal=column([stage.goal for stage in stages]),
        elapsed=column([stage.elapsed for stage in stages]),
        paused=np.repeat(readings.paused, len(STAGES)),
        reached_at=column([stage.reached_at for stage in stages]),
        due_at=column([stage.due_at for stage in stages]),
        calendar=np.repeat(table.calendar[readings.terms], len(STAGES)),
    )


def pair(before: Ended, after: Ended, since: int, until: int, remapped: Bools) -> Pairs:
    """Return the goals met or missed in [since, until) by either reading, by ticket, stage and cycle.

    *remapped* says of each ticket whether a status of it means something else in the second reading.
    """
    if not np.array_equal(before.key, after.key):
        every = np.union1d(before.key, after.key)
        before, after = _at(before, every), _at(after, every)
    counts_before, counts_after = _ends_in(before, since, until), _ends_in(after, since, until)
    chosen = counts_before | counts_after
    counts_before, counts_after = counts_before[chosen], counts_after[chosen]
    b, a = before.take(chosen), after.take(chosen)
    goal, cycle = np.divmod(b.key, _MOST_CYCLES)
    row, stage = np.divmod(goal, len(STAGES))
    return Pairs(
        row=row,
        stage=stage.astype(np.int8),
        cycle=cycle,
        verdict_before=b.verdict,
        verdict_after=a.verdict,
        counts_before=counts_before,
        counts_after=counts_after,
        reached_at=np.where(counts_before, b.reached_at, a.reached_at),
        goal_before=b.goal,
        goal_after=a.goal,
        elapsed_before=b.elapsed,
        elapsed_after=a.elapsed,
        counts_otherwise=(b.verdict != a.verdict) | (b.goal != a.goal) | (b.elapsed != a.elapsed),
        is_due_otherwise=(b.due_at != a.due_at) | (b.paused != a.paused),
        cause=_causes(b, a, remapped[row]),
    )


def _ends_in(ended: Ended, since: int, until: int) -> Bools:
    found: Bools = _is_judged(ended) & (ended.reached_at >= since) & (ended.reached_at < until)
    return found


def _at(ended: Ended, key: Ints) -> Ended:
    """Return the rows of *key*, those it does not have as ABSENT."""
    place = np.minimum(np.searchsorted(ended.key, key), len(ended.key) - 1)
    there = ended.key[place] == key
    return Ended(
        key=key,
        verdict=np.where(there, ended.verdict[place], ABSENT).astype(np.int8),
        goal=np.where(there, ended.goal[place], NONE),
        elapsed=np.where(there, ended.elapsed[place], 0),
        paused=np.where(there, ended.paused[place], 0),
        reached_at=ended.reached_at[place],
        due_at=np.where(there, ended.due_at[place], 0),
        calendar=np.where(there, ended.calendar[place], NONE),
    )


def _causes(before: Ended, after: Ended, remapped: Bools) -> NDArray[np.int8]:
    """Return what made each verdict another one: what would have done it alone, else all that differs."""
    other_goal = np.where(before.goal != after.goal, Cause.GOAL, 0)
    other_time = np.where((before.calendar != after.calendar) & (after.calendar != NONE), Cause.CALENDAR, 0)
    other_time |= np.where(remapped, Cause.PAUSE, 0)
    other_time = np.where(other_time == 0, Cause.RULE, other_time)
    both = _is_judged(before) & _is_judged(after)
    was_met = before.verdict == MET
    by_goal = both & (was_met != (before.elapsed <= after.goal))
    by_time = both & (was_met != (after.elapsed <= before.goal))
    found = np.where(by_goal, other_goal, 0) | np.where(by_time, other_time, 0)
    # Neither alone, or one of the two never ended: all that differs.
    no_goal = (after.verdict == _CODE[Verdict.NO_TARGET]) | (before.verdict == _CODE[Verdict.NO_TARGET])
    together = np.where(no_goal, Cause.GOAL, np.where(both, other_goal | other_time, other_time))
    found = np.where(found == 0, together, found)
    return np.where(before.verdict == after.verdict, 0, found).astype(np.int8)


def _is_judged(ended: Ended) -> Bools:
    found: Bools = (ended.verdict == MET) | (ended.verdict == MISSED)
    return found


_NAMES = {ABSENT: "absent", **{code: str(verdict) for code, verdict in enumerate(VERDICTS)}}
_CAUSES = tuple(tuple(str(each.name).lower() for each in Cause if each & cause) for cause in range(16))


def verdict_name(code: int) -> str:
    return _NAMES[code]


def cause_names(cause: int) -> tuple[str, ...]:
    return _CAUSES[cause]
