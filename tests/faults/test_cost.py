"""What a poll costs grows with the changes, not with the tickets: counted at the server, so the same on any machine."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from slamon.ports import Poll
from slamon.simulator import SimClock
from tests.bench.pages import BASE, PASSES, START
from tests.bench.poll import FREE, serving
from tests.faults.desk import watching

DAY = timedelta(days=1)
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def _cost(folder: Path, tickets: int, changes: int) -> tuple[Poll, int, int]:
    """Return a later poll, and how many requests and rows of tickets and trails it took."""
    clock = SimClock(START, speed=0)
    with serving(tickets) as url:
        async with (
            watching(f"{url}{BASE}", clock, folder, limits=FREE, poll_every=PASSES / 10, sweep_every=DAY) as desk,
            httpx.AsyncClient() as control,
        ):
            assert (await desk.cycle()).changed == tickets
            await control.post(f"{url}/bench/changes", params={"count": changes})
            poll = await desk.cycle(PASSES)
            told = (await control.post(f"{url}/bench/counts")).json()
            return poll, told["requests"], told["rows"]


async def test_ten_times_the_tickets_cost_no_request_and_no_row_more(tmp_path: Path) -> None:
    few, few_requests, few_rows = await _cost(tmp_path / "few", 200, 20)
    many, many_requests, many_rows = await _cost(tmp_path / "many", 2_000, 20)

    assert few.changed == many.changed == 20
    assert few.seen == many.seen
    assert (many_requests, many_rows) == (few_requests, few_rows)


async def test_three_times_the_changes_cost_three_times_the_rows(tmp_path: Path) -> None:
    one, one_requests, one_rows = await _cost(tmp_path / "one", 200, 20)
    three, three_requests, three_rows = await _cost(tmp_path / "three", 200, 60)

    assert three.changed == 3 * one.changed
    assert one_rows < three_rows <= 3 * one_rows
    assert three_requests - one_requests == 40  # an audit trail each
