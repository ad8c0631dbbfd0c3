"""Many open tickets on each database: what one poll that brings changes costs, and how long a start takes until ready.

`python -m tests.bench.many` prints the table. ConnectWise is the prepared pages of `pages.py`. Wall time is that of
processes which share the machine with that server and Postgres; the processor's time is the daemon's own.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from slamon import log
from slamon.demo.folder import DemoFolder
from slamon.ports import Poll
from slamon.simulator import SimClock
from slamon.store.database import Database
from tests.bench.pages import BASE, PASSES, START
from tests.bench.poll import DAY, FREE, MANY, serving
from tests.bench.store import _postgres_urls, _sqlite_urls
from tests.faults.desk import watching

CHANGES = MANY // 50
CYCLES, ROUNDS = 3, 5
PATIENCE = 300.0
Cost = tuple[float, float, float]  # seconds, of them own work, and KiB at most
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a configuration, the database that holds the tickets, and where they come from."""

    folder: Path
    database: str
    source: str  # a ConnectWise of its own: its clock moves with the changes

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def run(self) -> subprocess.Popen[bytes]:
        # Compiled modules are kept, as where pip has installed slamon: compiling takes as long as a start.
        environment = {**os.environ, "SLAMON_STORE__URL": self.database, "PYTHONDONTWRITEBYTECODE": ""}
        command = [sys.executable, "-m", "slamon", "-c", str(DemoFolder(self.folder).config), "run"]
        with self.log.open("wb") as out:
            return subprocess.Popen(command, env=environment, stdout=out, stderr=out)


def rows() -> Iterator[tuple[str, float, str]]:
    """Yield (what, value, unit): medians, for starts of interleaved rounds."""
    with ExitStack() as stack:
        places: dict[str, Place] = {}
        for name, urls in (("sqlite", _sqlite_urls), ("postgres", _postgres_urls)):
            source, database = stack.enter_context(serving(MANY)), stack.enter_context(urls())
            places[name] = stack.enter_context(_place(database, source))
            wall, cpu, peak = _filled(places[name])
            yield f"{name}: a poll with {CHANGES:,} changes among {MANY:,}", wall, "s"
            yield f"{name}: of it the process's own work", cpu, "s"
            yield f"{name}: peak memory meanwhile", peak / 1024, "MB"
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in places}
        for turn in range(ROUNDS + 1):
            for name, place in places.items():
                took = _until_ready(place)
                if turn:  # the first fills the caches of the machine and the pages of the server
                    times[name].append(took)
        for name, taken in times.items():
            wall, cpu = (statistics.median(column) for column in zip(*taken, strict=True))
            yield f"{name}: a start among {MANY:,} until ready", wall, "s"
            yield f"{name}: of it the process's own work", cpu, "s"


@contextmanager
def _place(database: str, source: str) -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="slamon-bench-") as folder:
        yield Place(Path(folder), database, source)


# --- polls, in a process of their own --------------------------------------------------------------------------------


def _filled(place: Place) -> Cost:
    """Store all tickets, then poll changes; return what such a poll takes."""
    command = [sys.executable, "-m", "tests.bench.many", place.source, place.database, str(place.folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    wall, cpu, peak = map(float, done.stdout.split())
    return wall, cpu, peak


async def _cycles(place: Place) -> list[Cost]:
    clock = SimClock(START, speed=0)
    asked = {"limits": FREE, "poll_every": PASSES / 10, "sweep_every": DAY, "database": place.database}
    async with watching(f"{place.source}{BASE}", clock, place.folder, **asked) as desk, httpx.AsyncClient() as control:  # type: ignore[arg-type]
        await desk.cycle()
        if not place.database.startswith("sqlite"):
            await asyncio.to_thread(_analyze, place.database)
        return [await _cycle(desk.cycle, f"{place.source}/bench/changes", control) for _ in range(CYCLES)]


async def _cycle(cycle: Callable[[timedelta], Awaitable[Poll]], changes: str, control: httpx.AsyncClient) -> Cost:
    await control.post(changes, params={"count": CHANGES})
    _forget_peak()
    began, worked = time.perf_counter(), time.process_time()
    poll = await cycle(PASSES)
    taken = time.perf_counter() - began, time.process_time() - worked
    assert (poll.result, poll.changed) == ("ok", CHANGES), poll
    return *taken, _peak()


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """Return the KiB that this process has held at most since the peak was forgotten."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None
    return float(found[1])


def _analyze(url: str) -> None:
    """Have Postgres know its tables, as autovacuum does within a minute."""
    database = Database(url, pooled=False)
    with database.writing() as connection:
        connection.exec_driver_sql("ANALYZE")
    database.close()


# --- starts ----------------------------------------------------------------------------------------------------------


def _until_ready(place: Place) -> tuple[float, float]:
    """Start the daemon; return the seconds until it is ready, and those of work that it did by then."""
    later = START + CYCLES * PASSES  # as the server's clock says
    times = {"speed": 1, "anchor": datetime.now(UTC), "starts_at": later, "poll_seconds": 60}
    DemoFolder(place.folder).write_config(source=f"{place.source}{BASE}", mail_port=1, port=0, **times)  # type: ignore[arg-type]
    began = time.perf_counter()
    daemon = place.run()
    try:
        while not _is_ready(place.log.read_text()):
            if daemon.poll() is not None or time.perf_counter() - began > PATIENCE:
                raise RuntimeError(place.log.read_text())
            time.sleep(0.02)
        return time.perf_counter() - began, _worked(daemon.pid)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()


def _is_ready(told: str) -> bool:
    """Ask the daemon at the address that it has logged."""
    address = re.search(r'"address": ?"([^"]+)"|address=(\S+)', told)
    if address is None:
        return False
    try:
        with urllib.request.urlopen(f"{address[1] or address[2]}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _worked(pid: int) -> float:
    """Return the seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def main() -> None:
    """Print the table; with a source, a database and a folder, what its polls take."""
    if len(sys.argv) > 1:
        log.configure("error", "text", sys.stderr)
        costs = asyncio.run(_cycles(Place(Path(sys.argv[3]), sys.argv[2], sys.argv[1])))
        sys.stdout.write(" ".join(str(statistics.median(column)) for column in zip(*costs, strict=True)))
        return
    for what, value, unit in rows():
        sys.stdout.write(f"{what:<66} {value:>10,.2f} {unit}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
