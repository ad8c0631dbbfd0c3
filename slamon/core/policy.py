"""The promise: goals, the calendar they are counted on, and what happens when the rules change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from slamon.core.ticket import STAGES, Stage

Change = Literal["same_start", "forward", "strictest"]
Reopen = Literal["resume", "count", "new_cycle"]
NO_PERCENT = -1  # as a warning share: none


@dataclass(frozen=True, slots=True)
class Percents:
    """How many of a hundred goals are to be met, by stage; None where nothing of the kind is promised."""

    respond: int | None = None
    plan: int | None = None
    resolve: int | None = None

    def of(self, stage: Stage) -> int | None:
        return (self.respond, self.plan, self.resolve)[stage]

    def over(self, other: Percents) -> Percents:
        """Return these, with those of *other* where these say nothing."""
        return Percents(*(other.of(stage) if self.of(stage) is None else self.of(stage) for stage in STAGES))


NO_PERCENTS = Percents()


@dataclass(frozen=True, slots=True)
class Terms:
    """The promise in force for a ticket: what `choose_terms` found, by value.

    Goals are whole business seconds, None for no target. `calendar` is the
    version (content hash) of the calendar they are counted on. A goal is at
    risk from its warning share on, and when no more than `warn_left_seconds`
    are left of it, whichever comes first. `stage_warns` hold the two for each
    stage where they differ by stage; a share of NO_PERCENT warns of nothing.
    """

    policy: str
    calendar: str
    respond_seconds: int | None = None
    plan_seconds: int | None = None
    resolve_seconds: int | None = None
    warn_percent: int = 75
    warn_left_seconds: int = 0  # 0: no such warning
    change: Change = "same_start"
    reopen: Reopen = "resume"
    reopen_grace_seconds: int = 0
    waiting_responds: bool = False
    percents: Percents = NO_PERCENTS  # of many goals; the clock of one ticket does not depend on them
    stage_warns: tuple[tuple[int, int], ...] = ()

    def goal_seconds(self, stage: Stage) -> int | None:
        return (self.respond_seconds, self.plan_seconds, self.resolve_seconds)[stage]

    def warning(self, stage: Stage) -> tuple[int, int]:
        """Return the warning share of *stage*, in percent, and the seconds left at which it warns."""
        return self.stage_warns[stage] if self.stage_warns else (self.warn_percent, self.warn_left_seconds)
