"""How fast the store writes and reads, beside a bare driver doing the same rows in the same run.

`python -m tests.bench.store` prints the table; `rows()` gives it to others.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import structs

from slamon.core.reading import ClockState, Reading, StageReading, Verdict
from slamon.core.ticket import Event, Kind, Level, Origin, Ref, Ticket
from slamon.ports import Poll
from slamon.store import codec
from slamon.store.database import Database
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from slamon.store.tables import readings as readings_table
from tests.bench import bare

TICKETS = 10_000
AT_ONCE = 5_000  # readings a transaction, as the evaluator does it
EVENTS = 8  # of each ticket
ROUNDS, WRITES = 5, 15
NOW = datetime(2026, 11, 13, 14, 40, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def rows() -> list[tuple[str, float, str]]:
    """Return (what, value, unit) for both databases; each value is the median of the rounds."""
    found = []
    for name, urls in (("sqlite", _sqlite_urls), ("postgres", _postgres_urls)):
        with urls() as url:
            found += [(f"{name}: {what}", value, unit) for what, value, unit in _measure(url)]
    return found


def _measure(url: str) -> list[tuple[str, float, str]]:
    store = open_store(url)
    ids = range(1, TICKETS + 1)
    tickets = [_ticket(number) for number in ids]
    events = [_event(number, turn) for number in ids for turn in range(EVENTS)]
    store.prepare_months(NOW)
    store.save_poll(_poll(0), tickets, events)
    _evaluated(store, [_reading(number, NOW) for number in ids])

    poll = _median(lambda turn: _polled(store, tickets, turn))
    written = _writing(url, store)
    per_row = _bytes_per_reading(url)
    history = _median(lambda _: store.load_history("main", ids))
    opened = _median(lambda _: store.load_open("main"))
    store.close()
    return [
        ("save_poll, tickets with an event each", TICKETS / poll, "tickets/s"),
        *written,
        ("bytes a reading, index included", per_row, "B"),
        ("load_history", TICKETS * (EVENTS + ROUNDS) / history, "events/s"),
        ("load_open", TICKETS / opened, "tickets/s"),
    ]


def _writing(url: str, store: SqlStore) -> list[tuple[str, float, str]]:
    """Return how fast readings are written: by a bare driver, as ready rows through the store, by an evaluation.

    Interleaved; a ratio is the median of those of the rounds, so that a busy machine falls on both sides.
    """
    database = Database(url)
    ways: dict[str, Callable[[list[codec.Row], list[Reading]], float]] = {}
    with bare.connected(url) as driver:
        ways["bare"] = lambda ready, _: _timed(lambda: driver.write(ready))
        ways["ready"] = lambda ready, _: _timed(lambda: _through(database, ready))
        ways["bare, both"] = lambda ready, _: _timed(lambda: driver.write(ready, bare.clock_rows(ready)))
        ways["evaluation"] = lambda _, fresh: _timed(lambda: _evaluated(store, fresh))
        times: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(WRITES):
            for number, (way, write) in enumerate(ways.items()):
                minute = NOW + (len(ways) * turn + number + 1) * MINUTE
                fresh = [_reading(ticket, minute) for ticket in range(1, AT_ONCE + 1)]
                times[way].append(write([codec.reading_row("main", one) for one in fresh], fresh))
    database.close()
    speed = {way: AT_ONCE / statistics.median(taken) for way, taken in times.items()}
    return [
        ("readings, bare driver", speed["bare"], "rows/s"),
        ("readings, ready rows through the store", speed["ready"], "rows/s"),
        ("readings, that to the bare driver", _ratio(times["bare"], times["ready"]), "x"),
        ("readings and clocks, bare driver", speed["bare, both"], "readings/s"),
        ("save_evaluation, all of it", speed["evaluation"], "readings/s"),
        (
            "save_evaluation, that to the bare driver with the clocks",
            _ratio(times["bare, both"], times["evaluation"]),
            "x",
        ),
        ("save_evaluation, that to the bare driver without them", _ratio(times["bare"], times["evaluation"]), "x"),
    ]


def _ratio(baseline: list[float], taken: list[float]) -> float:
    return statistics.median(base / own for base, own in zip(baseline, taken, strict=True))


def _polled(store: SqlStore, tickets: list[Ticket], turn: int) -> None:
    changed = [structs.replace(ticket, summary=f"{ticket.summary} {turn}") for ticket in tickets]
    store.save_poll(_poll(turn + 1), changed, [_event(ticket.id, EVENTS + turn) for ticket in tickets])


def _evaluated(store: SqlStore, fresh: list[Reading]) -> None:
    due = {one.ticket_id: one.as_of + timedelta(days=1, seconds=one.ticket_id) for one in fresh}
    store.save_evaluation("main", now=NOW, evaluated=due, readings=fresh, transitions=[], notifications=[])


def _through(database: Database, ready: list[codec.Row]) -> None:
    from slamon.store.bulk import insert_rows

    with database.writing("main") as connection:
        insert_rows(
            connection, readings_table, ready, columns=codec.READING_COLUMNS, conflict="update", mostly_new=True
        )


def _bytes_per_reading(url: str) -> float:
    database = Database(url)
    with database.reading() as connection:
        total = connection.exec_driver_sql("SELECT count(*) FROM readings").scalar_one()
        size = (
            "SELECT sum(pgsize) FROM dbstat WHERE name IN ('readings', 'sqlite_autoindex_readings_1')"
            if database.sqlite
            else "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('readings') WHERE isleaf"
        )
        try:
            held = connection.exec_driver_sql(size).scalar_one()
        except Exception:  # an SQLite built without dbstat
            held = float("nan")
    database.close()
    return float(held) / int(total)


def _median(work: Callable[[int], object]) -> float:
    return statistics.median([_timed(lambda turn=turn: work(turn)) for turn in range(ROUNDS)])  # type: ignore[misc]


def _timed(work: Callable[[], object]) -> float:
    began: float = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def _sqlite_urls() -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="slamon-bench-")
    yield f"sqlite:///{Path(folder) / 'slamon.db'}"
    shutil.rmtree(folder)


@contextmanager
def _postgres_urls() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pgserver.postgres_server import get_server
    folder = tempfile.mkdtemp(prefix="slamon-bench-")
    server = get_server(folder, cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _poll(turn: int) -> Poll:
    at = NOW + turn * MINUTE
    return Poll("main", at, at, "ok", TICKETS, TICKETS, 0, at)


def _ticket(number: int) -> Ticket:
    return Ticket(
        id=number,
        summary=f"Printer {number} on the second floor smells of smoke again",
        board=Ref(1, "Help Desk"),
        status=Ref(10, "In Progress"),
        entered_at=NOW,
        last_updated_at=NOW,
        priority=Ref(2, "Priority 2 - High"),
        priority_sort=2,
        company=Ref(20, "Acme Incorporated"),
        company_identifier="acme",
        agreement=Ref(30, "Gold"),
        owner="jdoe",
    )


def _event(number: int, turn: int) -> Event:
    at = NOW + turn * MINUTE
    return Event(number, Kind.STATUS, at, at - MINUTE, Origin.POLL, 10, "In Progress", Level.RESPONDED)


def _reading(number: int, as_of: datetime) -> Reading:
    reached = StageReading(Verdict.MET, 1800, 3600, NOW, NOW, at_risk_at=NOW, version=1)
    runs = StageReading(Verdict.RUNNING, 7000, 7200, due_at=NOW, at_risk=True, at_risk_at=NOW, version=1)
    stages = (reached, runs, replace(runs, goal_seconds=28_800))
    return Reading(number, as_of, ClockState.RUNNING, 7000, 0, NOW, 1, stages, "0123456789abcdef", NOW)


def main() -> None:
    for what, value, unit in rows():
        shown = f"{value:,.2f}" if unit == "x" else f"{value:,.0f}"
        sys.stdout.write(f"{what:<60} {shown:>12} {unit}\n")


if __name__ == "__main__":
    main()
