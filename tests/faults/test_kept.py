"""What polls leave in memory: nothing that grows with their number, as a daemon runs for months."""

from __future__ import annotations

import gc
from collections import Counter
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from slamon.simulator import SimClock
from tests.bench.pages import BASE, PASSES, START
from tests.bench.poll import FREE, serving
from tests.faults.desk import watching

LIBRARIES = ("slamon", "httpx", "httpcore", "h11", "anyio", "asyncio", "_asyncio", "sqlalchemy", "stamina", "msgspec")
WARM_UP, POLLS = 6, 12
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def _kept() -> Counter[str]:
    """Return how many objects of each kind are alive: those of slamon and of what it works with, and exceptions."""
    gc.collect()
    return Counter(
        f"{type(one).__module__}.{type(one).__qualname__}"
        for one in gc.get_objects()
        if str(type(one).__module__).split(".", 1)[0] in LIBRARIES or isinstance(one, BaseException)
    )


async def test_polls_that_bring_changes_keep_nothing(tmp_path: Path) -> None:
    clock = SimClock(START, speed=0)
    with serving(200) as url:
        async with (
            watching(
                *(f"{url}{BASE}", clock, tmp_path),
                limits=FREE,
                poll_every=PASSES / 10,
                sweep_every=timedelta(minutes=30),
            ) as desk,
            httpx.AsyncClient() as control,
        ):
            before: Counter[str] = Counter()
            for turn in range(WARM_UP + POLLS):
                if turn == WARM_UP:
                    before = _kept()
                await control.post(f"{url}/bench/changes", params={"count": 20})
                poll = await desk.cycle(PASSES)
                assert (poll.result, poll.changed) == ("ok", 20 if turn else 200)

            grown = _kept() - before
            assert {kind: number for kind, number in grown.items() if number >= POLLS} == {}
            assert (desk.state.moved, desk.state.retry_ids, desk.state.hinted_ids) == (set(), set(), set())
