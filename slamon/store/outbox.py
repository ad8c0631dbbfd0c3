"""The outbox: notifications wait here until someone has delivered them. Takers meet in the row itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, or_, select, update

from slamon.ports import Notification
from slamon.store import codec
from slamon.store.bulk import Row, insert_rows
from slamon.store.select import raw
from slamon.store.tables import notifications
from slamon.store.types import from_seconds, to_seconds

NOTIFICATION_COLUMNS = (
    *("tenant", "key", "kind", "channel", "recipient", "ticket_id", "message_id"),
    *("subject", "text", "html", "created_at", "next_try_at"),
)
_NOTE = ("id", "attempts", *NOTIFICATION_COLUMNS[:-1])
_state = notifications.c.state
_HELD = "not sent: it waited when the backup was made, and may have been sent since"
_WAITS = _state.in_(("pending", "sending"))


def enqueue(connection: Connection, notes: Sequence[Notification]) -> int:
    """Put *notes* into the outbox, those with a known key left alone; return how many are new."""
    rows = {(note.tenant, note.key): _notification_row(note) for note in notes}
    return insert_rows(
        connection,
        notifications,
        list(rows.values()),
        columns=NOTIFICATION_COLUMNS,
        conflict="ignore",
    )


def claim(connection: Connection, now: datetime, *, limit: int, lease: timedelta) -> list[Notification]:
    """Take up to *limit* notifications that are to be tried, or whose taker's lease ran out, oldest first.

    They are the caller's until *now* + *lease*. On Postgres rows another taker holds
    are passed over; there and on SQLite the update takes a row only as it was read.
    """
    overdue = and_(_state == "sending", notifications.c.lease_until <= now)
    free = or_(and_(_state == "pending", notifications.c.next_try_at <= now), overdue)
    query = select(*raw(notifications, _NOTE)).where(_WAITS, free)
    query = query.order_by(notifications.c.id).limit(limit).with_for_update(skip_locked=True)
    rows = [tuple(row) for row in connection.execute(query)]
    return [
        _notification_from((row[0], row[1] + 1, *row[2:]))
        for row in rows
        if _take(connection, row[0], row[1], now + lease)
    ]


def _take(connection: Connection, note_id: int, attempts: int, until: datetime) -> bool:
    """Every claim counts an attempt, so the number tells whether someone else was here."""
    mine = and_(notifications.c.id == note_id, _WAITS, notifications.c.attempts == attempts)
    taken = update(notifications).where(mine).values(state="sending", attempts=attempts + 1, lease_until=until)
    return connection.execute(taken).rowcount == 1


def mark_sent(connection: Connection, note_id: int, now: datetime) -> None:
    """Note that the recipient's server took the message: true whatever the row said meanwhile."""
    values = {"state": "sent", "lease_until": None, "finished_at": now, "error": ""}
    connection.execute(update(notifications).where(notifications.c.id == note_id, _state != "sent").values(values))


def mark_failed(connection: Connection, note_id: int, now: datetime, *, error: str, retry_at: datetime | None) -> None:
    """Note a failed attempt: to be tried again at *retry_at*, or never without it. What is sent stays sent."""
    final = {"state": "failed", "finished_at": now}
    again = {"state": "pending", "next_try_at": retry_at}
    values = {"lease_until": None, "error": codec.storable(error), **(final if retry_at is None else again)}
    connection.execute(update(notifications).where(notifications.c.id == note_id, _state == "sending").values(values))


def hold_back(connection: Connection, restored_at: datetime) -> None:
    """Have nothing sent that waits: a backup is being restored, and all of it may have been sent since it was made."""
    held = {"state": "failed", "lease_until": None, "finished_at": restored_at, "error": _HELD}
    connection.execute(update(notifications).where(_WAITS).values(held))


def load_held(connection: Connection, tenant: str, restored_at: datetime) -> list[str]:
    """Return the subjects of what was held back at *restored_at*, each once; canaries only showed that mail worked."""
    held = (
        notifications.c.finished_at == restored_at,
        notifications.c.error == _HELD,
        notifications.c.kind != "canary",
    )
    query = select(notifications.c.subject).where(notifications.c.tenant == tenant, *held).order_by(notifications.c.id)
    return list(dict.fromkeys(connection.scalars(query)))


def load_state(connection: Connection) -> tuple[int, datetime | None]:
    """Return how many notifications wait or are being sent, and when the oldest of them was created."""
    query = select(func.count(), func.min(notifications.c.created_at)).where(_WAITS)
    count, oldest = connection.execute(query).one()
    return count, oldest


def _notification_row(note: Notification) -> Row:
    """Return the row of *note* in the order of NOTIFICATION_COLUMNS: pending, to be tried at once."""
    created_at = to_seconds(note.created_at)
    head = (note.tenant, note.key, note.kind, note.channel, note.recipient, note.ticket_id, note.message_id)
    return (
        *head,
        codec.storable(note.subject),
        codec.storable(note.text),
        codec.storable(note.html),
        created_at,
        created_at,
    )


def _notification_from(row: Row) -> Notification:
    """Return the notification of a row (id, attempts, then NOTIFICATION_COLUMNS without the last)."""
    note_id, attempts, tenant, key, kind, channel, recipient, ticket_id, message_id = row[:9]
    subject, text, html, created_at = row[9:]
    return Notification(
        key=key,
        tenant=tenant,
        kind=kind,
        recipient=recipient,
        subject=subject,
        text=text,
        html=html,
        message_id=message_id,
        created_at=from_seconds(created_at),
        ticket_id=ticket_id,
        channel=channel,
        id=note_id,
        attempts=attempts,
    )
