"""slamon's own poll, store and clocks over real sockets on a simulated desk, whose time is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from slamon import resources
from slamon.config import load_config
from slamon.connectwise.audit import AuditReader
from slamon.connectwise.client import Client
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import Limits
from slamon.connectwise.source import ConnectWiseSource
from slamon.core.sight import Pace
from slamon.cycle import CycleParts
from slamon.demo.folder import TENANT, DemoFolder
from slamon.jobs.announce import Announcer
from slamon.jobs.deps import PollDeps
from slamon.jobs.evaluate import Evaluator
from slamon.jobs.tenant import TenantState
from slamon.metrics import Metrics
from slamon.ports import Poll
from slamon.reporting.render import Renderer
from slamon.simulator.clock import SimClock
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from slamon.watch import TenantWatch
from slamon.wiring import read_trail, tenant_settings

START = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
"""A Wednesday on which the desks of both coasts are at work."""

KEYS = Credentials("training", "public", "private", "any-client-id")

PATIENT = Limits(requests_per_minute=10_000_000, parallel=1, jitter_seconds=0.0, first_wait_seconds=0.01)
HASTY = replace(PATIENT, deadline_seconds=0.7, total_seconds=10.0, longest_wait_seconds=0.02)
"""For chaos: waits of no length, and a deadline that a drip meets soon. One request at a time, so that runs repeat."""


@dataclass
class HandTime:
    """A WallTime that shows the simulator's clock."""

    clock: SimClock

    def now(self) -> datetime:
        return self.clock().replace(microsecond=0)

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()


@dataclass
class Desk:
    """What watches the simulated ConnectWise at `url`, and what it keeps."""

    url: str
    clock: SimClock
    store: SqlStore
    metrics: Metrics
    watch: TenantWatch
    page_size: int = 1000

    @property
    def state(self) -> TenantState:
        return self.watch.deps.state

    @property
    def now(self) -> datetime:
        return HandTime(self.clock).now()

    def source(self, limits: Limits) -> ConnectWiseSource:
        client = Client.open(
            self.url, KEYS, limits=limits, tenant=TENANT, observer=self.metrics, page_size=self.page_size
        )
        return ConnectWiseSource(client)

    async def use(self, limits: Limits) -> None:
        """Ask with other limits from now on."""
        old = self.watch.deps.source
        self.watch.deps = replace(self.watch.deps, source=self.source(limits))
        if isinstance(old, ConnectWiseSource):
            await old.aclose()

    async def cycle(self, step: timedelta = timedelta(0)) -> Poll:
        """Let *step* pass, then poll and evaluate."""
        self.clock.advance(step.total_seconds())
        return await self.watch.cycle()

    def sample(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, {"tenant": TENANT, **labels}) or 0.0


@asynccontextmanager
async def watching(
    url: str,
    clock: SimClock,
    folder: Path,
    *,
    poll_every: timedelta,
    sweep_every: timedelta,
    limits: Limits = PATIENT,
    page_size: int = 1000,
    database: str | None = None,
) -> AsyncIterator[Desk]:
    """Watch *url* with the demo's settings and a new database in *folder*, or *database*; the overlap is two polls."""
    demo = DemoFolder(folder)
    demo.clear()
    demo.write_config(source=url, mail_port=1, port=0, speed=1, anchor=clock(), starts_at=clock(), poll_seconds=60)
    config = load_config(demo.config, {})
    settings = replace(tenant_settings(config, TENANT), overlap=2 * poll_every, sweep_every=sweep_every)
    store = await asyncio.to_thread(open_store, database or f"sqlite:///{demo.database}")
    assert isinstance(store, SqlStore)
    metrics = Metrics(version="0", tzdata_version="0", tenants=[TENANT], strict=True)
    wall, state = HandTime(clock), TenantState()
    renderer = Renderer(resources.folder("reports"))
    desk = Desk(url, clock, store, metrics, None, page_size)  # type: ignore[arg-type]  # it needs the desk's source
    deps = PollDeps(
        settings=settings,
        state=state,
        source=desk.source(limits),
        store=store,
        observer=metrics,
        now=wall.now,
        read_trail=partial(read_trail, AuditReader()),
    )
    parts = CycleParts(
        deps,
        Evaluator(TENANT, store, metrics),
        Announcer(settings, state, store, renderer, domain="example.org", watched_since=clock()),
        metrics,
        wall,
        asyncio.Event(),
        Pace(poll_every),
    )
    desk.watch = TenantWatch(parts)
    try:
        yield desk
    finally:
        source = desk.watch.deps.source
        assert isinstance(source, ConnectWiseSource)
        await source.aclose()
        store.close()
