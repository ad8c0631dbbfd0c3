"""The open tickets of a tenant as columns: what metrics count at a start, so at the driver's own speed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, Connection, Select, and_, func, select, type_coerce

from slamon.core.ticket import Stage
from slamon.ports import NEVER, Look, OpenColumns, columns_from
from slamon.store.codec import team_of
from slamon.store.evaluations import IS_NEWEST
from slamon.store.select import among
from slamon.store.tables import clocks, readings, tickets

CHUNK = 10_000  # rows held at a time
_NUMBERS = tuple(f"{stage.label}_{name}" for name in ("due_at", "breached_at") for stage in Stage)
_LOOK = tuple(f"{stage.label}_{name}" for name in ("verdict", "at_risk") for stage in Stage)
_Row = tuple[Any, ...]


def load_open_columns(connection: Connection, tenant: str) -> OpenColumns:
    """Return the open tickets that have been read, by id."""
    return _columns(_chunks(connection, tenant))


def load_open_columns_of(connection: Connection, tenant: str, ids: Collection[int]) -> OpenColumns:
    """Return those of the tickets *ids* that are open and have been read."""
    query = _query(tenant).where(among(connection, tickets.c.id, ids))
    return _columns([_rows(connection, query)])


def _chunks(connection: Connection, tenant: str) -> Iterator[list[_Row]]:
    after = -1
    while rows := _rows(connection, _query(tenant).where(tickets.c.id > after).order_by(tickets.c.id).limit(CHUNK)):
        yield rows
        after = rows[-1][0]


def _query(tenant: str) -> Select[Any]:
    """Return what selects rows of the id, the instants, and what makes a look."""
    has_clock = and_(clocks.c.tenant == tickets.c.tenant, clocks.c.ticket_id == tickets.c.id)
    instants = (func.coalesce(type_coerce(readings.c[name], BigInteger()), NEVER) for name in _NUMBERS)
    facts = (tickets.c.board, tickets.c.priority, tickets.c.company, readings.c.terms)
    return (
        select(tickets.c.id, *instants, tickets.c.facts, *facts, *(readings.c[name] for name in _LOOK))
        .select_from(tickets)
        .join(clocks, has_clock)
        .join(readings, IS_NEWEST)
        .where(tickets.c.tenant == tenant, tickets.c.open)
    )


def _rows(connection: Connection, query: Select[Any]) -> list[_Row]:
    """Return the rows as the driver makes them: SQLAlchemy's own took as long again as the database."""
    result = connection.execute(query)
    rows: list[_Row] = result.cursor.fetchall()  # type: ignore[assignment]
    result.close()
    return rows


def _columns(chunks: Iterable[list[_Row]]) -> OpenColumns:
    known: dict[_Row, int] = {}
    tables = [np.empty((0, 8), np.int64)]
    for rows in chunks:
        looks = ((team_of(row[7]), *row[8:]) for row in rows)
        numbers = chain.from_iterable(
            (*row[:7], known.setdefault(look, len(known))) for row, look in zip(rows, looks, strict=True)
        )
        tables.append(np.fromiter(numbers, np.int64, 8 * len(rows)).reshape(-1, 8))
    return columns_from(np.concatenate(tables), tuple(map(_look, known)))


def _look(row: _Row) -> Look:
    team, board, priority, company, terms, *goals = row
    return Look(board, priority, company, terms, team, tuple(goals[:3]), tuple(map(bool, goals[3:])))
