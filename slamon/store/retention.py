"""What is old, and its end: closed tickets as a whole, their readings, messages, polls; small transactions each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from slamon.ports import OldKind, OldRows
from slamon.store import old_versions
from slamon.store.database import Database
from slamon.store.goal_days import keep_leaving
from slamon.store.goal_stamps import DAY_SECONDS
from slamon.store.goals import load_exempt
from slamon.store.polls import DUE_AT_ONCE, old_polls
from slamon.store.pruned import note_pruned
from slamon.store.select import among, raw
from slamon.store.tables import (
    blind_spans,
    clocks,
    events,
    goal_days,
    interventions,
    job_runs,
    notifications,
    outcomes,
    past_transitions,
    polls,
    readings,
    report_files,
    reports,
    rungs,
    tickets,
    trails,
    transitions,
    versions,
)
from slamon.store.types import Packed, to_seconds

_FOREVER = datetime.max.replace(tzinfo=UTC)
AT_ONCE = 500  # tickets, or rows of other kinds, a transaction
# In the order in which they can be deleted: who points to another goes first.
_OF_TICKET = (interventions, rungs, outcomes, transitions, trails, clocks, readings, events)
_ANY_TICKET = (-(1 << 62), "", 0)

Key = tuple[int, str, int]


def prune(database: Database, kind: OldKind, before: datetime) -> Iterator[int]:
    """Delete what is old of *kind*; yield how many rows each transaction has deleted."""
    if kind == "events":
        return _prune_tickets(database, before, _is_done, _delete_tickets)
    if kind == "readings":
        return _prune_tickets(database, before, _has_old_readings, _delete_readings)
    if kind == "versions":
        return old_versions.prune(database, before)
    return _prune_rows(database, kind, before)


def measure(connection: Connection, before: Mapping[OldKind, datetime]) -> list[OldRows]:
    """Return how much is old of each kind of *before*. Readings of tickets that go as a whole count as theirs."""
    return [OldRows(kind, *_measure(connection, kind, at, before)) for kind, at in before.items()]


def _measure(
    connection: Connection, kind: OldKind, before: datetime, all_of: Mapping[OldKind, datetime]
) -> tuple[int, int]:
    if kind == "events":
        is_old = and_(_is_closed(before), _is_done(before))
        found = [_sums(connection, tickets, is_old)]
        found += [_sums(connection, table, exists().where(_owns(table), is_old)) for table in _OF_TICKET]
    elif kind == "readings":
        gone_at = all_of.get("events")
        stays = literal(True) if gone_at is None else not_(and_(_is_closed(gone_at), _is_done(gone_at)))
        of_kept = exists().where(_owns(readings), _is_closed(before), stays)
        found = [_sums(connection, readings, of_kept, *_is_replaced(before))]
    elif kind == "versions":
        found = [_sums(connection, versions, old_versions.among_these(old_versions.find(connection, before)))]
    else:
        found = [_sums(connection, table, condition) for table, condition in _rows_of(kind, before)]
    return sum(rows for rows, _ in found), sum(size for _, size in found)


def _sums(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> tuple[int, int]:
    """Return how many rows of *table* there are, and about how many bytes their values take."""
    long = (Text, LargeBinary, Packed)
    sizes = [func.coalesce(func.length(c), 0) if isinstance(c.type, long) else literal(8) for c in table.c]
    size: ColumnElement[int] = sum(sizes[1:], start=sizes[0])
    rows, taken = connection.execute(select(func.count(), func.sum(size)).select_from(table).where(*conditions)).one()
    return rows, int(taken or 0)


# --- tickets --------------------------------------------------------------------------------------


def _is_closed(before: datetime) -> ColumnElement[bool]:
    return and_(not_(tickets.c.open), tickets.c.last_updated_at < before)


def _is_done(before: datetime) -> ColumnElement[bool]:
    """Say that nothing happened to the ticket since, and that its clock has been read."""
    happened = exists().where(
        events.c.tenant == tickets.c.tenant, events.c.ticket_id == tickets.c.id, events.c.at >= before
    )
    due = exists().where(
        clocks.c.tenant == tickets.c.tenant,
        clocks.c.ticket_id == tickets.c.id,
        raw(clocks, ("next_change_at",))[0] == DUE_AT_ONCE,
    )
    return and_(not_(happened), not_(due))


def _owns(table: Table) -> ColumnElement[bool]:
    return and_(table.c.tenant == tickets.c.tenant, table.c.ticket_id == tickets.c.id)


def _is_replaced(before: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Say that a reading is old, and not the one its clock points to."""
    pointed = exists().where(
        clocks.c.tenant == readings.c.tenant,
        clocks.c.ticket_id == readings.c.ticket_id,
        clocks.c.read_at == readings.c.as_of,
    )
    return readings.c.as_of < before, not_(pointed)


def _has_old_readings(before: datetime) -> ColumnElement[bool]:
    return exists().where(_owns(readings), *_is_replaced(before)).correlate(tickets)


Condition = Callable[[datetime], ColumnElement[bool]]
Delete = Callable[[Connection, str, Sequence[int], datetime], int]


def _prune_tickets(database: Database, before: datetime, which: Condition, delete_of: Delete) -> Iterator[int]:
    """Go through the closed tickets, the longest unchanged first; *which* says whether one has what is old."""
    after: Key | None = _ANY_TICKET
    while after is not None:
        with database.reading() as connection:
            found, after = _next_tickets(connection, before, which, after)
        for tenant in sorted({key[1] for key in found}):
            with database.writing(tenant) as connection:
                # Looked at once more: a poll may have brought news of one meanwhile.
                ids = among(connection, tickets.c.id, [key[2] for key in found if key[1] == tenant])
                query = select(tickets.c.id).where(tickets.c.tenant == tenant, ids, _is_closed(before), which(before))
                rows = delete_of(connection, tenant, list(connection.scalars(query)), before)
            yield rows


