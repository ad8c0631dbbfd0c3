"""How fast a month's goals are counted out of a million, on both databases, beside a bare count of the same rows."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from slamon.core.month import Month
from slamon.core.slo import Tally
from slamon.objectives import load_month
from slamon.store import codec
from slamon.store.bulk import insert_rows
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from slamon.store.tables import outcomes, tickets
from tests.bench.store import _postgres_urls, _sqlite_urls
from tests.store.samples import ticket

TICKETS, CHUNK = 340_000, 20_000
NOW = datetime(2026, 11, 24, tzinfo=UTC)
OCTOBER = Month("2026-10", datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
ROUNDS = 9


def rows() -> list[tuple[str, float, str]]:
    """Return (what, value, unit)."""
    found = []
    for name, urls in (("sqlite", _sqlite_urls), ("postgres", _postgres_urls)):
        with urls() as url:
            store = open_store(url)
            _fill(store)
            found += [(f"{name}: {what}", value, unit) for what, value, unit in _measure(store)]
            store.close()
    return found


def _measure(store: SqlStore) -> list[tuple[str, float, str]]:
    bounds = (OCTOBER.begins_at, OCTOBER.ends_at)
    since, until = (int(at.timestamp()) for at in bounds)
    query = (
        f"SELECT count(*) FROM outcomes WHERE tenant = 'main' AND gone_at IS NULL AND at >= {since} AND at < {until}"
    )

    def bare() -> None:
        with store._database.reading() as connection:
            connection.exec_driver_sql(query).all()

    def month(*by: str, companies: tuple[str, ...] | None = ()) -> Callable[[], list[Tally]]:
        return lambda: store.count_outcomes("main", *bounds, by=by, companies=companies)

    usual = month("board", "priority", "company")
    timed = (
        ("count(*) of the month, bare", bare),
        ("the month by stage alone", month()),
        ("the month by board, priority and listed companies", usual),
        ("the month by every company", month("company", companies=None)),
        ("the month and the twelve weeks before", lambda: load_month(store, "main", OCTOBER)),
    )
    goals = float(sum(row.goals for row in usual()))
    return [
        ("goals in the month, of 1,020,000", goals, ""),
        *((what, _median(work) * 1e3, "ms") for what, work in timed),
    ]


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _fill(store: SqlStore) -> None:
    """Three goals of each of so many tickets, over two years."""
    chance = random.Random(3)
    shape = codec.ticket_row("main", ticket(1))
    for begin in range(0, TICKETS, CHUNK):
        known, ended = [], []
        for number in range(begin + 1, begin + CHUNK + 1):
            known.append(("main", number, False, *shape[3:-1], "{}"))
            at = int((NOW - timedelta(seconds=chance.randrange(730 * 86_400))).timestamp())
            priority = f"Priority {1 + int(chance.random() ** 2 * 4)}"
            board, company = f"Board {chance.randrange(50)}", f"Company {chance.randrange(300)}"
            promise, facts = (95, "", f"sla:{priority}"), (None, board, None, company, priority, *[None] * 4)
            for stage in range(3):
                outcome = "met" if chance.random() < 0.95 else "missed"
                over = at + 1000 * stage
                measures = (at - 3600, over, 7200, 3600, 0)
                ended.append(("main", over, number, stage, 1, over, None, outcome, *measures, *promise, *facts))
        with store._database.writing() as connection:
            insert_rows(connection, tickets, known, columns=codec.TICKET_COLUMNS)
            insert_rows(connection, outcomes, ended, columns=[column.name for column in outcomes.columns])
    if not store._database.sqlite:
        with store._database.writing() as connection:
            connection.exec_driver_sql("ANALYZE outcomes")
