"""The promise: goals, the calendar they are counted on, and what happens when the rules change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from slamon.core.ticket import Stage

Change = Literal["same_start", "forward", "strictest"]
Reopen = Literal["resume", "count", "new_cycle"]


@dataclass(frozen=True, slots=True)
class Terms:
    """The promise in force for a ticket: what `choose_terms` found, by value.

    Goals are whole business seconds, None for no target. `calendar` is the
    version (content hash) of the calendar they are counted on.
    """

    policy: str
    calendar: str
    respond_seconds: int | None = None
    plan_seconds: int | None = None
    resolve_seconds: int | None = None
    warn_percent: int = 75
    change: Change = "same_start"
    reopen: Reopen = "resume"
    reopen_grace_seconds: int = 0
    waiting_responds: bool = False

    def goal_seconds(self, stage: Stage) -> int | None:
        return (self.respond_seconds, self.plan_seconds, self.resolve_seconds)[stage]

    def warn_seconds(self, stage: Stage) -> int | None:
        """Counted seconds from which the stage is at risk: the warning share of its goal, rounded up."""
        goal = self.goal_seconds(stage)
        return None if goal is None else -(-goal * self.warn_percent // 100)
