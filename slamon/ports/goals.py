"""What reports count: goals as columns, as they were known at any instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, Protocol

from slamon.core.goals import Goals

By = Literal["ended_at", "due_at", "started_at"]


class GoalStore(Protocol):
    """Goals of a tenant as they were known at `known_at`, whatever was learnt later.

    Names, policy and percent are those of when a goal ended; a board or a company that was renamed has the newest
    name that was known. `exempt` are those that a person had excused by then.
    """

    def load_goals(
        self, tenant: str, since: datetime, until: datetime, *, known_at: datetime, by: By = "ended_at"
    ) -> Goals:
        """The goals of which the instant *by* lies in [since, until), open ones too unless *by* is when they ended.

        Raises:
            KnowledgeGoneError: Which were open cannot be told any more.
        """

    def load_open_goals(self, tenant: str, at: datetime, *, known_at: datetime) -> Goals:
        """The goals that had started before *at* and had not ended before it, as open.

        Their seconds are those of when they were last read by then, or of when they ended after *at*.

        Raises:
            KnowledgeGoneError: Which were open cannot be told any more.
        """

    def load_goal_changes(
        self, tenant: str, since: datetime, until: datetime, *, known_from: datetime, known_until: datetime
    ) -> Goals:
        """The rows of goals that ended in [since, until) and came or went in (known_from, known_until].

        A correction is a row that went and, unless the goal is open again, one that came at the same instant.
        """

    def pack_days(self, tenant: str, until: datetime) -> Iterator[int]:
        """Make columns of the days that had ended by *until* and have none that are fresh, a transaction each.

        Yield how many goals each has. Nothing else is read from columns than from rows; it is read sooner.
        """