def _next_tickets(
    connection: Connection, before: datetime, which: Condition, after: Key
) -> tuple[list[Key], Key | None]:
    """Return the next old tickets after *after*, and after which one to go on; None at the end."""
    order = raw(tickets, ("last_updated_at", "tenant", "id"))
    query = select(*order).where(_is_closed(before), which(before), tuple_(*order) > after)
    found = [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(*order).limit(AT_ONCE))]
    return found, found[-1] if len(found) == AT_ONCE else None


def _delete_tickets(connection: Connection, tenant: str, ids: Sequence[int], before: datetime) -> int:
    """Delete tickets with all that belongs to them; their transitions stay counted."""
    if not ids:
        return 0
    _count_past(connection, tenant, ids)
    note_pruned(connection, before)
    keep_leaving(connection, tenant, ids, load_exempt(connection, tenant, _FOREVER))
    gone = 0
    for table in _OF_TICKET:
        mine = and_(table.c.tenant == tenant, among(connection, table.c.ticket_id, ids))
        gone += connection.execute(delete(table).where(mine)).rowcount
    mine = and_(tickets.c.tenant == tenant, among(connection, tickets.c.id, ids))
    return gone + connection.execute(delete(tickets).where(mine)).rowcount


def _count_past(connection: Connection, tenant: str, ids: Sequence[int]) -> None:
    stage, change = transitions.c.stage, transitions.c.change
    query = select(stage, change, func.count()).where(
        transitions.c.tenant == tenant, among(connection, transitions.c.ticket_id, ids)
    )
    past = past_transitions.c
    for of_stage, of_change, count in connection.execute(query.group_by(stage, change)).all():
        key = and_(past.tenant == tenant, past.stage == of_stage, past.change == of_change)
        if not connection.execute(update(past_transitions).where(key).values(count=past["count"] + count)).rowcount:
            row = {"tenant": tenant, "stage": of_stage, "change": of_change, "count": count}
            connection.execute(insert(past_transitions).values(row))


def _delete_readings(connection: Connection, tenant: str, ids: Sequence[int], before: datetime) -> int:
    mine = and_(readings.c.tenant == tenant, among(connection, readings.c.ticket_id, ids))
    gone = connection.execute(delete(readings).where(mine, *_is_replaced(before))).rowcount
    if gone:
        note_pruned(connection, before)
    return gone


# --- messages, polls, runs of jobs ----------------------------------------------------------------


def _rows_of(kind: OldKind, before: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    """Return the tables of *kind*, each with the condition that a row is old."""
    if kind == "polls":
        return [(polls, old_polls(before))]
    note = notifications.c
    merged = notifications.alias("merged")
    is_named = exists().where(merged.c.merged_into == note.id)
    # What was merged or dropped has no instant at which it ended; what another was merged into stays with it.
    ended = or_(note.finished_at < before, and_(note.state.in_(("merged", "dropped")), note.created_at < before))
    finished = and_(ended, not_(is_named))
    if kind == "reports":
        of_old = exists().where(
            reports.c.tenant == report_files.c.tenant,
            reports.c.key == report_files.c.report,
            reports.c.made_at < before,
        )
        sent = (notifications, and_(finished, note.kind == "report"))
        archived = [(report_files, of_old), (reports, reports.c.made_at < before)]
        told_from = [(blind_spans, blind_spans.c.ends_at < before), (goal_days, _is_past_day(before))]
        return [sent, *archived, (job_runs, _is_past_run(before)), *told_from]
    # Its key keeps what may still be told of an open ticket from being told twice.
    opened = exists().where(tickets.c.tenant == note.tenant, tickets.c.id == note.ticket_id, tickets.c.open)
    return [(notifications, and_(finished, note.kind != "report", not_(opened)))]


def _is_past_day(before: datetime) -> ColumnElement[bool]:
    """Say that a day is past, and that its columns hold goals that are no longer kept as rows."""
    begins_at = goal_days.c.day * DAY_SECONDS
    at = raw(outcomes, ["at"])[0]
    own = (outcomes.c.tenant == goal_days.c.tenant, at >= begins_at, at < begins_at + DAY_SECONDS)
    kept = select(func.count()).select_from(outcomes).where(*own).scalar_subquery()
    return and_(begins_at < to_seconds(before), goal_days.c.rows > kept)


def _is_past_run(before: datetime) -> ColumnElement[bool]:
    """Say that a report, a pruning or a judgement was, and again since; when a tenant was first watched stays."""
    later = job_runs.alias("later")
    again = exists().where(later.c.job == job_runs.c.job, later.c.claimed_at > job_runs.c.claimed_at)
    begins = (job_runs.c.job.startswith(f"{kind}/") for kind in ("report", "judged"))
    counted = or_(*begins, job_runs.c.job == "prune")
    return and_(counted, job_runs.c.claimed_at < before, again)


def _prune_rows(database: Database, kind: OldKind, before: datetime) -> Iterator[int]:
    for table, is_old in _rows_of(kind, before):
        key = tuple_(*table.primary_key.columns)
        some = select(*table.primary_key.columns).where(is_old).limit(AT_ONCE)
        rows = AT_ONCE
        while rows == AT_ONCE:
            with database.writing() as connection:
                rows = connection.execute(delete(table).where(key.in_(some))).rowcount
            yield rows
