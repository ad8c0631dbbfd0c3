"""Whole lives, and what was recomputed, in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from slamon.core.reading import Reading
from slamon.core.ticket import Event, Ticket
from slamon.ports.lives import LifeRow, Recompute
from slamon.store import lives
from slamon.store.sql.base import SqlPart


class SqlLifeStore(SqlPart):
    """The LifeStore of `slamon.ports`."""

    def load_lives(
        self, tenant: str, since: datetime, until: datetime, *, after: int, limit: int, closed: bool = False
    ) -> tuple[list[Ticket], list[LifeRow]]:
        with self._database.reading() as connection:
            return lives.load_lives(connection, tenant, since, until, after=after, limit=limit, closed=closed)

    def load_company_names(self, tenant: str) -> list[str]:
        with self._database.reading() as connection:
            return lives.load_company_names(connection, tenant)

    def load_last_ticket_id(self, tenant: str) -> int | None:
        with self._database.reading() as connection:
            return lives.load_last_ticket_id(connection, tenant)

    def save_correction(
        self,
        record: Recompute,
        *,
        events: Sequence[Event] = (),
        readings: Sequence[Reading] = (),
        over: Sequence[Reading] = (),
        next_changes: Mapping[int, datetime | None] | None = None,
    ) -> None:
        with self._database.writing(record.tenant) as connection:
            lives.save_events(connection, record.tenant, events)
            lives.save_readings(connection, record.tenant, readings, over, next_changes or {})
            lives.save_recompute(connection, record)

    def load_recomputes(self, tenant: str) -> list[Recompute]:
        with self._database.reading() as connection:
            return lives.load_recomputes(connection, tenant)
