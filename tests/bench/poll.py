"""How fast tickets are fetched and polled, beside a bare client on the same pages in the same run.

`python -m tests.bench.poll` prints the table. The pace of requests is set free: it is ConnectWise's, not ours.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import msgspec

from slamon import log
from slamon.connectwise.limits import DEFAULT_LIMITS
from slamon.connectwise.records import TICKET_FIELDS, TicketRecord
from slamon.simulator import SimClock
from tests.bench.pages import BASE, LIST, PASSES, START
from tests.faults.desk import Desk, watching

Row = tuple[str, float, str]
MANY, FEW, CHANGES = 100_000, 10_000, 200
SLOW_TICKETS, SLOW_SECONDS = (20_000, 100_000), 0.3
ROUNDS = 3
DAY = timedelta(days=1)
FREE = replace(DEFAULT_LIMITS, requests_per_minute=1_000_000)


def rows() -> Iterator[Row]:
    """Yield (what, value, unit): medians of interleaved rounds, but a whole first poll is done once."""
    log.configure("error", "text", sys.stderr)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    for part in (_first_poll, _later_polls, _slow_server):
        yield from asyncio.run(part())


# --- a first poll of many --------------------------------------------------------------------------------------------


async def _first_poll() -> list[Row]:
    with serving(MANY) as url:
        times: list[list[float]] = [[], []]
        await _bare(url)  # the server encodes each page once
        await _fetched(url)
        for _ in range(ROUNDS):
            for way, own in zip((_bare, _fetched), times, strict=True):
                own.append(await way(url))
        bare, fetched = map(statistics.median, times)
        polled = await _polled(url)
        peak = _peak_of_a_first_poll(url)
    return [
        (f"first poll of {MANY:,}: bare httpx and msgspec", MANY / bare, "tickets/s"),
        ("pages to tickets", MANY / fetched, "tickets/s"),
        ("pages to tickets / bare, in time", fetched / bare, "x"),
        ("the whole poll: stored and evaluated", MANY / polled, "tickets/s"),
        ("the whole poll / bare, in time", polled / bare, "x"),
        ("peak memory of the process", peak / 1024, "MB"),
    ]


async def _bare(url: str) -> float:
    """Return the seconds of the simplest client: one page after the other, decoded into records."""
    decoder = msgspec.json.Decoder(list[TicketRecord], strict=False)
    fields, last, found = ",".join(TICKET_FIELDS), 0, 0
    began = time.perf_counter()
    async with httpx.AsyncClient(timeout=60) as client:
        while True:
            wanted = quote(f"(closedFlag = false) and (id > {last})")
            target = f"{url}{LIST}?conditions={wanted}&orderBy=id%20asc&pageSize=1000&fields={fields}"
            page = decoder.decode((await client.get(target)).content)
            found += len(page)
            if len(page) < 1000:
                break
            last = page[-1].id
    assert found == MANY
    return time.perf_counter() - began


async def _fetched(url: str) -> float:
    async with desk(url) as watched:
        began = time.perf_counter()
        found = 0
        async for batch in watched.watch.deps.source.fetch_tickets(since=START - timedelta(days=7), with_open=True):
            found += len(batch.tickets)
        assert found == MANY
        return time.perf_counter() - began


async def _polled(url: str) -> float:
    async with desk(url) as watched:
        began = time.perf_counter()
        poll = await watched.cycle()
        assert (poll.result, poll.changed) == ("ok", MANY), poll
        return time.perf_counter() - began


def _peak_of_a_first_poll(url: str) -> float:
    """Return the KiB that a process of its own needed at most, everything imported."""
    done = subprocess.run([sys.executable, "-m", "tests.bench.poll", url], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


# --- polls that bring changes ----------------------------------------------------------------------------------------


async def _later_polls() -> list[Row]:
    found: list[Row] = []
    medians = []
    for tickets in (MANY, FEW):
        seconds, asked, body = await _changes_among(tickets)
        medians.append(seconds)
        found += [
            (f"a poll with {CHANGES} changes among {tickets:,}", seconds * 1e3, "ms"),
            ("requests, audit trails included", asked, ""),
            ("kilobytes received", body / 1e3, "kB"),
        ]
    return [*found, (f"among {MANY:,} / among {FEW:,}, in time", medians[0] / medians[1], "x")]


async def _changes_among(tickets: int) -> tuple[float, float, float]:
    """Return the medians of seconds, requests and bytes of polls that bring changes."""
    measured = []
    with serving(tickets) as url:
        async with desk(url) as watched, httpx.AsyncClient() as control:
            await watched.cycle()
            for _ in range(ROUNDS + 1):
                await control.post(f"{url}/bench/changes", params={"count": CHANGES})
                began = time.perf_counter()
                poll = await watched.cycle(PASSES)
                seconds = time.perf_counter() - began
                assert (poll.result, poll.changed) == ("ok", CHANGES), poll
                told = (await control.post(f"{url}/bench/counts")).json()
                measured.append((seconds, told["requests"], told["bytes"]))
    seconds, asked, body = (statistics.median(column) for column in zip(*measured[1:], strict=True))
    return seconds, asked, body


# --- a server that takes its time ------------------------------------------------------------------------------------


async def _slow_server() -> list[Row]:
    return [row for tickets in SLOW_TICKETS for row in await _slowly(tickets)]


async def _slowly(tickets: int) -> list[Row]:
    ways = (1, DEFAULT_LIMITS.parallel)
    with serving(tickets) as url:
        for parallel in ways:
            await _listed(url, parallel, tickets)  # the server encodes each page once
        async with httpx.AsyncClient() as control:
            await control.post(f"{url}/bench/wait", params={"seconds": SLOW_SECONDS})
        alone, together = [await _listed(url, parallel, tickets) for parallel in ways]
    shown = f"{tickets:,} tickets at {SLOW_SECONDS * 1e3:.0f} ms a page"
    return [
        (f"{shown}, one request at a time", alone, "s"),
        (f"{DEFAULT_LIMITS.parallel} in flight", together, "s"),
        ("one at a time / in flight, in time", alone / together, "x"),
    ]


async def _listed(url: str, parallel: int, tickets: int) -> float:
    async with desk(url) as watched:
        source = watched.source(replace(FREE, parallel=parallel))
        began = time.perf_counter()
        found = 0
        async for batch in source.fetch_tickets(since=START - timedelta(days=7), with_open=True):
            found += len(batch.tickets)
        assert found == tickets
        await source.aclose()
        return time.perf_counter() - began


# --- what they run on ------------------------------------------------------------------------------------------------


@contextmanager
def serving(tickets: int) -> Iterator[str]:
    """Serve that many tickets from a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.pages", str(tickets)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@asynccontextmanager
async def desk(url: str) -> AsyncIterator[Desk]:
    """Watch *url* with a database that begins empty and goes away."""
    folder = Path(tempfile.mkdtemp(prefix="slamon-bench-"))
    try:
        clock = SimClock(START, speed=0)
        async with watching(
            f"{url}{BASE}", clock, folder, limits=FREE, poll_every=PASSES / 10, sweep_every=DAY
        ) as found:
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Print the table; with an address, poll it once and print the peak of memory."""
    if len(sys.argv) > 1:
        asyncio.run(_polled(sys.argv[1]))
        sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\n")
        return
    for what, value, unit in rows():
        sys.stdout.write(f"{what:<66} {value:>12,.2f} {unit}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
