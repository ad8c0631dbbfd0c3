"""Polls, the watermark, and what a poll brings: tickets and their events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, select, tuple_, update

from slamon.core.ticket import Event, Ticket
from slamon.ports import Poll, UnreadTrail
from slamon.store import codec
from slamon.store.bulk import Row, insert_rows
from slamon.store.select import among, raw
from slamon.store.tables import blind_spans, clocks, events, polls, tickets, trails
from slamon.store.types import from_seconds, from_seconds_or_none, to_seconds

POLL_COLUMNS = (
    *(
        "tenant",
        "started_at",
        "finished_at",
        "result",
        "seen",
        "changed",
        "rejected",
        "watermark",
        "error",
        "reference",
        "status_map",
    ),
)
TRAIL_COLUMNS = ("tenant", "ticket_id", "closed", "rank", "entered_at", "tries", "next_try_at")
DUE_AT_ONCE = 0  # as `next_change_at`: before every instant that is asked about


def load_watermark(connection: Connection, tenant: str) -> datetime | None:
    """Return the newest watermark; a poll that brought nothing newer does not set it back."""
    newest: Select[datetime | None] = select(func.max(polls.c.watermark)).where(polls.c.tenant == tenant)
    return connection.scalar(newest)


def load_last_poll(connection: Connection, tenant: str, *, successful: bool, until: datetime | None) -> Poll | None:
    """Return the newest poll; with *successful* the newest that did not fail, partial ones included."""
    query = select(*raw(polls, POLL_COLUMNS)).where(polls.c.tenant == tenant)
    if successful:
        query = query.where(polls.c.result != "failed")
    if until is not None:
        query = query.where(polls.c.started_at <= until)
    row = connection.execute(query.order_by(polls.c.id.desc()).limit(1)).first()
    return None if row is None else _poll_from(tuple(row))


def load_good_polls(
    connection: Connection, tenant: str, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Return when the polls that worked began and ended, in order: the last before *since*, then up to *until*."""
    worked = (polls.c.tenant == tenant, polls.c.result != "failed")
    before = select(func.max(polls.c.started_at)).where(*worked, polls.c.started_at < since).scalar_subquery()
    query = select(*raw(polls, ("started_at", "finished_at"))).where(
        *worked, polls.c.started_at < until, polls.c.started_at >= func.coalesce(before, to_seconds(since))
    )
    rows = connection.execute(query.order_by(polls.c.started_at, polls.c.id))
    return [(from_seconds(began), from_seconds(ended)) for began, ended in rows]


def save_blind_spans(connection: Connection, tenant: str, spans: Sequence[tuple[datetime, datetime]]) -> None:
    rows = [(tenant, to_seconds(begin), to_seconds(end)) for begin, end in spans]
    insert_rows(connection, blind_spans, rows, columns=("tenant", "begins_at", "ends_at"), conflict="ignore")


