"""Attainment: goals, sorted out and counted. A share is two integers; of nothing there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from enum import IntEnum, StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from slamon.core.goals import Goals, Ints, Names, State
from slamon.core.ticket import STAGES

Column = Literal["ended_at", "due_at", "started_at"]


class Denominator(StrEnum):
    """Which goals a period is held against."""

    CONCLUDED = "concluded"
    DUE = "due"
    STARTED = "started"

    @property
    def column(self) -> Column:
        """The column of `Goals` whose instant lies in the period."""
        return _COLUMNS[self]

    @property
    def words(self) -> str:
        """What it counts, for the reader."""
        return _WORDS[self]


_COLUMNS: Mapping[Denominator, Literal["ended_at", "due_at", "started_at"]] = {
    Denominator.CONCLUDED: "ended_at",
    Denominator.DUE: "due_at",
    Denominator.STARTED: "started_at",
}
_WORDS = {
    Denominator.CONCLUDED: "Goals that were reached in the period, in time or late, whenever their tickets came in.",
    Denominator.DUE: "Goals whose deadline lay in the period, whenever they were reached.",
    Denominator.STARTED: "Goals of tickets whose clock started in the period, whenever they were reached.",
}


class Bin(IntEnum):
    """Where a goal is counted. The first two are judged, the next two open, the rest excluded."""

    MET = 0
    MISSED = 1
    OPEN = 2
    OVER = 3  # open, and past its deadline: it can only be missed
    NOT_MEASURED = 4
    CANCELLED = 5
    EXEMPT = 6


Bins = NDArray[np.int8]

_OF_STATE = np.array([Bin[state.name] for state in State], np.int8)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many goals lie in each bin. Those of a whole are the sum of those of its parts."""

    met: int = 0
    missed: int = 0
    open: int = 0
    over: int = 0
    not_measured: int = 0
    cancelled: int = 0
    exempt: int = 0

    @property
    def judged(self) -> int:
        """Met or missed: what a share is of."""
        return self.met + self.missed

    @property
    def still_open(self) -> int:
        """Open, those past their deadline among them."""
        return self.open + self.over

    @property
    def excluded(self) -> int:
        return self.not_measured + self.cancelled + self.exempt

    @property
    def goals(self) -> int:
        return self.judged + self.still_open + self.excluded

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(mine + yours for mine, yours in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Promised:
    """What was promised of the judged goals: of `goals` a percent was, from `low` to `high`; `missed` of them missed.

    `may_miss` are the goals that might be missed, in hundredths of a goal.
    """

    goals: int = 0
    missed: int = 0
    low: int = 0
    high: int = 0
    may_miss: int = 0

    @property
    def is_kept(self) -> bool | None:
        """Whether no more were missed than might be; None where nothing was promised."""
        return None if not self.goals else 100 * self.missed <= self.may_miss

    def __add__(self, other: Promised) -> Promised:
        if not (self.goals and other.goals):
            return self if self.goals else other
        return Promised(
            self.goals + other.goals,
            self.missed + other.missed,
            min(self.low, other.low),
            max(self.high, other.high),
            self.may_miss + other.may_miss,
        )


@dataclass(frozen=True, slots=True)
class Spent:
    """Business seconds until the judged goals were reached, by nearest rank: half, 90 % and 95 % took no longer."""

    p50: int
    p90: int
    p95: int


RANKS = (50, 90, 95)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of one stage's goals. `spent` is None where none was judged."""

    counts: Counts = Counts()
    promised: Promised = Promised()
    spent: Spent | None = None


Tallies = tuple[Tally, Tally, Tally]  # by stage
NO_TALLIES: Tallies = (Tally(), Tally(), Tally())


def sort_out(goals: Goals, at: int) -> Bins:
    """
    Return the `Bin` of each goal; which open ones are over is said for *at*, epoch seconds.

    What a person excused counts neither way, but what was cancelled or not measured says so first.
    """
    bins = _OF_STATE[goals.state]
    # Not by what was elapsed: that may have been read after *at*. A broken goal has its deadline, also while it waits.
    bins[(goals.state == State.OPEN) & (goals.due_at < at)] = Bin.OVER
    bins[goals.exempt & (bins <= Bin.OVER)] = Bin.EXEMPT
    return bins


def attain(goals: Goals, at: int, by: str = "") -> dict[str, Tallies]:
    """
    Return what became of *goals* by stage, for each name of the fact *by* that has any; without *by* as "".

    Open goals are over or not as of *at*, epoch seconds. Without goals there are no names.
    """
    names = goals.facts[by] if by else Names(np.zeros(len(goals), np.int32), ("",))
    groups = names.codes.astype(np.int64) * len(STAGES) + goals.stage
    size = len(names.table) * len(STAGES)
    bins = sort_out(goals, at)
    counts = np.bincount(groups * len(Bin) + bins, minlength=size * len(Bin)).reshape(size, len(Bin))
    judged = bins <= Bin.MISSED
    own = groups[judged]
    promised = _promised(own, goals.percent[judged], bins[judged] == Bin.MISSED, size)
    spent = _spent(own, goals.elapsed_seconds[judged], size)
    found: dict[str, Tallies] = {}
    for place, name in enumerate(names.table):
        rows = range(place * len(STAGES), (place + 1) * len(STAGES))
        if counts[rows.start : rows.stop].any():
            one, two, three = (Tally(Counts(*counts[row].tolist()), promised[row], spent[row]) for row in rows)
            found[name] = (one, two, three)
    return found


def total(goals: Goals, at: int) -> Tallies:
    """Return what became of all *goals*, by stage."""
    return attain(goals, at).get("", NO_TALLIES)


def counts_of(goals: Goals, at: int) -> tuple[Counts, Counts, Counts]:
    """Return the counts of all *goals* by stage, and no more: for the past periods of a trend."""
    groups = goals.stage.astype(np.int64) * len(Bin) + sort_out(goals, at)
    counted = np.bincount(groups, minlength=len(STAGES) * len(Bin)).reshape(len(STAGES), len(Bin))
    one, two, three = (Counts(*row) for row in counted.tolist())
    return one, two, three


def without_pauses(goals: Goals) -> Goals:
    """Return *goals* as they would stand if waiting had counted: those met by a pause alone are missed.

    Open ones stay open; a share without pauses is therefore of the same goals as the one with them.
    """
    late = (goals.goal_seconds >= 0) & (goals.elapsed_seconds + goals.paused_seconds > goals.goal_seconds)
    moved = late & (goals.state == State.MET)
    columns = {name: getattr(goals, name) for name in Goals.__slots__ if name != "state"}
    return Goals(**columns, state=np.where(moved, np.int8(State.MISSED), goals.state))


def of_scope(goals: Goals, by: str, name: str) -> Goals:
    """Return those of *goals* whose fact *by* is *name*."""
    names = goals.facts[by]
    place = names.table.index(name) if name in names.table else -1
    return goals.take(names.codes == place)


_PERCENTS = 102  # -1 (nobody said) to 100


def _promised(groups: Ints, percent: NDArray[np.int16], missed: NDArray[np.bool_], size: int) -> list[Promised]:
    """Return what was promised by group: from how many goals of each have which percent."""
    shape = (size, _PERCENTS)
    places = groups * _PERCENTS + percent + 1
    goals = np.bincount(places, minlength=size * _PERCENTS).reshape(shape)[:, 1:]
    broken = np.bincount(places[missed], minlength=size * _PERCENTS).reshape(shape)[:, 1:]
    known = goals.sum(axis=1)
    low = np.argmax(goals > 0, axis=1)
    high = _PERCENTS - 2 - np.argmax(goals[:, ::-1] > 0, axis=1)
    may_miss = goals @ (100 - np.arange(_PERCENTS - 1))
    rows = zip(known.tolist(), broken.sum(axis=1).tolist(), low.tolist(), high.tolist(), may_miss.tolist(), strict=True)
    return [Promised(*row) if row[0] else Promised() for row in rows]


_SECONDS_BITS = 40  # of business time in one goal: 34,000 years


def _spent(groups: Ints, elapsed: Ints, size: int) -> list[Spent | None]:
    """Return the percentiles by group, by one sort: the group in the high bits, the seconds in the low ones."""
    packed = (groups << _SECONDS_BITS) | elapsed
    packed.sort()
    goals = np.bincount(groups, minlength=size)
    first = np.cumsum(goals) - goals
    found: list[Spent | None] = [None] * size
    for group in np.flatnonzero(goals).tolist():
        ranks = (int(first[group]) - (-rank * int(goals[group]) // 100) - 1 for rank in RANKS)
        found[group] = Spent(*(int(packed[rank]) & ((1 << _SECONDS_BITS) - 1) for rank in ranks))
    return found


def judged_by_terms(goals: Goals, at: int) -> Mapping[str, int]:
    """Return how many of *goals* were judged, met or missed, by each version of terms."""
    codes = goals.terms.codes[sort_out(goals, at) <= Bin.MISSED]
    counted = np.bincount(codes, minlength=len(goals.terms.table)).tolist()
    return {name: count for name, count in zip(goals.terms.table, counted, strict=True) if count}
