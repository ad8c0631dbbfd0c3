"""What is kept of how goals ended."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple, Protocol

from slamon.core.slo import Tally

OTHER = "other"  # all companies that are not kept apart
FACTS = ("board", "priority", "company", "policy")


class GoalTotal(NamedTuple):
    """How many goals were ever met or missed, taking up to so much business time; `elapsed_seconds` in all."""

    stage: int
    priority: str
    outcome: str
    up_to_seconds: int
    goals: int
    elapsed_seconds: int


# Quarter to fourfold of the goals that desks have, 1 h to 72 h; above the last one there is no upper end.
ELAPSED_EDGES = (900, 1800, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 172_800, 345_600, 1_036_800)
ABOVE = 2**31 - 1


class OutcomeStore(Protocol):
    """Goals that are over. They are kept up with the readings, in the same transaction."""

    def count_outcomes(
        self,
        tenant: str,
        since: datetime,
        until: datetime,
        *,
        by: Collection[str] = FACTS,
        companies: Collection[str] | None = None,
    ) -> list[Tally]:
        """The goals that ended in [since, until), counted by stage, outcome, percent and the facts *by*.

        The other facts are empty. Companies but *companies* are `other`; None: each is kept apart.
        """

    def load_first_outcome_at(self, tenant: str, since: datetime) -> datetime | None:
        """When the first goal ended that ended at or after *since*."""

    def load_goal_totals(self, tenant: str) -> list[GoalTotal]:
        """All goals ever met or missed. No number ever falls: what is taken back later stays counted."""
