"""The outbox: notifications wait here until someone has delivered them. Takers meet in the row itself.

    pending -> claimed -> sending -> sent
       ^          |          |----> pending, failed   the other side said no
       '----------'          '----> pending, held     it may have said yes

`attempts` counts the claims and tells whose claim a row is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_, select, update

from slamon.ports import Notification, OutboxState
from slamon.store import codec
from slamon.store.bulk import Row, insert_rows
from slamon.store.dbtime import database_now
from slamon.store.select import raw
from slamon.store.tables import notifications
from slamon.store.types import from_seconds, from_seconds_or_none, pack, to_seconds, to_seconds_or_none

NOTIFICATION_COLUMNS = (
    *("tenant", "key", "kind", "channel", "recipient", "ticket_id", "message_id"),
    *("subject", "text", "html", "created_at", "data", "follows", "stands", "not_before", "report", "next_try_at"),
)
NOTE_COLUMNS = ("id", "attempts", "failures", "unsure", *NOTIFICATION_COLUMNS[:-1])
_URGENCY = {"breached": 0, "blind": 0, "near_breach": 1, "reminder": 1, "digest": 1}  # all else comes after them
_columns = notifications.c
_state = _columns.state
IS_WAITING = _state.in_(("pending", "claimed", "sending"))
_TOO_LONG = 600  # seconds; no lease is so long: what ends later is of another clock, or of one set back since
_LEASE_IS_OVER = or_(_columns.lease_until <= database_now(), _columns.lease_until > database_now() + _TOO_LONG)
_before = notifications.alias("before")
_BLOCKS = and_(
    _before.c.tenant == _columns.tenant,
    _before.c.key == _columns.follows,
    _before.c.state.in_(("pending", "claimed", "sending", "held")),
)
_MAY_GO = or_(_columns.follows == "", ~select(_before.c.id).where(_BLOCKS).exists())
_HELD = "not sent: it waited when the backup was made, and may have been sent since"


def enqueue(connection: Connection, notes: Sequence[Notification]) -> int:
    """Put *notes* into the outbox, those with a known key left alone; return how many are new."""
    rows = {(note.tenant, note.key): _notification_row(note) for note in notes}
    new = insert_rows(
        connection,
        notifications,
        list(rows.values()),
        columns=NOTIFICATION_COLUMNS,
        conflict="ignore",
    )
    for note in notes:
        if note.follows:
            ended = and_(_columns.tenant == note.tenant, _columns.key == note.follows)
            _set(connection, ended, {"stands": False})
    return new


def settle_unknown(connection: Connection, channel: str, *, hold: bool) -> list[Notification]:
    """Hold or let go again what was being handed over when its taker's lease ran out; return it as it is now."""
    lost = and_(_columns.channel == channel, _state == "sending", _LEASE_IS_OVER)
    changed = update(notifications).where(lost)
    changed = changed.values(state="held" if hold else "pending", lease_until=None, unsure=_columns.unsure + 1)
    rows = connection.execute(changed.returning(*raw(notifications, NOTE_COLUMNS)))
    return sorted((note_from(tuple(row)) for row in rows), key=lambda note: note.id or 0)


def claim(
    connection: Connection, channel: str, now: datetime, *, lease: timedelta, furthest: timedelta
) -> Notification | None:
    """Claim the most urgent notification that is to be tried, for *lease* of the database's time; None without one.

    On Postgres rows that another taker looks at are passed over; there and on SQLite
    the update takes a row only while it is free.
    """
    next_try_at = _columns.next_try_at
    is_due = or_(_columns.failures == 0, next_try_at <= now, next_try_at > now + furthest)
    # What waits for quiet hours to end is looked at first, see `opening.py`.
    is_free = and_(_state == "pending", _columns.not_before.is_(None), is_due)
    free = or_(is_free, and_(_state == "claimed", _LEASE_IS_OVER))
    urgency = case(_URGENCY, value=_columns.kind, else_=len(_URGENCY))
    first = select(_columns.id).where(IS_WAITING, _columns.channel == channel, free, _MAY_GO)
    first = first.order_by(urgency, _columns.id).limit(1).with_for_update(skip_locked=True)
    taken = update(notifications).where(_columns.id == first.scalar_subquery(), free)
    until = database_now() + int(lease.total_seconds())
    taken = taken.values(state="claimed", attempts=_columns.attempts + 1, lease_until=until)
    row = connection.execute(taken.returning(*raw(notifications, NOTE_COLUMNS))).one_or_none()
    return None if row is None else note_from(tuple(row))


def mark_sending(connection: Connection, note: Notification) -> bool:
    return _set(connection, _is_mine(note, "claimed"), {"state": "sending"}) == 1


def mark_sent(connection: Connection, note: Notification, now: datetime, remark: str = "") -> None:
    """Note that the recipient's server took the message: true whatever the row said meanwhile."""
    values = {"state": "sent", "lease_until": None, "finished_at": now, "error": codec.storable(remark)}
    _set(connection, and_(_columns.id == note.id, _state != "sent"), values)


