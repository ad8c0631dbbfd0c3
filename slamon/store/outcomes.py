"""How goals ended, kept up with the readings that say so: rows come and are marked gone, none is changed otherwise."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, literal, select, text

from slamon.core.outcome import Ended, GoalKey, settle
from slamon.core.reading import Reading
from slamon.core.slo import Tally
from slamon.ports.outcomes import FACTS, OTHER
from slamon.store.bulk import Row, insert_rows
from slamon.store.goal_names import save_names
from slamon.store.goal_stamps import mark_stale
from slamon.store.outcome_rows import COLUMNS, NewEnd, make_rows
from slamon.store.select import among, raw
from slamon.store.tables import outcomes
from slamon.store.tables.outcome import BY_TICKET
from slamon.store.types import to_seconds

_KEY = ("tenant", "at", "ticket_id", "stage", "cycle", "known_at")
_LOADED = ("ticket_id", "stage", "cycle", "known_at", "outcome", "at", "started_at", "goal_seconds", "elapsed_seconds")


def save_outcomes(
    connection: Connection, tenant: str, changed: Sequence[Reading], over: Sequence[Reading] = ()
) -> None:
    """Bring the goals that are over up to *changed* readings. Board and the like are those of now.

    *over* are readings of cycles that were closed before, of tickets that are among *changed*.
    """
    if not changed:
        return
    change = _Change(_load_known(connection, tenant, {reading.ticket_id for reading in changed}))
    for reading in over:
        change.follow(reading, over=True)
    for reading in sorted(changed, key=lambda one: one.as_of):
        change.follow(reading)
    _take_back(connection, tenant, change.gone)
    fresh = [one for one in change.new if one.gone_at is None or one.gone_at > one.known_at]
    if fresh:
        rows = make_rows(connection, tenant, fresh)
        # A known key is one of a reading that came in the same second, or of a clock that was set back.
        insert_rows(connection, outcomes, rows, columns=COLUMNS, conflict="update", mostly_new=True)
        save_names(connection, tenant, rows)
    mark_stale(connection, tenant, [row[1] for row in change.gone] + [one.end.at for one in fresh])


class _Change:
    """What readings say, one after the other, of the goals of some tickets that were over before."""

    def __init__(self, known: Mapping[int, Mapping[GoalKey, tuple[Ended, int]]]) -> None:
        self._ends = {i: {key: end for key, (end, _) in own.items()} for i, own in known.items()}
        self._known_at = {(i, key): at for i, own in known.items() for key, (_, at) in own.items()}
        self._fresh: dict[tuple[int, GoalKey], NewEnd] = {}
        self.new: list[NewEnd] = []
        self.gone: list[Row] = []  # gone_at, then the key without its tenant

    def follow(self, reading: Reading, *, over: bool = False) -> None:
        ends, number = self._ends[reading.ticket_id], reading.ticket_id
        gone, new = settle(ends, reading, over=over)
        before = {key: ends.pop(key) for key in gone}
        known = {key: self._end(number, key, end, reading) for key, end in before.items()}
        for key, end in new.items():
            stays = key in before and before[key].at == end.at
            self._fresh[number, key] = NewEnd(key, end, reading, facts_of=known.get(key) if stays else None)
            self.new.append(self._fresh[number, key])
        ends |= new

    def _end(self, number: int, key: GoalKey, end: Ended, reading: Reading) -> int | None:
        """Take an end back; return since when the row was known that holds the facts of then, if there is one."""
        gone_at = to_seconds(reading.as_of)
        fresh = self._fresh.pop((number, key), None)
        if fresh is not None:
            fresh.gone_at = gone_at
            return fresh.facts_of
        known_at = self._known_at.pop((number, key))
        self.gone.append((gone_at, end.at, number, *key, known_at))
        return known_at


def _load_known(
    connection: Connection, tenant: str, ids: Collection[int]
) -> dict[int, dict[GoalKey, tuple[Ended, int]]]:
    known: dict[int, dict[GoalKey, tuple[Ended, int]]] = {ticket_id: {} for ticket_id in ids}
    for ticket_id, stage, cycle, known_at, *end in _rows_of(connection, tenant, ids):
        known[ticket_id][GoalKey(stage, cycle)] = Ended(*end), known_at
    return known


def _rows_of(connection: Connection, tenant: str, ids: Collection[int]) -> Iterable[Sequence[Any]]:
    if connection.dialect.name == "sqlite":
        # Left to itself SQLite goes through all goals of the tenant: to it one is as good as ten.
        statement = (
            f"SELECT {', '.join(_LOADED)} FROM outcomes INDEXED BY {BY_TICKET}"  # noqa: S608
            " WHERE tenant = ? AND ticket_id IN (SELECT value FROM json_each(?)) AND gone_at IS NULL"
        )
        return connection.exec_driver_sql(statement, (tenant, json.dumps(list(ids))))
    query = select(*raw(outcomes, _LOADED)).where(
        outcomes.c.tenant == tenant, among(connection, outcomes.c.ticket_id, ids), outcomes.c.gone_at.is_(None)
    )
    return connection.execute(query)


def _take_back(connection: Connection, tenant: str, gone: Sequence[Row]) -> None:
    """Mark rows gone. What was known for less than a second never was: such a row is deleted."""
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    where = " AND ".join(f"{name} = {mark}" for name in _KEY)
    lasted = [(row[0], tenant, *row[1:]) for row in gone if row[0] > row[-1]]
    never = [(tenant, *row[1:]) for row in gone if row[0] <= row[-1]]
    if lasted:
        connection.exec_driver_sql(f"UPDATE outcomes SET gone_at = {mark} WHERE {where}", lasted)  # noqa: S608
    if never:
        connection.exec_driver_sql(f"DELETE FROM outcomes WHERE {where}", never)  # noqa: S608


def count_outcomes(
    connection: Connection,
    tenant: str,
    since: datetime,
    until: datetime,
    by: Collection[str] = FACTS,
    companies: Collection[str] | None = None,
) -> list[Tally]:
    company: ColumnElement[str | None] = outcomes.c.company
    if companies is not None:
        company = case((company.in_(list(companies)), company), else_=literal(OTHER))
    known = {**{name: outcomes.c[name] for name in FACTS}, "company": company}
    grouped = [outcomes.c.stage, outcomes.c.outcome, outcomes.c.percent, *(known[name] for name in by)]
    query = select(*grouped, func.count()).where(
        outcomes.c.tenant == tenant, outcomes.c.at >= since, outcomes.c.at < until, outcomes.c.gone_at.is_(None)
    )
    places = range(1, len(grouped) + 1)  # by place, else Postgres takes two parameters of one value for two things
    rows = connection.execute(query.group_by(*(text(str(place)) for place in places)))
    return [_tally(dict(zip(by, row[3:-1], strict=True)), tuple(row)) for row in rows]


def _tally(facts: Mapping[str, Any], row: Row) -> Tally:
    board, priority, company, policy = (facts.get(name, "") for name in FACTS)
    return Tally(row[0], row[1], board, priority, company, policy, row[2], row[-1])


def load_first_outcome_at(connection: Connection, tenant: str, since: datetime) -> datetime | None:
    found: datetime | None = connection.scalar(
        select(func.min(outcomes.c.at)).where(
            outcomes.c.tenant == tenant, outcomes.c.at >= since, outcomes.c.gone_at.is_(None)
        )
    )
    return found
