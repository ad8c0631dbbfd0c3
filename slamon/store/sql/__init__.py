"""SqlStore: the Store of `slamon.ports` on SQLite or Postgres, a module for each part of it."""

from __future__ import annotations

from collections.abc import Callable

from slamon.ports import Lease
from slamon.store.digest import StoreDigest, read_digest
from slamon.store.leases import FencedDatabase
from slamon.store.sql.alerts import SqlAlertStore
from slamon.store.sql.archive import SqlArchiveStore
from slamon.store.sql.clocks import SqlClockStore
from slamon.store.sql.goals import SqlGoalStore
from slamon.store.sql.history import SqlHistoryStore
from slamon.store.sql.leases import SqlLeaseStore
from slamon.store.sql.lives import SqlLifeStore
from slamon.store.sql.outbox import SqlOutboxStore
from slamon.store.sql.outcomes import SqlOutcomeStore
from slamon.store.sql.record import SqlRecordStore
from slamon.store.sql.retention import SqlRetentionStore


class SqlStore(
    SqlHistoryStore,
    SqlClockStore,
    SqlOutcomeStore,
    SqlGoalStore,
    SqlLifeStore,
    SqlAlertStore,
    SqlOutboxStore,
    SqlRecordStore,
    SqlLeaseStore,
    SqlRetentionStore,
    SqlArchiveStore,
):
    """Everything slamon keeps. Blocking, and safe to use from several threads; `migrate.open_store` makes one.

    Every method may raise a StoreUnavailableError (the same call may succeed later) or a StoreError.
    """

    @property
    def name(self) -> str:
        """Where it is: the URL without its password."""
        return self._database.name

    def held_by(self, lease_of: Callable[[str], Lease]) -> SqlStore:
        """Return this store, in which what is written of a tenant is written only while its lease holds."""
        return SqlStore(FencedDatabase(self._database, lease_of))

    def digest(self) -> StoreDigest:
        """Return a hash over all stored history, the same on any database that holds the same."""
        with self._database.reading() as connection:
            return read_digest(connection)

    def close(self) -> None:
        self._database.close()
