"""Messages that wait for somebody's quiet hours, or a snooze, to end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, select, update

from slamon.ports import Notification, Settled
from slamon.store.backlog import merge
from slamon.store.outbox import NOTE_COLUMNS, note_from
from slamon.store.select import among, raw
from slamon.store.tables import notifications

_columns = notifications.c
_WAITS = and_(_columns.state == "pending", _columns.not_before.is_not(None))


def find(connection: Connection, channel: str, now: datetime) -> list[tuple[str, str]]:
    """Return the (tenant, recipient) for whom something has waited until *now*."""
    here = (_WAITS, _columns.channel == channel, _columns.not_before <= now)
    query = select(_columns.tenant, _columns.recipient).where(*here).distinct()
    return [(tenant, recipient) for tenant, recipient in connection.execute(query.order_by(*query.selected_columns))]


def load(connection: Connection, channel: str, tenant: str, recipient: str, now: datetime) -> list[Notification]:
    """Return what has waited for *recipient* until *now*, the oldest first."""
    theirs = (_columns.channel == channel, _columns.tenant == tenant, _columns.recipient == recipient)
    query = select(*raw(notifications, NOTE_COLUMNS)).where(_WAITS, _columns.not_before <= now, *theirs)
    return [note_from(tuple(row)) for row in connection.execute(query.order_by(_columns.id))]


def settle(connection: Connection, settled: Settled, now: datetime) -> bool:
    """Carry out what was decided; False if another daemon did so meanwhile: then roll back."""
    _set(connection, settled.overtaken, {"state": "overtaken", "finished_at": now, "not_before": None})
    freed = [*settled.let_go, *settled.merged]
    done = _set(connection, freed, {"not_before": None})
    if done != len(freed):
        return False
    return settled.digest is None or merge(connection, settled.digest, settled.merged, now)


def _set(connection: Connection, ids: Sequence[int], values: dict[str, object]) -> int:
    if not ids:
        return 0
    mine = and_(_WAITS, among(connection, _columns.id, ids))
    return connection.execute(update(notifications).where(mine).values(values)).rowcount
