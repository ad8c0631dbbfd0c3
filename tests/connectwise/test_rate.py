"""The pace of requests, in a time that stands still until it is told to go on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from slamon.connectwise.credentials import Credentials
from slamon.connectwise.discovery import Connection
from slamon.connectwise.limits import Limits
from slamon.connectwise.rate import Pace
from slamon.connectwise.request import Request

from .conftest import Counts
from .server import Reply, script, serving

pytestmark = pytest.mark.anyio

PATIENT = 1e9
REAL_SLEEP = asyncio.sleep


@dataclass
class Time:
    """A monotonic clock that sleeping moves on."""

    now: float = 1000.0
    told: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + 1e-6
        await REAL_SLEEP(0)  # others get their turn meanwhile, as in life


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(asyncio, "sleep", time.sleep)
    return time


def pace_of(per_minute: float, time: Time) -> Pace:
    return Pace(per_minute, told=time.told.append, clock=time)


async def turns(pace: Pace, count: int) -> list[float]:
    taken = [await pace.take_turn(PATIENT) for _ in range(count)]
    return [at for at in taken if at is not None]


async def test_a_hundred_requests_at_the_start_do_not_wait(time: Time) -> None:
    assert await turns(pace_of(600, time), 100) == [1000.0] * 100


@pytest.mark.parametrize("per_minute", [60, 100, 600, 1000])
async def test_no_minute_sees_more_than_the_budget(per_minute: int, time: Time) -> None:
    taken = await turns(pace_of(per_minute, time), 4 * per_minute)

    within = [sum(1 for at in taken if start <= at < start + 60) for start in taken]
    assert max(within) in (per_minute - 1, per_minute)
    assert taken[-1] - taken[0] < 60 * 5  # and the budget is used


async def test_an_idle_minute_saves_up_a_burst_and_no_more(time: Time) -> None:
    pace = pace_of(600, time)
    await turns(pace, 100)
    time.now += 3600

    taken = await turns(pace, 101)
    assert taken[99] == taken[0] < taken[100]


async def test_a_429_halves_the_rate_once_for_all_requests_that_were_under_way(time: Time) -> None:
    pace = pace_of(600, time)
    sent = await turns(pace, 6)
    time.now += 0.2
    for at in sent:
        pace.slow_down(at, None)

    assert time.told == [600, 300]
    assert (await turns(pace, 1))[0] > time.now - 1  # the bucket was emptied: this one had to wait
    assert time.now > 1000.2


async def test_the_rate_has_a_floor_and_comes_back_in_three_minutes(time: Time) -> None:
    pace = pace_of(600, time)
    for _ in range(8):
        time.now += 1
        pace.slow_down(time.now, None)
    assert pace.per_minute == pytest.approx(60)
    slowest = time.now

    taken = await turns(pace, 1500)
    assert pace.per_minute == 600
    assert time.told[-1] == 600
    for start in taken:
        rate = min(600.0, 60 + 30 * ((start - slowest) // 10 + 6))  # what it may have become a minute later
        assert sum(1 for at in taken if start <= at < start + 60) <= rate
    assert time.told == sorted(time.told[:5], reverse=True) + sorted(time.told[5:])


async def test_retry_after_is_kept_to_the_fraction_of_a_second_by_all(time: Time) -> None:
    pace = pace_of(600, time)
    pace.slow_down(time.now, 0.7)

    taken = await turns(pace, 3)
    assert taken[0] >= 1000.7
    assert pace.silence_seconds == 0


async def test_silence_saves_nothing_up(time: Time) -> None:
    pace = pace_of(600, time)
    pace.slow_down(time.now, 30)

    first, second = await turns(pace, 2)
    assert second - first > 0.2
    assert time.told == [600, 300]


async def test_each_429_begins_the_ten_seconds_of_recovery_anew(time: Time) -> None:
    pace = pace_of(600, time)
    pace.slow_down(time.now, None)
    time.now += 9
    pace.slow_down(time.now, None)
    time.now += 9

    await turns(pace, 1)
    assert time.told == [600, 300, 150]


async def test_a_shorter_silence_does_not_end_a_longer_one_and_patience_has_an_end(time: Time) -> None:
    pace = pace_of(600, time)
    pace.slow_down(time.now, 30)
    pace.slow_down(time.now, 1)

    assert await pace.take_turn(patience_seconds=29) is None
    assert time.now == 1000
    assert (await turns(pace, 1))[0] >= 1030


async def test_requests_are_sent_in_the_order_in_which_they_asked(time: Time) -> None:
    pace = pace_of(60, time)
    order: list[int] = []

    async def one(number: int) -> None:
        await pace.take_turn(PATIENT)
        order.append(number)

    await asyncio.gather(*(one(n) for n in range(30)))
    assert order == list(range(30))


async def test_a_connection_shares_one_pace_and_shows_it(
    credentials: Credentials, quick: Limits, counts: Counts
) -> None:
    async with serving(script(Reply({}, 429, {"Retry-After": "0.1"}), Reply([]))) as server:
        connection = Connection(server.url, credentials, limits=quick, tenant="main", observer=counts)
        await connection.send(Request("GET", "/service/boards"))
        await connection.aclose()

    assert counts.gauges == [
        ("slamon_api_allowed_requests_per_minute", rate, {"tenant": "main"}) for rate in (600, 300)
    ]
