"""Leases, in SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from slamon.ports import Lease, Watcher
from slamon.store import leases
from slamon.store.sql.base import SqlPart


class SqlLeaseStore(SqlPart):
    """The LeaseStore of `slamon.ports`."""

    def take_lease(self, tenant: str, holder: str, seconds: int, is_gone: Callable[[str], bool]) -> Lease | None:
        with self._database.writing() as connection:
            return leases.take(connection, tenant, holder, seconds, is_gone)

    def renew_leases(self, holder: str, seconds: Mapping[str, int], held: Mapping[str, Lease]) -> set[str]:
        with self._database.writing() as connection:
            return leases.renew(connection, holder, seconds, held)

    def release_lease(self, lease: Lease) -> None:
        with self._database.writing() as connection:
            leases.release(connection, lease)

    def leave(self, holder: str) -> None:
        with self._database.writing() as connection:
            leases.leave(connection, holder)

    def load_watchers(self) -> list[Watcher]:
        with self._database.reading() as connection:
            return leases.load_watchers(connection)

    def load_holder(self, tenant: str) -> str | None:
        with self._database.reading() as connection:
            return leases.load_holder(connection, tenant)
