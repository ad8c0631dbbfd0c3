"""How many goals were ever met and missed: counters that never fall."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, select

from slamon.core.transition import Change
from slamon.ports.outcomes import ABOVE, ELAPSED_EDGES, GoalTotal
from slamon.store.bulk import Row
from slamon.store.select import among
from slamon.store.tables import goal_totals, tickets

_ENDS = (str(Change.MET), str(Change.MISSED))


def add_totals(connection: Connection, tenant: str, new: Sequence[Row]) -> None:
    """Count the transitions *new*, rows of TRANSITION_COLUMNS, that say how a goal ended."""
    ended = [row for row in new if row[3] in _ENDS]
    if not ended:
        return
    priorities = _load_priorities(connection, tenant, {row[1] for row in ended})
    counts: Counter[tuple[Any, ...]] = Counter()
    elapsed: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for row in ended:
        place = bisect_left(ELAPSED_EDGES, row[8])
        up_to = ELAPSED_EDGES[place] if place < len(ELAPSED_EDGES) else ABOVE
        key = (tenant, row[2], priorities.get(row[1]) or "none", row[3], up_to)
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


def _load_priorities(connection: Connection, tenant: str, ids: Collection[int]) -> dict[int, str | None]:
    query = select(tickets.c.id, tickets.c.priority)
    query = query.where(tickets.c.tenant == tenant, among(connection, tickets.c.id, ids))
    return {row[0]: row[1] for row in connection.execute(query)}


def load_goal_totals(connection: Connection, tenant: str) -> list[GoalTotal]:
    columns = [column for column in goal_totals.columns if column.name != "tenant"]
    query = select(*columns).where(goal_totals.c.tenant == tenant)
    return [GoalTotal(*row) for row in connection.execute(query)]
