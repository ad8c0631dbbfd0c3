"""Whole lives of tickets as they are read anew, and the record of what was recomputed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, case, delete, exists, func, select

from slamon.core.reading import Reading
from slamon.core.ticket import Event, Kind, Ticket
from slamon.ports.lives import LifeRow, Recompute
from slamon.store import codec, evaluations, outcomes
from slamon.store.bulk import insert_rows
from slamon.store.select import among, raw
from slamon.store.tables import events, recomputes, tickets
from slamon.store.tickets import newest_tellings
from slamon.store.types import to_seconds, to_seconds_or_none

_COLUMNS = tuple(column.name for column in recomputes.columns)
BY_HAND = 0  # in place of a poll's number: no poll brought the event


def load_lives(
    connection: Connection, tenant: str, since: datetime, until: datetime, *, after: int, limit: int, closed: bool
) -> tuple[list[Ticket], list[LifeRow]]:
    """Return up to *limit* tickets with ids above *after* of which something happened in the span, and all of it."""
    own = (events.c.tenant == tickets.c.tenant, events.c.ticket_id == tickets.c.id)
    happened = exists().where(*own, events.c.at >= since, events.c.at < until)
    query = select(tickets.c.facts).where(tickets.c.tenant == tenant, tickets.c.id > after, happened)
    if closed:
        query = query.where(tickets.c.open.is_(False))
    found = [codec.ticket_from(facts) for facts in connection.scalars(query.order_by(tickets.c.id).limit(limit))]
    return found, _load_rows(connection, tenant, [ticket.id for ticket in found])


def _load_rows(connection: Connection, tenant: str, ids: Sequence[int]) -> list[LifeRow]:
    retold = newest_tellings(connection, tenant, ids)
    # Why terms were chosen is long, and nothing is decided by it.
    name = case((events.c.kind == str(Kind.TERMS), ""), else_=events.c.name)
    columns = [*raw(events, ("ticket_id", "at", "kind", "level", "terms", "ref_id")), name, events.c.seq]
    query = select(*columns).where(events.c.tenant == tenant, among(connection, events.c.ticket_id, ids))
    rows = connection.execute(query.order_by(events.c.ticket_id, events.c.at, events.c.seq)).all()
    return [LifeRow._make(row[:7]) for row in rows if not retold or row[7] > retold.get(row[0], 0)]


def load_company_names(connection: Connection, tenant: str) -> list[str]:
    query = select(tickets.c.company).where(tickets.c.tenant == tenant, tickets.c.company.is_not(None)).distinct()
    return sorted(connection.scalars(query))


def load_last_ticket_id(connection: Connection, tenant: str) -> int | None:
    newest: int | None = connection.scalar(select(func.max(tickets.c.id)).where(tickets.c.tenant == tenant))
    return newest


def save_events(connection: Connection, tenant: str, told: Sequence[Event]) -> None:
    """Store events that no poll brought; what they change is stored with them, so they make nothing due."""
    rows = [codec.event_row(tenant, BY_HAND, "", event) for event in told]
    insert_rows(connection, events, rows, columns=codec.EVENT_COLUMNS)


def save_readings(
    connection: Connection,
    tenant: str,
    readings: Sequence[Reading],
    over: Sequence[Reading],
    next_changes: Mapping[int, datetime | None],
) -> None:
    """Store readings and how goals ended by them and by those *over*, without transitions: a correction is no news."""
    evaluations.save_readings(connection, tenant, readings)
    outcomes.save_outcomes(connection, tenant, readings, over)
    evaluations.save_clocks(connection, tenant, next_changes, readings, None)


def save_recompute(connection: Connection, record: Recompute) -> None:
    """Store the record, in the place of an earlier state of it."""
    row = (
        record.tenant,
        to_seconds(record.started_at),
        codec.storable(record.calendar),
        to_seconds(record.since),
        codec.storable(record.by),
        codec.storable(record.reason),
        " ".join(record.before),
        " ".join(record.after),
        record.tickets,
        record.goals,
        record.flips,
        to_seconds_or_none(record.finished_at),
    )
    own = (recomputes.c.tenant == record.tenant, recomputes.c.started_at == record.started_at)
    connection.execute(delete(recomputes).where(*own, recomputes.c.calendar == row[2]))
    insert_rows(connection, recomputes, [row], columns=_COLUMNS)


def load_recomputes(connection: Connection, tenant: str) -> list[Recompute]:
    query = select(recomputes).where(recomputes.c.tenant == tenant)
    rows = connection.execute(query.order_by(recomputes.c.started_at.desc(), recomputes.c.calendar))
    return [
        Recompute(
            tenant=row.tenant,
            started_at=row.started_at,
            calendar=row.calendar,
            since=row.since,
            by=row.by,
            reason=row.reason,
            before=tuple(row.before.split()),
            after=tuple(row.after.split()),
            tickets=row.tickets,
            goals=row.goals,
            flips=row.flips,
            finished_at=row.finished_at,
        )
        for row in rows
    ]
