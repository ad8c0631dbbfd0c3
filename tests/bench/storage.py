"""How much room a simulated day takes on each database.

`python -m tests.bench.storage` prints the tables of docs/explanation/storage.md.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from slamon import log
from slamon.demo.folder import TENANT
from slamon.simulator import SimClock, Simulator, SimulatorServer
from slamon.store.tables import metadata
from tests.bench import store as filled
from tests.faults.desk import START, Desk, watching

STEP = timedelta(minutes=15)
TICKETS, ARRIVALS = 300, 240.0
DAYS_OPEN = 3  # of a ticket, in the estimate
A_YEAR = 1_000_000
_FIXED = ("tickets", "clocks", "trails")
_HISTORY = ("events", "readings", "transitions", "outcomes")


@dataclass(frozen=True, slots=True)
class Size:
    rows: int
    bytes: int  # indexes included


def sizes(connection: Connection) -> dict[str, Size]:
    """Return how many rows each table has and how many bytes it takes with its indexes."""
    return {
        table.name: Size(
            int(connection.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar_one()),
            _bytes(connection, table.name),
        )
        for table in metadata.sorted_tables
    }


def _bytes(connection: Connection, table: str) -> int:
    if connection.dialect.name == "sqlite":
        of_table = "SELECT name FROM sqlite_master WHERE tbl_name = ?"
        query = f"SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN ({of_table})"
        return int(connection.exec_driver_sql(query, (table,)).scalar_one())
    parts = "(SELECT coalesce(sum(pg_total_relation_size(relid)), 0) FROM pg_partition_tree(%s) WHERE isleaf)"
    query = f"SELECT pg_total_relation_size(%s) + {parts}"  # a plain table has no parts
    return int(connection.exec_driver_sql(query, (table, table)).scalar_one())


async def live_a_day(database: str, folder: Path) -> tuple[dict[str, Size], dict[str, Size], float]:
    """Return the sizes after the first poll and a day later, and the days that tickets were open in it, added up."""
    clock = SimClock(START, speed=0)
    simulator = Simulator(7, TICKETS, 0, clock=clock, arrivals_a_day=ARRIVALS)
    open_days = 0.0
    async with (
        SimulatorServer(simulator) as server,
        watching(server.url, clock, folder, poll_every=STEP, sweep_every=4 * STEP, database=database) as desk,
    ):
        await desk.cycle()
        before = await asyncio.to_thread(_sizes_of, desk)
        for _ in range(timedelta(days=1) // STEP):
            await desk.cycle(STEP)
            open_days += len(desk.store.load_open_ids(TENANT)) * (STEP / timedelta(days=1))
        return before, await asyncio.to_thread(_sizes_of, desk), open_days


def _sizes_of(desk: Desk) -> dict[str, Size]:
    with desk.store._database.reading() as connection:
        return sizes(connection)


def day(name: str, urls: Callable[[], AbstractContextManager[str]]) -> None:
    with urls() as url, tempfile.TemporaryDirectory(prefix="slamon-bench-") as folder:
        before, after, open_days = asyncio.run(live_a_day(url, Path(folder)))
    tickets = after["tickets"].rows
    _say(f"\n{name}: a day, {tickets} tickets, {open_days:.0f} days open; indexes included")
    _say(f"  {'table':<16}{'rows':>8}{'bytes':>12}{'rows more':>12}{'bytes more':>12}{'more a day open':>18}")
    for table, size in after.items():
        rows, more = size.rows - before[table].rows, size.bytes - before[table].bytes
        if size.rows:
            _say(f"  {table:<16}{size.rows:>8}{size.bytes:>12,}{rows:>12}{more:>12,}{more / open_days:>18,.0f}")
    _estimate(before, after, open_days)


def _estimate(before: Mapping[str, Size], after: Mapping[str, Size], open_days: float) -> None:
    fixed = sum(after[table].bytes for table in _FIXED) / after["tickets"].rows
    history, mails = (
        sum(after[name].bytes - before[name].bytes for name in names) / open_days
        for names in (_HISTORY, ("notifications",))
    )
    whole = A_YEAR * (fixed + DAYS_OPEN * history) / 1e9
    _say(
        f"  {fixed:,.0f} B a ticket, {history:,.0f} B of history and {mails:,.0f} B of mails a day open: for {A_YEAR:,}"
        f" tickets, open {DAYS_OPEN} days each, {whole:.1f} GB and {A_YEAR * DAYS_OPEN * mails / 1e9:.1f} GB of mails"
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    log.configure("error", "text", sys.stderr)
    for name, urls in (("sqlite", filled._sqlite_urls), ("postgres", filled._postgres_urls)):
        day(name, urls)


if __name__ == "__main__":
    main()