def mark_failed(
    connection: Connection,
    note: Notification,
    now: datetime,
    *,
    error: str,
    retry_at: datetime | None,
    instead: Notification | None = None,
) -> None:
    """Note a failed attempt: to be tried again at *retry_at*, or never without it and *instead* put in its place."""
    final = {"state": "failed", "finished_at": now}
    again = {"state": "pending", "next_try_at": retry_at}
    values = {**_failure(error), **(final if retry_at is None else again)}
    if _set(connection, _is_mine(note), values) and instead is not None:
        enqueue(connection, [instead])


def mark_unknown(connection: Connection, note: Notification, *, error: str, retry_at: datetime | None) -> None:
    again = {"state": "pending", "next_try_at": retry_at}
    values = {**_failure(error), "unsure": _columns.unsure + 1, **({"state": "held"} if retry_at is None else again)}
    _set(connection, _is_mine(note), values)


def hold_back(connection: Connection, restored_at: datetime) -> None:
    """Have nothing sent that waits: a backup is being restored, and all of it may have been sent since it was made."""
    held = {"state": "failed", "lease_until": None, "finished_at": restored_at, "error": _HELD}
    connection.execute(update(notifications).where(IS_WAITING).values(held))


def load_held(connection: Connection, tenant: str, restored_at: datetime) -> list[str]:
    """Return the subjects of what was held back at *restored_at*, each once; canaries only showed that mail worked."""
    held = (
        notifications.c.finished_at == restored_at,
        notifications.c.error == _HELD,
        notifications.c.kind != "canary",
    )
    query = select(notifications.c.subject).where(notifications.c.tenant == tenant, *held).order_by(notifications.c.id)
    return list(dict.fromkeys(connection.scalars(query)))


def load_standing(connection: Connection, tenant: str, channel: str) -> list[Notification]:
    """Return what stands, of *tenant* or in *channel* ('' for all), by number and without its text.

    Of a channel only what has been sent: what waits is not there yet.
    """
    wanted: list[ColumnElement[bool]] = [_columns.stands]
    wanted += [_columns.tenant == tenant] if tenant else []
    wanted += [_columns.channel == channel, _state == "sent"] if channel else []
    found = zip(NOTE_COLUMNS, raw(notifications, NOTE_COLUMNS), strict=True)
    columns = [literal("") if name in ("text", "html") else column for name, column in found]
    return [note_from(tuple(row)) for row in connection.execute(select(*columns).where(*wanted).order_by(_columns.id))]


def put_back(connection: Connection, note: Notification) -> None:
    _set(connection, _is_mine(note), {"state": "pending", "lease_until": None})


def load_state(connection: Connection, channel: str | None) -> OutboxState:
    waiting_now = and_(IS_WAITING, _columns.not_before.is_(None))  # nothing is stuck that waits for the morning
    waits = func.sum(case((waiting_now, 1), else_=0))
    oldest = func.min(case((waiting_now, _columns.created_at)))
    query = select(func.count(), waits, oldest).where(or_(waiting_now, _state == "held"))
    if channel is not None:
        query = query.where(_columns.channel == channel)
    count, waiting, first = connection.execute(query).one()
    waiting = int(waiting or 0)
    return OutboxState(waiting, first, count - waiting)


def note_from(row: Row) -> Notification:
    """Return the notification of a row of NOTE_COLUMNS."""
    note_id, attempts, failures, unsure, tenant, key, kind, channel, recipient, ticket_id, message_id = row[:11]
    subject, text, html, created_at, data, follows, stands, not_before, report = row[11:]
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
        data=data,
        follows=follows,
        stands=stands,
        not_before=from_seconds_or_none(not_before),
        report=report,
        id=note_id,
        attempts=attempts,
        failures=failures,
        unsure=unsure,
    )


def _is_mine(note: Notification, *states: str) -> ColumnElement[bool]:
    """The row is under way, and nobody has claimed it after us."""
    return and_(
        _columns.id == note.id,
        _columns.attempts == note.attempts,
        _state.in_(states or ("claimed", "sending")),
    )


def _failure(error: str) -> dict[str, Any]:
    return {"lease_until": None, "error": codec.storable(error), "failures": _columns.failures + 1}


def _set(connection: Connection, where: ColumnElement[bool], values: Mapping[str, Any]) -> int:
    return connection.execute(update(notifications).where(where).values(values)).rowcount


def _notification_row(note: Notification) -> Row:
    """Return the row of *note* in the order of NOTIFICATION_COLUMNS: pending, to be tried at once."""
    created_at = to_seconds(note.created_at)
    head = (note.tenant, note.key, note.kind, note.channel, note.recipient, note.ticket_id, note.message_id)
    return (
        *head,
        codec.storable(note.subject),
        codec.storable(note.text),
        pack(codec.storable(note.html)),
        created_at,
        codec.storable(note.data),
        note.follows,
        note.stands,
        to_seconds_or_none(note.not_before),
        codec.storable(note.report),
        created_at,
    )
