"""Service-level objectives: how many goals of a month were kept, how many may still be missed, and whether they will.

Desks conclude five to fifty goals a week, so all of it is counted, not
estimated from rates: docs/explanation/slo.md says why, with examples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import exp, fsum, lgamma
from typing import NamedTuple, TypeVar

from slamon.core.outcome import Outcome
from slamon.core.ticket import STAGES, Stage

R = TypeVar("R", "Tally", "Live")

PAST = timedelta(days=84)  # before the month: how far back one looks to say what is usual
PRIOR_GOALS = 10  # so many goals, kept as promised, are believed in before any was seen
_SURE = timedelta(days=1)  # a pace is not told from less


class Tally(NamedTuple):
    """So many goals that ended alike. `percent` of a hundred were to be met; None: nobody said."""

    stage: int
    outcome: str
    board: str
    priority: str | None
    company: str | None
    policy: str
    percent: int | None
    goals: int


class Live(NamedTuple):
    """So many goals that are still to be reached: `running` in time so far, `late` ones broke this month."""

    stage: int
    board: str
    priority: str | None
    company: str | None
    policy: str
    running: int
    late: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How long goals were watched up to now, and how long the month still lasts, in seconds."""

    watched_seconds: int = 0
    left_seconds: int = 0

    def rest(self, seen: int) -> int | None:
        """Return how many more goals are to be expected after *seen*; None where that cannot be told yet."""
        if self.left_seconds == 0:
            return 0
        if self.watched_seconds < _SURE.total_seconds():
            return None
        return (seen * self.left_seconds + self.watched_seconds // 2) // self.watched_seconds


OVER = Pace()


@dataclass(frozen=True, slots=True)
class Objective:
    """One stage's goals of one month. The last five are None where no percent was promised of any goal.

    `late` goals are open, and broke this month: they can only be missed. `excluded`
    ones were cancelled or could not be measured. `allowed` may be missed in the whole
    month, `expected` goals being concluded in it; `left` of them are left, below 0 when
    the objective is missed already.
    """

    stage: Stage
    met: int
    missed: int
    late: int
    running: int
    excluded: int
    target_percent: float | None = None
    expected: int | None = None
    allowed: int | None = None
    left: int | None = None
    miss_probability: float | None = None

    @property
    def attained_percent(self) -> float | None:
        """The share of concluded goals that were met; None where none was concluded."""
        ended = self.met + self.missed
        return 100 * self.met / ended if ended else None


@dataclass(frozen=True, slots=True)
class _Sums:
    met: int
    missed: int
    excluded: int
    kept: int  # of those with a percent
    broken: int
    may_miss: int  # hundredths of goals

    @property
    def promised(self) -> int:
        return self.kept + self.broken


def read_objective(
    stage: Stage, month: Iterable[Tally], past: Iterable[Tally], live: Iterable[Live], pace: Pace
) -> Objective:
    """Return what became of the stage's goals in *month*, and what may become of the rest of it."""
    own, before = (_add_up([row for row in rows if row.stage == stage]) for rows in (month, past))
    counted = [row for row in live if row.stage == stage]
    late, running = sum(row.late for row in counted), sum(row.running for row in counted)
    plain = Objective(stage, own.met, own.missed, late, running, own.excluded)
    seen = own.promised + before.promised
    if not seen:
        return plain
    rest = pace.rest(seen)
    rest = max(late, running + late if rest is None else rest)
    may_miss = own.may_miss + before.may_miss  # of all goals seen: what the rest of the month may miss is their share
    hundredths = own.may_miss * seen + rest * may_miss
    expected = own.promised + rest
    allowed = hundredths // (100 * seen)
    left = allowed - own.broken - late
    share = may_miss / (100 * seen)
    return Objective(
        *(stage, own.met, own.missed, late, running, own.excluded),
        target_percent=100 - hundredths / (seen * expected) if expected else 100 * (1 - share),
        expected=expected,
        allowed=allowed,
        left=left,
        miss_probability=more_than(
            left,
            max(0, rest - late),
            own.broken + before.broken + late + PRIOR_GOALS * share,
            own.kept + before.kept + PRIOR_GOALS * (1 - share),
        ),
    )


def read_objectives(
    month: Sequence[Tally],
    past: Sequence[Tally],
    live: Sequence[Live],
    pace: Pace,
    name_of: Callable[[Tally | Live], str | None],
) -> dict[str, tuple[Objective, ...]]:
    """Return the objectives of every stage, for each name that *name_of* gives; None is `none`. Names in order."""
    ended, before = _by_name(month, name_of), _by_name(past, name_of)
    still = _by_name(live, name_of)
    return {
        name: tuple(read_objective(stage, ended[name], before[name], still[name], pace) for stage in STAGES)
        for name in sorted({*ended, *still})
    }


def _by_name(rows: Sequence[R], name_of: Callable[[R], str | None]) -> defaultdict[str, list[R]]:
    found: defaultdict[str, list[R]] = defaultdict(list)
    for row in rows:
        name = name_of(row)
        found["none" if name is None else name].append(row)
    return found


def _add_up(rows: Sequence[Tally]) -> _Sums:
    met, missed = (sum(row.goals for row in rows if row.outcome == which) for which in (Outcome.MET, Outcome.MISSED))
    promised = [row for row in rows if row.percent is not None and row.outcome in (Outcome.MET, Outcome.MISSED)]
    broken = sum(row.goals for row in promised if row.outcome == Outcome.MISSED)
    return _Sums(
        met=met,
        missed=missed,
        excluded=sum(row.goals for row in rows) - met - missed,
        kept=sum(row.goals for row in promised) - broken,
        broken=broken,
        may_miss=sum(row.goals * (100 - row.percent) for row in promised if row.percent is not None),
    )


def more_than(left: int, trials: int, misses: float, hits: float) -> float:
    """
    Return how probable it is that of *trials* goals more than *left* are missed, *misses* and *hits* having been seen.

    The share of misses is not known, only what was seen of it: so this is the tail of the
    beta-binomial distribution, added up term by term. Without a miss none is expected.
    """
    if left < 0:
        return 1.0
    if left >= trials or misses <= 0:
        return 0.0
    below = left + 1 <= trials - left
    counted = range(left + 1) if below else range(left + 1, trials + 1)
    summed = min(1.0, fsum(exp(_log_chance(k, trials, misses, hits)) for k in counted))
    return 1 - summed if below else summed


def _log_chance(missed: int, trials: int, misses: float, hits: float) -> float:
    ways = lgamma(trials + 1) - lgamma(missed + 1) - lgamma(trials - missed + 1)
    return ways + _log_beta(misses + missed, hits + trials - missed) - _log_beta(misses, hits)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
