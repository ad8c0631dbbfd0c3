"""What an evaluation leaves: readings that changed, transitions, and the instant to look again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from slamon.core.reading import OPEN_VERDICTS, Reading
from slamon.core.ticket import Stage
from slamon.core.transition import Transition
from slamon.ports import Tracked, TransitionRecord
from slamon.store import codec
from slamon.store.bulk import Row, RowsOf, insert_rows
from slamon.store.goal_totals import add_totals
from slamon.store.select import among, raw
from slamon.store.tables import clocks, events, past_transitions, readings, tickets, transitions
from slamon.store.types import from_seconds, to_seconds, to_seconds_or_none

_READING = tuple(name for name in codec.READING_COLUMNS if name != "tenant")
_TRANSITION = tuple(name for name in codec.TRANSITION_COLUMNS if name not in ("tenant", "seen_at"))
IS_NEWEST = and_(
    readings.c.tenant == clocks.c.tenant,
    readings.c.ticket_id == clocks.c.ticket_id,
    readings.c.as_of == clocks.c.read_at,
)


def load_readings(connection: Connection, tenant: str, ids: Collection[int]) -> dict[int, Reading]:
    """Return the newest reading of each of the tickets *ids* that has one."""
    query = select(*raw(readings, _READING)).select_from(clocks).join(readings, IS_NEWEST)
    query = query.where(clocks.c.tenant == tenant, among(connection, clocks.c.ticket_id, ids))
    return {row[0]: codec.reading_from(tuple(row)) for row in connection.execute(query)}


def load_open(connection: Connection, tenant: str) -> list[Tracked]:
    """Return the open tickets that have been read, by id."""
    has_clock = and_(clocks.c.tenant == tickets.c.tenant, clocks.c.ticket_id == tickets.c.id)
    query = (
        select(tickets.c.facts, *raw(readings, _READING))
        .select_from(tickets)
        .join(clocks, has_clock)
        .join(readings, IS_NEWEST)
        .where(tickets.c.tenant == tenant, tickets.c.open)
        .order_by(tickets.c.id)
    )
    rows = connection.execute(query)
    return [Tracked(codec.ticket_from(row[0]), codec.reading_from(tuple(row[1:]))) for row in rows]


def load_readings_at(connection: Connection, tenant: str, at: datetime) -> list[Reading]:
    """Return the newest reading at or before *at* of each ticket that was open then with a goal to keep, by id."""
    has_clock = and_(clocks.c.tenant == tickets.c.tenant, clocks.c.ticket_id == tickets.c.id)
    past = readings.alias("past")
    newest = select(func.max(past.c.as_of)).where(
        past.c.tenant == clocks.c.tenant, past.c.ticket_id == clocks.c.ticket_id, past.c.as_of <= at
    )
    then = and_(
        readings.c.tenant == clocks.c.tenant,
        readings.c.ticket_id == clocks.c.ticket_id,
        readings.c.as_of == newest.scalar_subquery(),
    )
    to_keep = (readings.c[f"{stage.label}_verdict"].in_([str(verdict) for verdict in OPEN_VERDICTS]) for stage in Stage)
    query = (
        select(*raw(readings, _READING))
        .select_from(tickets)
        .join(clocks, has_clock)
        .join(readings, then)
        # What is closed and was not read since had been closed before.
        .where(tickets.c.tenant == tenant, or_(tickets.c.open, clocks.c.read_at > at), or_(*to_keep))
        .order_by(tickets.c.id)
    )
    return [codec.reading_from(tuple(row)) for row in connection.execute(query)]


def load_first_reading_at(connection: Connection, tenant: str) -> datetime | None:
    first: Select[datetime | None] = select(func.min(readings.c.as_of)).where(readings.c.tenant == tenant)
    return connection.scalar(first)


def pick_open(connection: Connection, tenant: str, now: datetime, share: float) -> int | None:
    """Return an open ticket whose reading stands at *now*, about *share* of the way through the ids."""
    is_open = (tickets.c.tenant == tenant, tickets.c.open)
    low = connection.scalar(select(func.min(tickets.c.id)).where(*is_open))
    high = connection.scalar(select(func.max(tickets.c.id)).where(*is_open))
    if low is None or high is None:
        return None
    stands = (clocks.c.read_at.is_not(None), or_(clocks.c.next_change_at.is_(None), clocks.c.next_change_at > now))
    has_clock = and_(clocks.c.tenant == tickets.c.tenant, clocks.c.ticket_id == tickets.c.id)
    query = select(tickets.c.id).join(clocks, has_clock).where(*is_open, *stands).order_by(tickets.c.id).limit(1)
    begin = low + int(share * (high - low + 1))
    found = connection.scalar(query.where(tickets.c.id >= begin))
    return found if found is not None else connection.scalar(query)


def save_readings(connection: Connection, tenant: str, changed: Sequence[Reading]) -> None:
    """Store *changed* readings; a second one of the same ticket and second takes the place of the first."""
    newest = {(reading.ticket_id, to_seconds(reading.as_of)): reading for reading in changed}
    rows = RowsOf(newest.values(), partial(codec.reading_row, tenant))
    insert_rows(connection, readings, rows, columns=codec.READING_COLUMNS, conflict="update", mostly_new=True)


def save_clocks(
    connection: Connection,
    tenant: str,
    evaluated: Mapping[int, datetime | None],
    changed: Sequence[Reading],
    position: int | None,
) -> None:
    """Point to the readings just stored, and note when to look again; each row is written once.

    Tickets with events after *position* stay due: those events were not read.
    """
    late = _tickets_after(connection, tenant, position)
    read = {reading.ticket_id: to_seconds(reading.as_of) for reading in sorted(changed, key=attrgetter("as_of"))}
    both: list[Row] = []
    unchanged: list[Row] = []
    for ticket_id in sorted(evaluated.keys() - late):
        next_change_at = to_seconds_or_none(evaluated[ticket_id])
        read_at = read.pop(ticket_id, None)
        if read_at is None:
            unchanged.append((tenant, ticket_id, next_change_at))
        else:
            both.append((tenant, ticket_id, next_change_at, read_at))
    left = [(tenant, ticket_id, read_at) for ticket_id, read_at in sorted(read.items())]
    for names, rows in (
        (("next_change_at", "read_at"), both),
        (("next_change_at",), unchanged),
        (("read_at",), left),
    ):
        insert_rows(connection, clocks, rows, columns=("tenant", "ticket_id", *names), conflict="update")


def _tickets_after(connection: Connection, tenant: str, position: int | None) -> set[int]:
    if position is None:
        return set()
    query = select(events.c.ticket_id).where(events.c.seq > position, events.c.tenant == tenant)
    return set(connection.scalars(query))


def save_transitions(
    connection: Connection, tenant: str, now: datetime, happened: Sequence[Transition]
) -> Counter[tuple[int, str]]:
    """Store transitions as seen at *now*; one that is known stays as it was first seen. Return the new ones' counts."""
    seen_at = to_seconds(now)
    rows = {row[1:5]: row for row in (codec.transition_row(tenant, seen_at, t) for t in happened)}
    if not rows:
        return Counter()
    known = select(*(transitions.c[name] for name in codec.TRANSITION_COLUMNS[1:5])).where(
        transitions.c.tenant == tenant, among(connection, transitions.c.ticket_id, {key[0] for key in rows})
    )
    for key in connection.execute(known):
        rows.pop(tuple(key), None)
    insert_rows(connection, transitions, list(rows.values()), columns=codec.TRANSITION_COLUMNS, conflict="ignore")
    add_totals(connection, tenant, list(rows.values()))
    return Counter((stage, change) for _, stage, change, _ in rows)


