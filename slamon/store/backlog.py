"""Alerts that have piled up for one recipient, and one digest in place of many of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from slamon.ports import Notification
from slamon.store.outbox import NOTE_COLUMNS, enqueue, note_from
from slamon.store.select import among, raw
from slamon.store.tables import notifications

_columns = notifications.c
# One that may have arrived goes alone, with its label.
ALERTS = ("near_breach", "breached", "reminder")
_IS_ALERT = and_(_columns.state == "pending", _columns.unsure == 0, _columns.kind.in_(ALERTS))
_CAN_MERGE = and_(_IS_ALERT, _columns.not_before.is_(None))


def find_backlogs(connection: Connection, channel: str, more_than: int) -> list[tuple[str, str]]:
    """Return the (tenant, recipient) for whom alerts wait, of recipients for whom more than so many do in all."""
    here = and_(_CAN_MERGE, _columns.channel == channel)
    crowded = select(_columns.recipient).where(here).group_by(_columns.recipient).having(func.count() > more_than)
    query = select(_columns.tenant, _columns.recipient).where(here, _columns.recipient.in_(crowded)).distinct()
    return [(tenant, recipient) for tenant, recipient in connection.execute(query.order_by(*query.selected_columns))]


def load_backlog(connection: Connection, channel: str, tenant: str, recipient: str) -> list[Notification]:
    """Return the alerts that wait for *recipient*, the oldest first."""
    theirs = (_columns.channel == channel, _columns.tenant == tenant, _columns.recipient == recipient)
    query = select(*raw(notifications, NOTE_COLUMNS)).where(_CAN_MERGE, *theirs).order_by(_columns.id)
    return [note_from(tuple(row)) for row in connection.execute(query)]


def merge(connection: Connection, digest: Notification, ids: Sequence[int], now: datetime) -> bool:
    """Store *digest* in place of the alerts *ids*; False if one of them was taken meanwhile: then roll back."""
    if enqueue(connection, [digest]) != 1:
        return False
    known: ColumnElement[bool] = and_(_columns.tenant == digest.tenant, _columns.key == digest.key)
    digest_id = connection.execute(select(_columns.id).where(known)).scalar_one()
    values = {"state": "merged", "merged_into": digest_id, "finished_at": now}
    changed = update(notifications).where(among(connection, _columns.id, ids), _CAN_MERGE).values(values)
    return connection.execute(changed).rowcount == len(ids)
