"""One hash over all stored history: equal on any two databases that hold the same, in whatever order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, func, select

from slamon.store.canaries import is_no_canary
from slamon.store.select import raw
from slamon.store.tables import (
    events,
    interventions,
    names,
    notifications,
    outcomes,
    readings,
    recomputes,
    report_files,
    reports,
    rungs,
    tickets,
    transitions,
    versions,
)

# Numbers that a database gives, when and by whom a row came to be stored, and how far a mail has got say nothing of
# history. Of an event's number only the order within its ticket does.
_LEFT_OUT = {
    "events": {"seq", "poll_id"},
    "versions": {"first_seen_at"},
    "notifications": {
        *("id", "state", "attempts", "next_try_at", "lease_until", "finished_at", "error"),
        *("failures", "unsure", "merged_into", "stands", "not_before"),
    },
    "interventions": {"id"},
}
_TABLES: tuple[Table, ...] = (
    *(tickets, events, readings, transitions, rungs, interventions, notifications, versions),
    *(reports, report_files, recomputes, outcomes, names),
)
_SIZE = 1 << 256
_FETCH = 5000


@dataclass(frozen=True, slots=True)
class TableDigest:
    table: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class StoreDigest:
    """The digest of all, 64 hex digits, and of each table."""

    digest: str
    tables: Sequence[TableDigest]


def read_digest(connection: Connection) -> StoreDigest:
    """Return the digest of what *connection* sees, canaries left out; rows are streamed, none are sorted."""
    found = [_digest(connection, table) for table in _TABLES]
    whole = hashlib.sha256("".join(f"{one.table}:{one.rows}:{one.digest}\n" for one in found).encode()).hexdigest()
    return StoreDigest(whole, found)


def _digest(connection: Connection, table: Table) -> TableDigest:
    """Add up the hashes of the rows: a sum knows no order, and each row counts as often as it is there."""
    total, count = 0, 0
    for row in _rows(connection, table):
        count += 1
        total += int.from_bytes(hashlib.sha256(msgspec.json.encode(row)).digest())
    return TableDigest(table.name, count, f"{total % _SIZE:064x}")


def _rows(connection: Connection, table: Table) -> Iterator[list[Any]]:
    left_out = _LEFT_OUT.get(table.name, set())
    columns: list[ColumnElement[Any]] = raw(table, (c.name for c in table.c if c.name not in left_out))
    if table is events:
        of_ticket = (events.c.tenant, events.c.ticket_id)
        columns.append(func.row_number().over(partition_by=of_ticket, order_by=events.c.seq))
    streamed = connection.execution_options(yield_per=_FETCH)
    for row in streamed.execute(select(*columns).where(is_no_canary(table))):
        yield list(row)
