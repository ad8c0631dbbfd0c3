"""Marks that were passed, and what people said of goals, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from slamon.core.intervention import Intervention
from slamon.ports import RungRecord
from slamon.store import alerts
from slamon.store.sql.base import SqlPart


class SqlAlertStore(SqlPart):
    """The AlertStore of `slamon.ports`."""

    def load_marks(self, tenant: str, ids: Collection[int]) -> set[tuple[int, int, int, str]]:
        with self._database.reading() as connection:
            return alerts.load_marks(connection, tenant, ids)

    def load_rungs(self, tenant: str, ticket_id: int) -> list[RungRecord]:
        with self._database.reading() as connection:
            return alerts.load_rungs(connection, tenant, ticket_id)

    def save_interventions(self, tenant: str, said: Sequence[Intervention]) -> None:
        with self._database.writing() as connection:
            alerts.save_interventions(connection, tenant, said)

    def load_interventions(self, tenant: str, ids: Collection[int]) -> dict[int, list[Intervention]]:
        with self._database.reading() as connection:
            return alerts.load_interventions(connection, tenant, ids)