def load_blind_spans(
    connection: Connection, tenant: str, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    begins_at, ends_at = blind_spans.c.begins_at, blind_spans.c.ends_at
    query = select(begins_at, ends_at).where(blind_spans.c.tenant == tenant, begins_at < until, ends_at > since)
    return [(max(row[0], since), min(row[1], until)) for row in connection.execute(query.order_by(begins_at))]


def save_poll(connection: Connection, poll: Poll, seen: Sequence[Ticket], happened: Sequence[Event]) -> None:
    """Store the poll's record as it is now, tickets and their events; tickets with new events become due at once."""
    poll_id, replayed = _record(connection, poll)
    rows = {ticket.id: codec.ticket_row(poll.tenant, ticket) for ticket in seen}
    insert_rows(connection, tickets, list(rows.values()), columns=codec.TICKET_COLUMNS, conflict="update")
    new = [codec.event_row(poll.tenant, poll_id, poll.status_map, event) for event in happened]
    if replayed and new and _are_stored(connection, poll, poll_id, new):
        new = []
    insert_rows(connection, events, new, columns=codec.EVENT_COLUMNS)
    due = [(poll.tenant, ticket_id, DUE_AT_ONCE) for ticket_id in {row[1] for row in new}]
    insert_rows(connection, clocks, due, columns=("tenant", "ticket_id", "next_change_at"), conflict="update")


def save_trails(connection: Connection, tenant: str, waiting: Sequence[UnreadTrail], read: Collection[int]) -> None:
    """Wait for the trails *waiting* from now on, and no longer for those *read*."""
    rows = [
        (tenant, t.ticket_id, t.closed, t.rank, to_seconds(t.entered_at), t.tries, to_seconds(t.next_try_at))
        for t in waiting
    ]
    insert_rows(connection, trails, rows, columns=TRAIL_COLUMNS, conflict="update")
    if read:
        done = among(connection, trails.c.ticket_id, read)
        connection.execute(delete(trails).where(trails.c.tenant == tenant, done))


def load_unread_trails(connection: Connection, tenant: str, now: datetime, limit: int) -> list[UnreadTrail]:
    query = select(*(trails.c[name] for name in TRAIL_COLUMNS[1:]))
    query = query.where(trails.c.tenant == tenant, trails.c.next_try_at <= now)
    order = (trails.c.closed, trails.c.rank, trails.c.entered_at.desc())
    return [
        UnreadTrail(ticket_id, bool(closed), rank, entered_at, next_try_at, tries)
        for ticket_id, closed, rank, entered_at, tries, next_try_at in connection.execute(
            query.order_by(*order).limit(limit)
        )
    ]


def count_unread_trails(connection: Connection, tenant: str) -> int:
    return connection.scalar(select(func.count()).select_from(trails).where(trails.c.tenant == tenant)) or 0


def _record(connection: Connection, poll: Poll) -> tuple[int, bool]:
    """Return the poll's number, and whether it stood there like this: a commit whose answer got lost is repeated."""
    began = (polls.c.tenant == poll.tenant, polls.c.started_at == poll.started_at)
    query = select(polls.c.id, *raw(polls, POLL_COLUMNS)).where(*began).order_by(polls.c.id.desc()).limit(1)
    known = connection.execute(query).first()
    values = _poll_values(poll)
    if known is None:
        key = connection.execute(insert(polls).values(values)).inserted_primary_key
        assert key is not None
        return int(key[0]), False
    if _poll_from(tuple(known[1:])) == replace(poll, error=values["error"]):
        return known[0], True
    connection.execute(update(polls).where(polls.c.id == known[0]).values(values))
    return known[0], False


def _are_stored(connection: Connection, poll: Poll, poll_id: int, rows: Sequence[Row]) -> bool:
    """Say whether the poll has stored all of *rows* before, counting those that are alike."""
    query = select(*raw(events, codec.EVENT_COLUMNS)).where(
        events.c.tenant == poll.tenant,
        among(connection, events.c.ticket_id, {row[1] for row in rows}),
        events.c.poll_id == poll_id,
    )
    return Counter(rows) <= Counter(tuple(row) for row in connection.execute(query))


def old_polls(before: datetime) -> ColumnElement[bool]:
    """Say that a poll ended before *before*; of each tenant the newest, the newest good and the watermark stay."""
    newest = select(func.max(polls.c.id)).group_by(polls.c.tenant)
    newest_good = newest.where(polls.c.result != "failed")
    marks = select(polls.c.tenant, func.max(polls.c.watermark)).group_by(polls.c.tenant)
    newest_mark = newest.where(tuple_(polls.c.tenant, polls.c.watermark).in_(marks))
    spare = [polls.c.id.not_in(kept) for kept in (newest, newest_good, newest_mark)]
    return and_(polls.c.finished_at < before, *spare)


def _poll_values(poll: Poll) -> dict[str, Any]:
    """Return what stands in POLL_COLUMNS, by name, instants as they are: polls are written one by one."""
    values = {name: getattr(poll, name) for name in POLL_COLUMNS}
    return {**values, "error": codec.storable(poll.error)}


def _poll_from(row: Row) -> Poll:
    """Return the poll of a row (POLL_COLUMNS)."""
    tenant, started_at, finished_at, result, seen, changed, rejected, watermark, error, reference, status_map = row
    return Poll(
        tenant=tenant,
        started_at=from_seconds(started_at),
        finished_at=from_seconds(finished_at),
        result=result,
        seen=seen,
        changed=changed,
        rejected=rejected,
        watermark=from_seconds_or_none(watermark),
        error=error,
        reference=reference,
        status_map=status_map,
    )
