"""What reports count, in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection

from slamon.core.goals import Goals
from slamon.ports.goals import By
from slamon.store import goals, open_goals
from slamon.store.goal_part import in_order
from slamon.store.sql.base import SqlPart


class SqlGoalStore(SqlPart):
    """The GoalStore of `slamon.ports`."""

    def load_goals(
        self, tenant: str, since: datetime, until: datetime, *, known_at: datetime, by: By = "ended_at"
    ) -> Goals:
        with self._at_one_moment() as connection:
            ended = goals.load_ended(connection, tenant, since, until, known_at, by)
            if by == "ended_at":
                return ended
            still = open_goals.load_still_open(connection, tenant, known_at, between=(by, since, until))
        return in_order(Goals.join([ended, still]))

    def load_open_goals(self, tenant: str, at: datetime, *, known_at: datetime) -> Goals:
        with self._at_one_moment() as connection:
            return open_goals.load_open_at(connection, tenant, at, known_at)

    def load_goal_changes(
        self, tenant: str, since: datetime, until: datetime, *, known_from: datetime, known_until: datetime
    ) -> Goals:
        with self._at_one_moment() as connection:
            return goals.load_changes(connection, tenant, since, until, known_from, known_until)

    @contextmanager
    def _at_one_moment(self) -> Iterator[Connection]:
        """A connection whose statements all see the same; on SQLite they do anyway."""
        with self._database.reading() as connection:
            if not self._database.sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
