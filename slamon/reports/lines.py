"""Goals that reports list: one row of the columns each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from slamon.core.attainment import Bin, Bins
from slamon.core.goals import FACTS, NEVER, Goals
from slamon.core.ticket import Stage


class GoalKey(NamedTuple):
    """One goal of a ticket, in one cycle of it."""

    ticket_id: int
    stage: int
    cycle: int


@dataclass(frozen=True, slots=True)
class GoalLine:
    """A goal that a report lists. Instants are epoch seconds, None where there is none; so is a goal's length."""

    key: GoalKey
    bin: Bin
    started_at: int
    due_at: int | None
    ended_at: int | None
    goal_seconds: int | None
    elapsed_seconds: int
    paused_seconds: int
    terms: str
    facts: Mapping[str, str]

    @property
    def stage(self) -> Stage:
        return Stage(self.key.stage)

    @property
    def over_seconds(self) -> int:
        """Business seconds past the goal; 0 of one that was kept."""
        return 0 if self.goal_seconds is None else max(0, self.elapsed_seconds - self.goal_seconds)


def lines_of(goals: Goals, bins: Bins, rows: Iterable[int]) -> list[GoalLine]:
    """Return the goals in these *rows*, in their order."""
    return [_line(goals, bins, int(row)) for row in rows]


def _line(goals: Goals, bins: Bins, row: int) -> GoalLine:
    return GoalLine(
        key=GoalKey(int(goals.ticket_id[row]), int(goals.stage[row]), int(goals.cycle[row])),
        bin=Bin(int(bins[row])),
        started_at=int(goals.started_at[row]),
        due_at=_instant(goals.due_at[row]),
        ended_at=_instant(goals.ended_at[row]),
        goal_seconds=int(goals.goal_seconds[row]) if goals.goal_seconds[row] >= 0 else None,
        elapsed_seconds=int(goals.elapsed_seconds[row]),
        paused_seconds=int(goals.paused_seconds[row]),
        terms=goals.terms.table[goals.terms.codes[row]],
        facts={fact: goals.facts[fact].table[goals.facts[fact].codes[row]] for fact in FACTS},
    )


def _instant(value: np.int64) -> int | None:
    return None if value == NEVER else int(value)
