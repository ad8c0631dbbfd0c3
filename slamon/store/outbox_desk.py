"""The outbox as a person sees it: what stands in it, and what they decide about a message."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from slamon.ports import Notification, OutboxRow, Told
from slamon.store.backlog import ALERTS
from slamon.store.outbox import NOTE_COLUMNS, note_from
from slamon.store.select import among, raw
from slamon.store.tables import notifications

_columns = notifications.c
_ROW = (*NOTE_COLUMNS, "state", "error", "merged_into")


def load_rows(connection: Connection, states: Collection[str], limit: int) -> list[OutboxRow]:
    """Return up to *limit* messages in one of *states*, by number."""
    query = select(*raw(notifications, _ROW)).where(_columns.state.in_(states)).order_by(_columns.id).limit(limit)
    width = len(NOTE_COLUMNS)
    return [OutboxRow(note_from(tuple(row[:width])), *row[width:]) for row in connection.execute(query)]


_TOLD = ("kind", "channel", "recipient", "subject", "state", "created_at", "finished_at", "error")


def load_told(connection: Connection, tenant: str, ticket_id: int, limit: int) -> list[Told]:
    """Return what became of the newest *limit* messages about a ticket, the newest first."""
    about = (_columns.tenant == tenant) & (_columns.ticket_id == ticket_id)
    query = select(*(_columns[name] for name in _TOLD)).where(about).order_by(_columns.id.desc()).limit(limit)
    return [Told(*row) for row in connection.execute(query)]


def load_heard(connection: Connection, tenant: str, ticket_id: int, about: str) -> list[Notification]:
    """Return the alerts of one ticket, mailed or on their way, whose key has *about* in it, by number.

    What still waits for quiet hours, or a snooze, to end is not on its way.
    """
    is_told = _columns.state.in_(("pending", "claimed", "sending", "sent", "merged")) & _columns.not_before.is_(None)
    mine = (_columns.tenant == tenant, _columns.ticket_id == ticket_id, _columns.channel == "mail")
    query = select(*raw(notifications, NOTE_COLUMNS)).where(
        *mine, is_told, _columns.kind.in_(ALERTS), _columns.key.contains(about, autoescape=True)
    )
    return [note_from(tuple(row)) for row in connection.execute(query.order_by(_columns.id))]


def release(connection: Connection, ids: Sequence[int]) -> list[int]:
    """Let held and failed messages be sent, as if they had not failed before; return the numbers of those."""
    stands = among(connection, _columns.id, ids) & _columns.state.in_(("held", "failed"))
    values = {"state": "pending", "failures": 0, "finished_at": None}
    changed = update(notifications).where(stands).values(values).returning(_columns.id)
    return sorted(connection.scalars(changed))


def drop(connection: Connection, ids: Sequence[int], now: datetime) -> list[int]:
    """Have messages that are not under way nor sent never sent; return the numbers of those."""
    stands = among(connection, _columns.id, ids) & _columns.state.in_(("held", "failed", "pending"))
    changed = update(notifications).where(stands).values(state="dropped", finished_at=now).returning(_columns.id)
    return sorted(connection.scalars(changed))
