"""What is no longer kept, in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from slamon.ports import OldKind, OldRows
from slamon.store import months, retention
from slamon.store.sql.base import SqlPart


class SqlRetentionStore(SqlPart):
    """The RetentionStore of `slamon.ports`."""

    def measure_old(self, before: Mapping[OldKind, datetime]) -> list[OldRows]:
        with self._database.reading() as connection:
            return retention.measure(connection, before)

    def prune(self, kind: OldKind, before: datetime) -> Iterator[int]:
        return retention.prune(self._database, kind, before)

    def prepare_months(self, now: datetime) -> int:
        with self._database.reading() as connection:
            missing = months.missing_months(connection, now)
        for month in missing:
            with self._database.writing() as connection:
                months.make_month(connection, month)
        return len(missing)

    def drop_months(self, before: datetime) -> int:
        with self._database.reading() as connection:
            past = [month for month in months.load_months(connection) if month.ends_at <= before]
        gone = 0
        for month in past:
            with self._database.writing() as connection:
                gone += months.drop_month(connection, month)
        return gone

    def vacuum(self) -> None:
        """Give the space of deleted rows back to the file system. Nobody can write meanwhile. Postgres needs none."""
        if self._database.sqlite:
            self._database.vacuum()
