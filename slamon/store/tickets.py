"""Tickets and their events, as jobs and outputs load them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Select, func, or_, select, text

from slamon.core.ticket import Event, Ticket
from slamon.ports import HistoryRow
from slamon.store import codec
from slamon.store.canaries import is_no_canary
from slamon.store.select import among, raw
from slamon.store.tables import clocks, events, tickets

_EVENT = ("seq", *(name for name in codec.EVENT_COLUMNS if name not in ("tenant", "poll_id")))


def load_tickets(connection: Connection, tenant: str, ids: Collection[int]) -> dict[int, Ticket]:
    query = select(tickets.c.id, tickets.c.facts).where(
        tickets.c.tenant == tenant, among(connection, tickets.c.id, ids)
    )
    return {row[0]: codec.ticket_from(row[1]) for row in connection.execute(query)}


def load_open_ids(connection: Connection, tenant: str) -> set[int]:
    return set(connection.scalars(select(tickets.c.id).where(tickets.c.tenant == tenant, tickets.c.open)))


def load_open_marks(connection: Connection, tenant: str) -> dict[int, int]:
    """Return the open tickets' ids and their `lastUpdated`, in epoch seconds."""
    query = select(*raw(tickets, ("id", "last_updated_at"))).where(tickets.c.tenant == tenant, tickets.c.open)
    return {row[0]: row[1] for row in connection.execute(query)}


def load_open_tickets(connection: Connection, tenant: str, after: int, limit: int) -> list[Ticket]:
    """Return up to *limit* open tickets with ids above *after*, by id."""
    query = select(tickets.c.facts).where(tickets.c.tenant == tenant, tickets.c.open, tickets.c.id > after)
    return [codec.ticket_from(facts) for facts in connection.scalars(query.order_by(tickets.c.id).limit(limit))]


def load_due_ids(connection: Connection, tenant: str, now: datetime) -> set[int]:
    """Return the tickets due at *now*; one that just closed is among them until it has been read once more."""
    query = select(clocks.c.ticket_id).where(clocks.c.tenant == tenant, clocks.c.next_change_at <= now)
    return set(connection.scalars(query))


def load_next_change(connection: Connection, tenant: str) -> datetime | None:
    query: Select[datetime | None] = select(func.min(clocks.c.next_change_at)).where(
        clocks.c.tenant == tenant, clocks.c.next_change_at.is_not(None)
    )
    return connection.scalar(query)


def load_events(connection: Connection, tenant: str, ids: Collection[int]) -> dict[int, list[Event]]:
    """Return the events of each of the tickets *ids*, by instant and number, of each its newest telling."""
    retold = newest_tellings(connection, tenant, ids)
    query = select(*raw(events, _EVENT)).where(events.c.tenant == tenant, among(connection, events.c.ticket_id, ids))
    found: dict[int, list[Event]] = {number: [] for number in ids}
    for row in connection.execute(query.order_by(events.c.at, events.c.seq)):
        event = codec.event_from(tuple(row))
        if (event.seq or 0) > retold.get(event.ticket_id, 0):
            found[event.ticket_id].append(event)
    return found


def load_history(connection: Connection, tenant: str, ids: Collection[int]) -> list[HistoryRow]:
    """Return the events of the tickets *ids*, by ticket, instant and number, of each its newest telling."""
    retold = newest_tellings(connection, tenant, ids)
    columns = raw(events, ("seq", "ticket_id", "at", "kind", "level", "terms", "status_map"))
    query = select(*columns).where(events.c.tenant == tenant, among(connection, events.c.ticket_id, ids))
    rows = connection.execute(query.order_by(events.c.ticket_id, events.c.at, events.c.seq))
    return [HistoryRow(*row[1:]) for row in rows if not retold or row[0] > retold.get(row[1], 0)]


def newest_tellings(connection: Connection, tenant: str, ids: Collection[int]) -> dict[int, int]:
    """Return, for those of *ids* whose histories were told anew, the number of the event that says so."""
    query = select(events.c.ticket_id, func.max(events.c.seq)).where(
        events.c.tenant == tenant, text("kind = 'retold'"), among(connection, events.c.ticket_id, ids)
    )
    return {row[0]: row[1] for row in connection.execute(query.group_by(events.c.ticket_id))}


def load_position(connection: Connection, tenant: str) -> int:
    """Return the number of the tenant's newest event, 0 without any."""
    query = select(events.c.seq).where(events.c.tenant == tenant).order_by(events.c.seq.desc()).limit(1)
    return connection.scalar(query) or 0


def load_tenants(connection: Connection) -> list[str]:
    query = select(tickets.c.tenant).where(is_no_canary(tickets)).distinct()
    return list(connection.scalars(query.order_by(tickets.c.tenant)))


def load_standing_ids(connection: Connection, tenant: str, as_of: datetime) -> list[int]:
    """Return the tickets, by id, whose reading was taken by *as_of* and would be the same then."""
    waits = or_(clocks.c.next_change_at.is_(None), clocks.c.next_change_at > as_of)
    query = select(clocks.c.ticket_id).where(clocks.c.tenant == tenant, clocks.c.read_at <= as_of, waits)
    return list(connection.scalars(query.order_by(clocks.c.ticket_id)))
