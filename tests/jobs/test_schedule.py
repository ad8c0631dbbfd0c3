"""Cron expressions on days on which the clocks change, and on simulated time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from slamon.schedule import CronTrigger, build_scheduler, last_fire, next_fire
from slamon.walltime import RealTime, SimulatedTime
from tests.jobs.desk import HandTime

# Europe/Riga, 2026: forward on 29 March (03:00 -> 04:00), back on 25 October (04:00 -> 03:00).
RIGA = ZoneInfo("Europe/Riga")


def riga(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=RIGA).astimezone(UTC)


def fires(expression: str, begin: datetime, end: datetime, zone: ZoneInfo = RIGA) -> list[datetime]:
    found, now = [], begin
    while (now := next_fire(expression, zone, now)) < end:
        found.append(now)
    return found


def local(found: list[datetime]) -> list[str]:
    return [f"{at.astimezone(RIGA):%d %H:%M%z}" for at in found]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("30 3 * * *", ["28 03:30+0200", "29 04:00+0300", "30 03:30+0300"]),
        ("0 7 * * *", ["28 07:00+0200", "29 07:00+0300", "30 07:00+0300"]),
    ],
)
def test_a_skipped_hour_runs_right_after_it(expression: str, expected: list[str]) -> None:
    assert local(fires(expression, riga("2026-03-28T00:00"), riga("2026-03-31T00:00"))) == expected


def test_a_repeated_hour_runs_once() -> None:
    found = fires("30 3 * * *", riga("2026-10-24T00:00"), riga("2026-10-27T00:00"))

    assert local(found) == ["24 03:30+0300", "25 03:30+0300", "26 03:30+0200"]


def test_every_hour_runs_in_both_of_the_repeated_ones() -> None:
    found = fires("0 * * * *", riga("2026-10-25T01:30"), riga("2026-10-25T05:30"))

    assert [later - sooner for sooner, later in pairwise(found)] == [timedelta(hours=1)] * 4


@pytest.mark.parametrize("expression", ["30 3 * * *", "0 7 * * *", "0 * * * *", "*/20 3 * * *", "0 4 * * 0"])
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-06-01"])
def test_the_last_fire_is_the_one_that_came_last(expression: str, day: str) -> None:
    """Looked at from every ten minutes, forward and backward tell the same story."""
    begin = riga(f"{day}T00:00")
    known = fires(expression, begin - timedelta(days=15), begin + timedelta(days=2))
    for minutes in range(0, 36 * 60, 10):
        now = begin + timedelta(minutes=minutes)
        assert last_fire(expression, RIGA, now) == max(at for at in known if at <= now), now


def test_the_instant_itself_has_fired() -> None:
    seven = riga("2026-11-02T07:00")

    assert last_fire("0 7 * * *", RIGA, seven) == seven
    assert next_fire("0 7 * * *", RIGA, seven) == seven + timedelta(days=1)
    assert last_fire("0 7 * * *", RIGA, seven - timedelta(seconds=1)) == seven - timedelta(days=1)


def test_the_trigger_fires_on_the_machines_clock_at_the_simulated_instant() -> None:
    """Simulated time is an hour before a fire and runs sixty times as fast: a minute is left."""
    real = datetime.now(UTC)
    wall = SimulatedTime(real, 60, datetime(2026, 11, 2, 6, 0, tzinfo=UTC))
    trigger = CronTrigger("0 7 * * *", ZoneInfo("UTC"), wall)

    fires_at = trigger.get_next_fire_time(None, real)

    assert timedelta(seconds=55) < fires_at - real <= timedelta(seconds=60)


def test_the_trigger_never_fires_early_and_moves_on_once_fired() -> None:
    wall = HandTime(datetime(2026, 11, 2, 6, 59, 59, tzinfo=UTC))
    trigger = CronTrigger("0 7 * * *", ZoneInfo("UTC"), wall)
    now = wall.now() + timedelta(microseconds=400_000)  # APScheduler knows fractions, slamon whole seconds

    first = trigger.get_next_fire_time(None, now)
    assert datetime(2026, 11, 2, 7, tzinfo=UTC) <= first < datetime(2026, 11, 2, 7, 0, 1, tzinfo=UTC)
    wall.moment = datetime(2026, 11, 2, 7, tzinfo=UTC)
    second = trigger.get_next_fire_time(first, first)
    assert second - first == timedelta(days=1)
    assert repr(trigger) == "CronTrigger('0 7 * * *', UTC)"


def test_a_job_missed_often_runs_once_and_never_beside_itself() -> None:
    scheduler = build_scheduler()
    job = scheduler.add_job(print, CronTrigger("0 7 * * *", ZoneInfo("UTC"), RealTime()))

    assert scheduler._job_defaults == {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    assert job.trigger.expression == "0 7 * * *"


def test_two_processes_agree_on_simulated_time() -> None:
    anchor, start = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 2, 6, tzinfo=UTC)
    one, other = SimulatedTime(anchor, 60, start), SimulatedTime(anchor, 60, start)

    assert timedelta(0) <= other.now() - one.now() <= timedelta(seconds=5)
    assert one.now().microsecond == 0
    assert one.real_seconds(timedelta(hours=1)) == 60
    assert SimulatedTime(anchor, 1).now() - RealTime().now() <= timedelta(seconds=1)
    assert RealTime().real_seconds(timedelta(minutes=1)) == 60
