"""Leases in the database, on its own clock, and the fence that keeps those who lost theirs from writing.

A lease is taken behind the lock under which the tenant's writers follow each other, and a writer looks at its token
behind the same lock. So a new holder reads nothing that an older one may still change: what that one had begun is
stored by then, and what it begins later is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, and_, delete, select, update

from slamon.errors import LeaseLostError
from slamon.ports import Lease, Watcher
from slamon.store.bulk import insert_rows
from slamon.store.database import Database, try_tenant_lock
from slamon.store.dbtime import database_now
from slamon.store.tables import leases, watchers
from slamon.store.types import to_seconds

# No lease is so long: one that ends later from now was renewed before the clock was set back, and counts no more.
_TOO_LONG = timedelta(minutes=2)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class FencedDatabase(Database):
    """A database whose writers of a tenant must hold its lease; closing it is left to the one it was made of."""

    def __init__(self, database: Database, lease_of: Callable[[str], Lease]) -> None:
        vars(self).update(vars(database))  # the same connections, and whatever else it goes by
        self._lease_of = lease_of

    @contextmanager
    def writing(self, tenant: str | None = None) -> Iterator[Connection]:
        with super().writing(tenant) as connection:
            if tenant is not None:
                _check(connection, self._lease_of(tenant))
            yield connection

    def close(self) -> None:
        """Nothing: the connections are the other's."""


def _check(connection: Connection, lease: Lease) -> None:
    # That it has run out does not matter while nobody else took it: nobody else writes.
    query = select(leases.c.token).where(leases.c.tenant == lease.tenant)
    if connection.scalar(query) != lease.token:
        raise LeaseLostError(f"tenant {lease.tenant}: another daemon watches it by now; nothing was written")


def take(
    connection: Connection, tenant: str, holder: str, seconds: int, is_gone: Callable[[str], bool]
) -> Lease | None:
    """Take the lease for *seconds* if it is free; None while another holds it, or the tenant is being written."""
    if not try_tenant_lock(connection, tenant):
        return None
    now, own = _now(connection), leases.c.tenant == tenant
    first = (tenant, "", 0, 0)
    insert_rows(connection, leases, [first], columns=("tenant", "holder", "token", "until_at"), conflict="ignore")
    row = connection.execute(select(leases.c.holder, leases.c.token, leases.c.until_at).where(own)).one()
    if _holds(row.until_at, now) and row.holder != holder and not is_gone(row.holder):
        return None
    values = {"holder": holder, "token": row.token + 1, "until_at": now + timedelta(seconds=seconds)}
    connection.execute(update(leases).where(own).values(values))
    return Lease(tenant, holder, row.token + 1)


def renew(connection: Connection, holder: str, seconds: Mapping[str, int], held: Mapping[str, Lease]) -> set[str]:
    """Renew the leases *held*, and note that *holder* watches; return the tenants whose leases it still has."""
    now = _now(connection)
    until = {tenant: now + timedelta(seconds=length) for tenant, length in sorted(seconds.items())}
    connection.execute(delete(watchers).where(watchers.c.until_at <= now))
    rows = [(tenant, holder, to_seconds(at)) for tenant, at in until.items()]
    insert_rows(connection, watchers, rows, columns=("tenant", "holder", "until_at"), conflict="update")
    return {tenant for tenant, lease in sorted(held.items()) if _set_end(connection, lease, until[tenant])}


def release(connection: Connection, lease: Lease) -> None:
    """Let others take it at once; one that was lost is left alone."""
    _set_end(connection, lease, _LONG_AGO)


def _set_end(connection: Connection, lease: Lease, until: datetime) -> bool:
    """Set when *lease* ends, and say whether it is still there."""
    own = and_(leases.c.tenant == lease.tenant, leases.c.token == lease.token)
    return connection.execute(update(leases).where(own).values(until_at=until)).rowcount == 1


def leave(connection: Connection, holder: str) -> None:
    """Forget that *holder* watches anything."""
    connection.execute(delete(watchers).where(watchers.c.holder == holder))


def load_watchers(connection: Connection) -> list[Watcher]:
    """Return the daemons that live, once for each tenant they watch, by tenant and holder."""
    now = _now(connection)
    of_watcher = and_(leases.c.tenant == watchers.c.tenant, leases.c.holder == watchers.c.holder)
    query = select(watchers.c.tenant, watchers.c.holder, leases.c.token).select_from(watchers)
    query = query.outerjoin(leases, and_(of_watcher, leases.c.until_at > now)).where(watchers.c.until_at > now)
    rows = connection.execute(query.order_by(watchers.c.tenant, watchers.c.holder))
    return [Watcher(tenant, holder, token is not None) for tenant, holder, token in rows]


def load_holder(connection: Connection, tenant: str) -> str | None:
    """Return who holds the tenant's lease; None if nobody does."""
    row = connection.execute(select(leases.c.holder, leases.c.until_at).where(leases.c.tenant == tenant)).first()
    return row.holder if row is not None and _holds(row.until_at, _now(connection)) else None


def _holds(until: datetime, now: datetime) -> bool:
    return now < until <= now + _TOO_LONG


def _now(connection: Connection) -> datetime:
    """Return the clock of leases: it is one, however many ask."""
    return datetime.fromtimestamp(connection.execute(select(database_now())).scalar_one(), UTC)
