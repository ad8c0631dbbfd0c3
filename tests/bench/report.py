"""How fast a month of a million goals is counted from the store, beside pandas reading and grouping the same rows.

`python -m tests.bench.report [GOALS [DATABASE]]` prints the table; with `peak URL` it prints the peak of memory of one
such count.
"""

from __future__ import annotations

import gc
import random
import statistics
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from slamon.core.attainment import attain
from slamon.core.goals import Goals
from slamon.store import codec
from slamon.store.bulk import insert_rows
from slamon.store.migrate import open_store, open_to_read
from slamon.store.outcome_rows import COLUMNS
from slamon.store.sql import SqlStore
from slamon.store.tables import outcomes, tickets
from tests.bench.store import _postgres_urls, _sqlite_urls
from tests.store.samples import ticket

GOALS = 1_000_000  # of October, one a ticket; of the eleven months before a tenth in each
CHUNK = 50_000
BEGINS, ENDS = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
YEAR = datetime(2025, 11, 1, tzinfo=UTC)
ROUNDS = 15
_SINCE, _UNTIL = (int(at.timestamp()) for at in (BEGINS, ENDS))
_QUERY = (
    "SELECT ticket_id, stage, outcome, at, elapsed_seconds, goal_seconds, board, company, priority, policy"
    f" FROM outcomes WHERE tenant = 'main' AND gone_at IS NULL AND at >= {_SINCE} AND at < {_UNTIL}"
)


def rows(month: int = GOALS, only: str = "") -> Iterator[tuple[str, float, str]]:
    """Yield (what, value, unit) for both databases, or one."""
    for name, urls in (("sqlite", _sqlite_urls), ("postgres", _postgres_urls)):
        if only in ("", name):
            with urls() as url:
                for what, value, unit in _measure(url, month):
                    yield f"{name}: {what}", value, unit


