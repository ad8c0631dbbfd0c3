"""How much one daemon carries: many tenants polled side by side, each with many open tickets of which some change.

`python -m tests.bench.capacity [TENANTS TICKETS]` prints the table. ConnectWise is the prepared pages of `pages.py`,
the same for all tenants. What is measured is done in a process of its own, so that its memory and time are its own.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx

from slamon import log
from slamon.config.load import load_config
from slamon.metrics import Metrics
from slamon.simulator import SimClock
from slamon.store.migrate import open_store
from slamon.workplace import Workplace
from tests.bench.pages import BASE, PASSES, START
from tests.bench.poll import serving
from tests.bench.store import _postgres_urls, _sqlite_urls
from tests.faults.desk import HandTime

TENANTS, TICKETS, CHANGED = 20, 2_500, 0.02
ROUNDS = 5
_PAGE = resource.getpagesize()
_CONFIG = """
[mail]
host = "127.0.0.1"
port = 25
security = "none"
sender = "slamon@msp.example"

[alerts]
recipients = ["service-desk@msp.example"]
"""
_TENANT = """
[tenant.desk-{number}]
url = "{source}"
company = "training"
public_key = "public"
client_id = "00000000-0000-0000-0000-000000000000"
private_key_file = "private_key"
requests_per_minute = 60000
poll_seconds = {poll_seconds}
sweep_seconds = 86400
"""


def rows(tenants: int = TENANTS, tickets: int = TICKETS) -> Iterator[tuple[str, float, str]]:
    """Yield (what, value, unit) on SQLite, then on Postgres."""
    for name, urls in (("sqlite", _sqlite_urls), ("postgres", _postgres_urls)):
        with ExitStack() as stack:
            source, database = stack.enter_context(serving(tickets)), stack.enter_context(urls())
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slamon-bench-")))
            _write_config(folder, source, tenants)
            order = [sys.executable, "-m", "tests.bench.capacity", str(folder), source, database]
            done = subprocess.run(order, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            found = json.loads(done.stdout.splitlines()[-1])
        yield f"{name}: {tenants} tenants, {tenants * tickets:,} open: first poll of all", found["first"], "s"
        yield f"a poll of all side by side, {CHANGED:.0%} changed", found["round"], "s"
        yield "of it the process's own work", found["cpu"], "s"
        yield "memory after it", found["rss"], "MB"
        yield "memory at the most, in the first poll", found["peak"], "MB"
        yield "series on /metrics", found["series"], ""
        yield "a scrape right after a poll", found["scrape"] * 1e3, "ms"


def _write_config(folder: Path, source: str, tenants: int) -> None:
    one = {"source": f"{source}{BASE}", "poll_seconds": int(PASSES.total_seconds())}
    (folder / "slamon.toml").write_text(_CONFIG + "".join(_TENANT.format(number=n, **one) for n in range(tenants)))
    key = folder / "private_key"
    key.write_text("private")
    key.chmod(0o600)


async def live(folder: Path, source: str, database: str) -> dict[str, float]:
    """Poll all tenants side by side, again and again; return what it took."""
    log.configure("error", "text", sys.stderr)
    clock, store = SimClock(START, speed=0), open_store(database)
    metrics = Metrics(version="0", tzdata_version="0")
    workplace = Workplace(load_config(folder / "slamon.toml", {}), store, metrics, HandTime(clock))
    changes = round(CHANGED * _open_of(source))
    measured = []
    try:
        for watch in workplace.watches:
            await workplace.leases.take(watch.name)
        first = (await _round(workplace))[0]
        async with httpx.AsyncClient() as control:
            for _ in range(ROUNDS):
                await control.post(f"{source}/bench/changes", params={"count": changes})
                clock.advance(PASSES.total_seconds())
                measured.append(await _round(workplace))
        began = time.perf_counter()
        page = metrics.render()[0]
        scrape = time.perf_counter() - began
    finally:
        await workplace.aclose()
        store.close()
    took, cpu = (statistics.median(column) for column in zip(*measured[1:], strict=True))
    return {
        "first": first,
        "round": took,
        "cpu": cpu,
        "rss": _resident() / 1e6,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
        "series": sum(not line.startswith(b"#") for line in page.splitlines()),
        "scrape": scrape,
    }


async def _round(workplace: Workplace) -> tuple[float, float]:
    began, worked = time.perf_counter(), time.process_time()
    polls = await asyncio.gather(*(watch.cycle() for watch in workplace.watches))
    assert {poll.result for poll in polls} == {"ok"}, polls
    return time.perf_counter() - began, time.process_time() - worked


def _resident() -> int:
    """Return the bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def _open_of(source: str) -> int:
    conditions = {"conditions": "closedFlag = false"}
    return int(httpx.get(f"{source}{BASE}/service/tickets/count", params=conditions).json()["count"])


def main() -> None:
    """Print the table; with a folder and two addresses, live there and print what it took."""
    if len(sys.argv) > 3:
        folder, source, database = sys.argv[1:]
        sys.stdout.write(f"{json.dumps(asyncio.run(live(Path(folder), source, database)))}\n")
        return
    for what, value, unit in rows(*map(int, sys.argv[1:])):
        sys.stdout.write(f"{what:<66} {value:>12,.2f} {unit}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
