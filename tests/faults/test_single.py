"""One fault at a time, through the whole poll: what it may and may not do."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from slamon.core.ticket import Kind
from slamon.demo.folder import TENANT
from slamon.simulator import Chaos, Fault, SimClock, Simulator, SimulatorServer
from tests.connectwise.server import Reply, Request, serving
from tests.faults.desk import HASTY, START, Desk, watching
from tests.faults.life import stored_ids

pytestmark = pytest.mark.anyio
STEP = timedelta(minutes=5)
CALM = Chaos(rate=0)  # what was answered stays remembered


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Watched:
    """A desk under watch, known to slamon before anything goes wrong."""

    desk: Desk
    server: SimulatorServer

    async def spoilt(self, *faults: Fault, cycles: int = 1, sweep: bool = False, **options: float) -> list[str]:
        """Poll while every answer is bad; return the polls' results."""
        assert self.server.faults is not None
        chaos = Chaos(3, 1.0, dict.fromkeys(faults, 1.0), latency_seconds=0.0, retry_after_seconds=0)
        self.server.faults.chaos = replace(chaos, **options)  # type: ignore[arg-type]
        results = []
        for _ in range(cycles):
            if sweep:
                self.desk.state.swept_at = None
            results.append((await self.desk.cycle(STEP)).result)
        assert self.server.faults.counts.keys() >= set(faults)
        self.server.faults.chaos = CALM
        return [str(result) for result in results]

    def open_ids(self) -> set[int]:
        return self.desk.store.load_open_ids(TENANT)

    def truly_open(self) -> set[int]:
        tickets = self.server.simulator.world.tickets
        return {number for number, ticket in tickets.items() if not ticket.row["closedFlag"]}

    def deleted(self) -> list[int]:
        store = self.desk.store
        return [n for n in stored_ids(store) for e in store.load_events(TENANT, n) if e.kind is Kind.CANCELLED]

    def stamps(self) -> dict[int, datetime]:
        tickets = self.desk.store.load_tickets(TENANT, stored_ids(self.desk.store))
        return {number: ticket.last_updated_at for number, ticket in tickets.items()}


@asynccontextmanager
async def watched(folder: Path, tickets: int = 60, *, arrivals_a_day: float = 200) -> AsyncIterator[Watched]:
    clock = SimClock(START, speed=0)
    simulator = Simulator(7, tickets, 20, clock=clock, arrivals_a_day=arrivals_a_day)
    async with (
        SimulatorServer(simulator, chaos=CALM) as server,
        watching(server.url, clock, folder, limits=HASTY, poll_every=STEP, sweep_every=8 * STEP, page_size=20) as desk,
    ):
        assert (await desk.cycle()).result == "ok"
        yield Watched(desk, server)


@pytest.mark.parametrize("tickets", [3, 60])
async def test_T79_empty_answers_to_a_whole_sweep_close_and_delete_nothing(tickets: int, tmp_path: Path) -> None:
    async with watched(tmp_path, tickets, arrivals_a_day=0) as each:
        before, unrelated = each.open_ids(), each.deleted()

        await each.spoilt(Fault.EMPTY, cycles=2, sweep=True)

        assert each.open_ids() == before
        assert each.deleted() == unrelated
        await each.desk.cycle(STEP)
        await each.desk.cycle()
        assert each.open_ids() == each.truly_open()


async def test_T82_an_old_copy_never_takes_a_ticket_back(tmp_path: Path) -> None:
    async with watched(tmp_path) as each:
        for _ in range(6):
            await each.desk.cycle(STEP)
            before = each.stamps()
            await each.spoilt(Fault.LAG, sweep=True)
            after = each.stamps()
            assert all(after[number] >= before[number] for number in before)
        assert each.desk.sample("slamon_rows_stale_total") > 0


async def test_T77_a_stamp_years_ahead_does_not_carry_the_watermark_along(tmp_path: Path) -> None:
    async with watched(tmp_path) as each:
        await each.spoilt(Fault.FUTURE, cycles=2, sweep=True)

        reached = each.desk.store.load_watermark(TENANT)
        assert reached is not None
        assert reached <= each.desk.now
        each.desk.state.swept_at = each.desk.now  # what comes now comes by the list of changes alone
        await each.desk.cycle(STEP)
        await each.desk.cycle()
        newest = max(each.server.simulator.world.tickets)
        assert newest in stored_ids(each.desk.store)
        assert max(each.stamps().values()) <= each.desk.now


@pytest.mark.parametrize(
    "fault",
    [Fault.DRIP, Fault.RESET, Fault.RESET_WITHIN, Fault.CUT_LENGTH, Fault.CUT_CHUNK, Fault.THROTTLE, Fault.HTML],
)
async def test_a_poll_without_one_good_answer_fails_and_moves_nothing(fault: Fault, tmp_path: Path) -> None:
    async with watched(tmp_path, 20) as each:
        await each.desk.use(replace(HASTY, tries=2, deadline_seconds=0.3))
        mark, stamps = each.desk.store.load_watermark(TENANT), each.stamps()

        assert await each.spoilt(fault, drip_seconds=0.05) == ["failed"]

        assert each.desk.store.load_watermark(TENANT) == mark
        assert each.stamps() == stamps
        assert each.desk.sample("slamon_up") == 0
        assert (await each.desk.cycle(STEP)).result == "ok"
        await each.desk.cycle()
        assert each.open_ids() == each.truly_open()


async def test_a_bomb_for_an_answer_ends_the_poll_and_fills_no_memory(tmp_path: Path) -> None:
    bomb = Reply(gzip.compress(b"[" + b" " * 300_000_000, 6), headers={"Content-Encoding": "gzip"})

    def explode(_: Request) -> Reply:
        return bomb

    async with serving(explode) as server:
        limits = replace(HASTY, tries=1, body_bytes=2_000_000, deadline_seconds=30)
        async with watching(
            server.url, SimClock(START, speed=0), tmp_path, limits=limits, poll_every=STEP, sweep_every=STEP
        ) as desk:
            tracemalloc.start()
            poll = await desk.cycle()
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()

    assert poll.result == "failed"
    assert "more than 2000000 bytes" in poll.error
    assert peak < 40_000_000