def _measure(url: str, month: int) -> list[tuple[str, float, str]]:
    store = open_store(url)
    _fill(store, _SINCE, _UNTIL, month, first=0)
    unpacked = _timed(lambda: _load(store))
    packing = _timed(lambda: list(store.pack_days("main", ENDS)))
    alone = _peak(url)
    _fill(store, int(YEAR.timestamp()), _SINCE, 11 * month // 10, first=month)
    list(store.pack_days("main", ENDS))
    whole = _peak(url)
    by_pandas, ours, loads = _race(store)
    body, rows_bytes, packed = _sizes(store, month)
    store.close()
    ratio = statistics.median(slow / fast for slow, fast in zip(by_pandas, ours, strict=True))
    return [
        ("read_sql of the month, groupby company and stage, percentiles", statistics.median(by_pandas), "s"),
        ("load_goals of the month and attain by company", statistics.median(ours), "s"),
        ("of that, load_goals", statistics.median(loads), "s"),
        ("so many times as fast", ratio, "x"),
        ("load_goals before the days are columns", unpacked, "s"),
        ("making the columns of 31 days", packing, "s"),
        ("a goal as columns", body, "B"),
        ("those columns by zlib, level 1", packed[0], "B"),
        ("undoing that, of the month", packed[1], "s"),
        ("a goal as a row, indexes included", rows_bytes, "B"),
        ("peak of memory with the month alone", alone, "MiB"),
        ("peak of memory with twelve months stored", whole, "MiB"),
    ]


def _race(store: SqlStore) -> tuple[list[float], list[float], list[float]]:
    """Return the times of interleaved rounds; pandas, which is slow, has a third of them and each counts thrice."""
    import pandas as pd

    def by_pandas() -> object:
        with store._database.reading() as connection:
            frame = pd.read_sql(_QUERY, connection.connection.driver_connection)
        groups = frame.groupby(["company", "stage"])
        return frame.groupby(["company", "stage", "outcome"]).size(), groups["elapsed_seconds"].quantile(
            [0.5, 0.9, 0.95]
        )

    slow: list[float] = []
    ours: list[float] = []
    loads: list[float] = []
    for turn in range(ROUNDS):
        slow.append(slow[-1] if turn % 3 else _timed(by_pandas))
        ours.append(_timed(lambda: _count(_load(store))))
        loads.append(_timed(lambda: _load(store)))
    return slow, ours, loads


def _load(store: SqlStore) -> Goals:
    return store.load_goals("main", BEGINS, ENDS, known_at=ENDS)


def _count(goals: Goals) -> object:
    return attain(goals, _UNTIL, "company")


def _timed(work: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _peak(url: str) -> float:
    found = subprocess.run([sys.executable, "-m", "tests.bench.report", "peak", url], capture_output=True, check=True)
    return float(found.stdout)


def _high_water() -> float:
    """Return the peak of this process in MiB. `getrusage` would give that of its parent where it was greater."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def _sizes(store: SqlStore, month: int) -> tuple[float, float, tuple[float, float]]:
    with store._database.reading() as connection:
        days = f"day >= {_SINCE // 86_400} AND day < {_UNTIL // 86_400}"
        bodies = list(connection.exec_driver_sql(f"SELECT body FROM goal_days WHERE {days}").scalars())
        total = connection.exec_driver_sql("SELECT count(*) FROM outcomes").scalar_one()
        size = (
            "SELECT sum(pgsize) FROM dbstat WHERE name IN ('outcomes', 'ix_outcomes_ticket')"
            if store._database.sqlite
            else "SELECT pg_total_relation_size('outcomes')"
        )
        held = float(connection.exec_driver_sql(size).scalar_one())
    packed = [zlib.compress(body, 1) for body in bodies]
    undone = _timed(lambda: [zlib.decompress(each) for each in packed])
    return sum(map(len, bodies)) / month, held / total, (sum(map(len, packed)) / month, undone)


def _fill(store: SqlStore, begin: int, end: int, goals: int, *, first: int) -> None:
    """Store *goals* that ended between *begin* and *end*: of 300 companies, 50 boards and technicians."""
    chance = random.Random(7)
    shape = codec.ticket_row("main", ticket(1))
    for done in range(0, goals, CHUNK):
        numbers = range(first + done + 1, first + min(done + CHUNK, goals) + 1)
        known = [("main", number, False, *shape[3:-1], "{}") for number in numbers]
        ended = [_row(number, begin + chance.randrange(end - begin), chance) for number in numbers]
        with store._database.writing() as connection:
            insert_rows(connection, tickets, known, columns=codec.TICKET_COLUMNS)
            insert_rows(connection, outcomes, ended, columns=COLUMNS)
    if not store._database.sqlite:
        with store._database.writing() as connection:
            connection.exec_driver_sql("ANALYZE outcomes")


def _row(number: int, at: int, chance: random.Random) -> codec.Row:
    company, goal = chance.randrange(300), chance.choice((3600, 14_400, 86_400))
    elapsed = int(goal * chance.random() * 1.05)
    outcome = "met" if elapsed <= goal else "missed"
    measures = (at - 2 * elapsed, at - elapsed + goal, goal, elapsed, chance.randrange(3600) if number % 3 else 0)
    board = chance.randrange(8)
    facts = (board, f"Board {board}", company, f"Company {company}", f"Priority {number % 4}", f"Team {number % 6}")
    others = (f"tech{number % 50}", f"Agreement {company % 40}", f"Type {number % 9}")
    head = ("main", at, number, number % 3, 1, at + number % 60, None, outcome)
    return (*head, *measures, 95, f"{number % 20:016x}", f"sla:{number % 4}", *facts, *others)


def main() -> None:
    if sys.argv[1:2] == ["peak"]:
        store = open_to_read(sys.argv[2])
        _count(_load(store))
        sys.stdout.write(f"{_high_water():.0f}\n")
        return
    month, only = (*sys.argv[1:], *(str(GOALS), "")[len(sys.argv) - 1 :])
    for what, value, unit in rows(int(month), only):
        sys.stdout.write(f"{what:<76} {value:>12,.2f} {unit}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
