"""How goals ended, in SQL. They are written with the readings, see `SqlClockStore.save_evaluation`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from slamon.core.slo import Tally
from slamon.ports import GoalTotal
from slamon.ports.outcomes import FACTS
from slamon.store import goal_totals, outcomes
from slamon.store.sql.base import SqlPart


class SqlOutcomeStore(SqlPart):
    """The OutcomeStore of `slamon.ports`."""

    def count_outcomes(
        self,
        tenant: str,
        since: datetime,
        until: datetime,
        *,
        by: Collection[str] = FACTS,
        companies: Collection[str] | None = None,
    ) -> list[Tally]:
        with self._database.reading() as connection:
            return outcomes.count_outcomes(connection, tenant, since, until, by, companies)

    def load_first_outcome_at(self, tenant: str, since: datetime) -> datetime | None:
        with self._database.reading() as connection:
            return outcomes.load_first_outcome_at(connection, tenant, since)

    def load_goal_totals(self, tenant: str) -> list[GoalTotal]:
        with self._database.reading() as connection:
            return goal_totals.load_goal_totals(connection, tenant)
