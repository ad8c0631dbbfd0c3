"""How goals ended, kept up with the readings that say so."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, literal, select, text

from slamon.core.outcome import Ended, GoalKey, settle
from slamon.core.policy import Terms
from slamon.core.reading import Reading
from slamon.core.slo import Tally
from slamon.core.ticket import Stage
from slamon.core.transition import Change
from slamon.ports.outcomes import ABOVE, ELAPSED_EDGES, FACTS, OTHER, GoalTotal
from slamon.store import codec
from slamon.store.bulk import Row, insert_rows
from slamon.store.select import among, raw
from slamon.store.tables import goal_totals, outcomes, tickets
from slamon.store.tables.outcome import BY_TICKET
from slamon.store.versions import load_terms

_COLUMNS = tuple(column.name for column in outcomes.columns)
_KEY = ("tenant", "at", "ticket_id", "stage", "cycle")
_ENDS = (str(Change.MET), str(Change.MISSED))

_UNKNOWN: Row = ("", None, None)  # of a ticket that is not there: the database refuses its rows

Known = dict[int, dict[GoalKey, Ended]]  # by ticket


def save_outcomes(connection: Connection, tenant: str, changed: Sequence[Reading]) -> None:
    """Bring the goals that are over up to *changed* readings. Board and the like are those of now."""
    known = _load_known(connection, tenant, {reading.ticket_id for reading in changed})
    before = {ticket_id: dict(ends) for ticket_id, ends in known.items()}
    terms: dict[int, str] = {}
    for reading in sorted(changed, key=lambda one: one.as_of):
        ends = known[reading.ticket_id]
        gone, new = settle(ends, reading)
        for key in gone:
            del ends[key]
        ends |= new
        terms[reading.ticket_id] = reading.terms
    _delete(connection, tenant, [(i, key, end) for i, key, end in _all(before) if known[i].get(key) != end])
    _insert(connection, tenant, [(i, key, end) for i, key, end in _all(known) if before[i].get(key) != end], terms)


def _all(ends: Known) -> Iterable[tuple[int, GoalKey, Ended]]:
    return ((ticket_id, key, end) for ticket_id, own in ends.items() for key, end in own.items())


def _load_known(connection: Connection, tenant: str, ids: Collection[int]) -> Known:
    known: Known = {ticket_id: {} for ticket_id in ids}
    for ticket_id, stage, cycle, outcome, at in _rows_of(connection, tenant, ids):
        known[ticket_id][GoalKey(stage, cycle)] = Ended(outcome, at)
    return known


def _rows_of(connection: Connection, tenant: str, ids: Collection[int]) -> Iterable[Sequence[Any]]:
    if connection.dialect.name == "sqlite":
        # Left to itself SQLite goes through all goals of the tenant: to it one is as good as ten.
        statement = (
            f"SELECT ticket_id, stage, cycle, outcome, at FROM outcomes INDEXED BY {BY_TICKET}"  # noqa: S608
            " WHERE tenant = ? AND ticket_id IN (SELECT value FROM json_each(?))"
        )
        return connection.exec_driver_sql(statement, (tenant, json.dumps(list(ids))))
    columns = raw(outcomes, ("ticket_id", "stage", "cycle", "outcome", "at"))
    query = select(*columns).where(outcomes.c.tenant == tenant, among(connection, outcomes.c.ticket_id, ids))
    return connection.execute(query)


def _delete(connection: Connection, tenant: str, ends: Sequence[tuple[int, GoalKey, Ended]]) -> None:
    if not ends:
        return
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    where = " AND ".join(f"{name} = {mark}" for name in _KEY)
    rows = [(tenant, end.at, ticket_id, *key) for ticket_id, key, end in ends]
    connection.exec_driver_sql(f"DELETE FROM outcomes WHERE {where}", rows)  # noqa: S608


def _insert(
    connection: Connection, tenant: str, ends: Sequence[tuple[int, GoalKey, Ended]], terms: Mapping[int, str]
) -> None:
    if not ends:
        return
    facts = _load_facts(connection, tenant, {ticket_id for ticket_id, _, _ in ends})
    promised = load_terms(connection, {terms[ticket_id] for ticket_id, _, _ in ends})
    rows: list[Row] = [
        (tenant, end.at, i, *key, end.outcome, *facts.get(i, _UNKNOWN), *_promise(promised.get(terms[i]), key))
        for i, key, end in ends
    ]
    insert_rows(connection, outcomes, rows, columns=_COLUMNS)


def _load_facts(connection: Connection, tenant: str, ids: Collection[int]) -> dict[int, Row]:
    query = select(tickets.c.id, tickets.c.board, tickets.c.priority, tickets.c.company)
    query = query.where(tickets.c.tenant == tenant, among(connection, tickets.c.id, ids))
    return {row[0]: tuple(row[1:]) for row in connection.execute(query)}


def _promise(terms: Terms | None, key: GoalKey) -> tuple[str, int | None]:
    return ("", None) if terms is None else (codec.storable(terms.policy), terms.percents.of(Stage(key.stage)))


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
        outcomes.c.tenant == tenant, outcomes.c.at >= since, outcomes.c.at < until
    )
    places = range(1, len(grouped) + 1)  # by place, else Postgres takes two parameters of one value for two things
    rows = connection.execute(query.group_by(*(text(str(place)) for place in places)))
    return [_tally(dict(zip(by, row[3:-1], strict=True)), tuple(row)) for row in rows]


def _tally(facts: Mapping[str, Any], row: Row) -> Tally:
    board, priority, company, policy = (facts.get(name, "") for name in FACTS)
    return Tally(row[0], row[1], board, priority, company, policy, row[2], row[-1])


def load_first_outcome_at(connection: Connection, tenant: str, since: datetime) -> datetime | None:
    found: datetime | None = connection.scalar(
        select(func.min(outcomes.c.at)).where(outcomes.c.tenant == tenant, outcomes.c.at >= since)
    )
    return found


# --- totals ---------------------------------------------------------------------------------------


def add_totals(connection: Connection, tenant: str, new: Sequence[Row]) -> None:
    """Count the transitions *new*, rows of TRANSITION_COLUMNS, that say how a goal ended."""
    ended = [row for row in new if row[3] in _ENDS]
    if not ended:
        return
    facts = _load_facts(connection, tenant, {row[1] for row in ended})
    counts: Counter[tuple[Any, ...]] = Counter()
    elapsed: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for row in ended:
        place = bisect_left(ELAPSED_EDGES, row[8])
        up_to = ELAPSED_EDGES[place] if place < len(ELAPSED_EDGES) else ABOVE
        key = (tenant, row[2], facts.get(row[1], _UNKNOWN)[1] or "none", row[3], up_to)
        counts[key] += 1
        elapsed[key] += row[8]
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    statement = (
        f"INSERT INTO goal_totals VALUES ({', '.join([mark] * 7)})"  # noqa: S608
        " ON CONFLICT (tenant, stage, priority, outcome, up_to_seconds) DO UPDATE SET"
        " count = goal_totals.count + excluded.count,"
        " elapsed_seconds = goal_totals.elapsed_seconds + excluded.elapsed_seconds"
    )
    connection.exec_driver_sql(statement, [(*key, count, elapsed[key]) for key, count in sorted(counts.items())])


def load_goal_totals(connection: Connection, tenant: str) -> list[GoalTotal]:
    columns = [column for column in goal_totals.columns if column.name != "tenant"]
    query = select(*columns).where(goal_totals.c.tenant == tenant)
    return [GoalTotal(*row) for row in connection.execute(query)]