def load_transitions(connection: Connection, tenant: str, since: datetime, until: datetime) -> list[TransitionRecord]:
    """Return the transitions seen in [since, until), by when they were seen, then by when they happened."""
    rows = connection.execute(_seen(tenant, since, until))
    return [
        TransitionRecord(codec.transition_from(tuple(row[2:])), from_seconds(row[0]), codec.ticket_from(row[1]))
        for row in rows
    ]


def _seen(tenant: str, since: datetime, until: datetime) -> Select[Any]:
    of_ticket = and_(tickets.c.tenant == transitions.c.tenant, tickets.c.id == transitions.c.ticket_id)
    seen_at = transitions.c.seen_at
    order = (seen_at, *(transitions.c[name] for name in ("at", "ticket_id", "stage", "version", "change")))
    return (
        select(*raw(transitions, ("seen_at",)), tickets.c.facts, *raw(transitions, _TRANSITION))
        .select_from(transitions)
        .join(tickets, of_ticket)
        .where(transitions.c.tenant == tenant, seen_at >= since, seen_at < until)
        .order_by(*order)
    )


def count_transitions(connection: Connection, tenant: str) -> dict[tuple[int, str], int]:
    stage, change = transitions.c.stage, transitions.c.change
    query = select(stage, change, func.count()).where(transitions.c.tenant == tenant).group_by(stage, change)
    kept_apart = past_transitions.c
    past = select(kept_apart.stage, kept_apart.change, kept_apart["count"]).where(kept_apart.tenant == tenant)
    counts = Counter({(row[0], row[1]): row[2] for row in connection.execute(past)})
    counts.update({(row[0], row[1]): row[2] for row in connection.execute(query)})
    return dict(counts)
