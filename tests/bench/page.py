"""How long the metrics page takes: rendered after a change, kept, scraped over a real connection.

Beside it prometheus_client with as many series of its own, in the same run.
"""

from __future__ import annotations

import asyncio
import http.client
import statistics
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from slamon.metrics import Metrics
from slamon.serving import serving
from slamon.web import build_app
from tests.outputs.test_budget import large_desk

ROUNDS = 40


class _Well:
    def reasons(self) -> list[str]:
        return []


def rows() -> list[tuple[str, float, str]]:
    """Return (what, value, unit)."""
    metrics = Metrics(version="0", tzdata_version="0", tenants=["main"], strict=True)
    desks = [large_desk("main", tickets=50_000, boards=120, taken=taken) for taken in (3, 4)]
    metrics.publish(desks[0])
    count = sum(1 for line in metrics.render()[0].splitlines() if not line.startswith(b"#"))
    library, gauge = _library(count)

    def one_counter(_: int) -> None:
        metrics.count("slamon_db_errors_total")
        metrics.render()

    def a_poll(turn: int) -> None:
        metrics.publish(desks[turn % 2])
        metrics.count("slamon_polls_total", tenant="main", result="ok")
        metrics.render()

    def a_gauge(turn: int) -> None:
        gauge.labels("0").set(turn)
        generate_latest(library)

    kept, counter, poll, other = (_median(work) for work in (lambda _: metrics.render(), one_counter, a_poll, a_gauge))
    scraped, between = asyncio.run(_scraped(metrics, one_counter))
    return [
        ("series on the page", count, ""),
        ("page as kept", kept * 1e3, "ms"),
        ("page after one counter", counter * 1e3, "ms"),
        ("page after every count has changed", poll * 1e3, "ms"),
        ("as many gauges of prometheus_client after one change", other * 1e3, "ms"),
        ("that to the page after every count has changed", other / poll, "x"),
        ("scrape over HTTP, nothing changed, p50", scraped * 1e3, "ms"),
        ("scrape over HTTP, one counter changed, p50", between * 1e3, "ms"),
    ]


def _library(count: int) -> tuple[CollectorRegistry, Gauge]:
    registry = CollectorRegistry()
    gauge = Gauge("slamon_bench", "Of as many series.", ["number"], registry=registry)
    for number in range(count):
        gauge.labels(str(number)).set(number)
    return registry, gauge


def _median(work: Callable[[int], object]) -> float:
    times = []
    for turn in range(ROUNDS):
        began = time.perf_counter()
        work(turn)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


async def _scraped(metrics: Metrics, change: Callable[[int], None]) -> tuple[float, float]:
    """Return the median time of a scrape, and of one after *change*."""
    async with serving(build_app(metrics, _Well()), "127.0.0.1", 0) as address:
        host = address.removeprefix("http://")

        def measure() -> tuple[float, float]:
            connection = http.client.HTTPConnection(host, timeout=30)

            def scrape(_: int) -> None:
                connection.request("GET", "/metrics")
                assert len(connection.getresponse().read()) > 100_000

            def after_change(turn: int) -> None:
                metrics.count("slamon_db_errors_total")
                scrape(turn)

            return _median(scrape), _median(after_change)

        return await asyncio.to_thread(measure)
