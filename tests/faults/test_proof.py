"""Bad answers change nothing: a life watched through them ends as the same life watched calmly.

`make chaos` does the same with ten thousand bad answers and more.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from slamon.simulator import Chaos, Fault
from slamon.simulator.chaos import EQUAL
from tests.faults.compare import compare
from tests.faults.life import Life, Plan, live

PLAN = Plan(cycles=40)
NO_WAIT = {"latency_seconds": 0.02, "retry_after_seconds": 0}
# A drip costs the deadline, so it stands for few; lists that are wrong look most like the truth.
ANY = {**EQUAL, Fault.DRIP: 0.2}
LYING = (
    Fault.LEFT_OUT,
    Fault.EMPTY,
    Fault.STALE,
    Fault.LAG,
    Fault.REPEAT,
    Fault.MOVED,
    Fault.TYPES,
    Fault.FUTURE,
    Fault.SKEW,
)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return asyncio.run(live(PLAN, tmp_path_factory.mktemp("calm")))


def test_the_calm_life_has_something_to_lose(calm: Life) -> None:
    """Else equality would prove nothing: tickets come, change, close and break their promises."""
    assert len(calm.tickets) > PLAN.tickets + PLAN.closed // 2
    assert len(calm.closed[-1] - calm.closed[0]) >= 5
    assert len(calm.breaches) > 10
    assert calm.failed_polls == calm.doubted_trails == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_three_answers_of_ten_are_bad_in_any_way(seed: int, calm: Life, tmp_path: Path) -> None:
    rough = asyncio.run(live(PLAN, tmp_path, Chaos(seed, 0.3, ANY, **NO_WAIT)))  # type: ignore[arg-type]

    assert rough.bad.total() > 60
    assert compare(calm, rough).wrong == []


def test_three_answers_of_ten_lie(calm: Life, tmp_path: Path) -> None:
    chaos = Chaos(4, 0.3, dict.fromkeys(LYING, 1.0), **NO_WAIT)  # type: ignore[arg-type]
    rough = asyncio.run(live(PLAN, tmp_path, chaos))

    assert rough.bad.total() > 60
    assert rough.doubted_trails > 0
    assert compare(calm, rough).wrong == []
