"""What reports count, in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection

from slamon.core.goals import Goals
from slamon.ports.goals import By
from slamon.store import goal_days, goal_stamps, goals, open_goals
from slamon.store.sql.base import SqlPart
from slamon.store.types import to_seconds


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
        return Goals.join([ended, still])

    def load_open_goals(self, tenant: str, at: datetime, *, known_at: datetime) -> Goals:
        with self._at_one_moment() as connection:
            return open_goals.load_open_at(connection, tenant, at, known_at)

    def load_goal_changes(
        self, tenant: str, since: datetime, until: datetime, *, known_from: datetime, known_until: datetime
    ) -> Goals:
        with self._at_one_moment() as connection:
            return goals.load_changes(connection, tenant, since, until, known_from, known_until)

    def pack_days(self, tenant: str, until: datetime) -> Iterator[int]:
        day: int | None = -1
        before = to_seconds(until) // goal_stamps.DAY_SECONDS
        while day is not None:
            with self._database.writing(tenant) as connection:
                day = goal_days.next_day_to_pack(connection, tenant, day, before)
                rows = 0 if day is None else goal_days.pack_day(connection, tenant, day)
            if day is not None:
                yield rows

    @contextmanager
    def _at_one_moment(self) -> Iterator[Connection]:
        """A connection whose statements all see the same; on SQLite they do anyway."""
        with self._database.reading() as connection:
            if not self._database.sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
