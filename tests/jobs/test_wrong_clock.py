"""The clock is moved, or wrong from the start: nobody is told of what has not happened, and nothing is lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from slamon.core.promise import PolicyRule
from slamon.core.reference import GoalHours
from slamon.errors import ClockDisagreesError
from slamon.jobs.clock_check import ClockCheck
from slamon.metrics import Metrics
from slamon.schedule import CronTrigger, EveryTrigger, Waker, build_scheduler
from slamon.steady import SteadyClock
from slamon.walltime import KeptTime, RealTime, SimulatedTime
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.world import Life, at, ticket, worlds_of

RESOLVE_ONLY = PolicyRule("default", calendar="AllHours", goals=GoalHours(None, None, 4))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EPOCH = at("12:00").timestamp()


class Machine:
    """A machine's two clocks: one that can be set, one that cannot."""

    def __init__(self) -> None:
        self.metrics = Metrics(version="0", tzdata_version="0", tenants=[TENANT], strict=True)
        self.passed = 0.0
        self.moved = timedelta(0)
        self.clock = SteadyClock(self.metrics, self.wall, lambda: 1000 + self.passed)
        self.time = KeptTime(RealTime, self.clock)

    def wall(self) -> float:
        return EPOCH + self.passed + self.moved.total_seconds()

    def steps(self) -> float | None:
        return self.metrics.registry.get_sample_value("slamon_clock_steps_total")


@pytest.mark.parametrize("step", [HOUR, -HOUR, DAY, -DAY, 3650 * DAY, timedelta(seconds=2)])
def test_a_clock_that_is_moved_moves_nothing_until_it_is_followed(step: timedelta) -> None:
    machine = Machine()

    machine.moved = step
    machine.passed = 30

    assert (machine.time.now(), machine.time.moved()) == (at("12:00:30"), step)
    assert (machine.time.steps, machine.steps()) == (1, 1.0)
    machine.time.follow()
    assert (machine.time.now(), machine.time.moved()) == (at("12:00:30") + step, timedelta(0))


def test_a_clock_that_is_put_right_is_where_it_was() -> None:
    machine = Machine()

    machine.moved = DAY
    machine.time.now()
    machine.moved, machine.passed = timedelta(seconds=0.4), 60

    assert (machine.time.now(), machine.time.moved(), machine.steps()) == (at("12:01"), timedelta(0), 2.0)


def test_a_clock_that_is_slewed_or_a_machine_that_slept_is_no_step() -> None:
    machine = Machine()

    for _ in range(10):
        machine.moved += timedelta(seconds=0.5)
        machine.time.now()
    machine.passed = 8 * 3600

    assert (machine.time.now(), machine.steps()) == (at("20:00:05"), 0.0)


def test_simulated_time_is_kept_too() -> None:
    machine = Machine()
    time = KeptTime(lambda seconds: SimulatedTime(at("12:00"), 60, at("2026-11-09T08:00"), seconds), machine.clock)

    machine.moved, machine.passed = HOUR, 60

    assert (time.now(), time.moved()) == (at("2026-11-09T09:00"), 60 * HOUR)


# --- beside ConnectWise's clock


class Moved:
    """A keeper of a clock that stands *by* ahead of the time that is kept."""

    def __init__(self, by: timedelta) -> None:
        self.steps = 1
        self.by = by
        self.followed = False

    def moved(self) -> timedelta:
        return self.by

    def follow(self) -> None:
        self.followed = True


NOON = at("12:00")
NONE = timedelta(0)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("moved", "answered", "was_right", "agrees", "follows", "skew"),
    [
        pytest.param(NONE, NONE, None, True, True, NONE, id="both agree"),
        pytest.param(NONE, 2 * MINUTE, None, True, True, -2 * MINUTE, id="as far apart as they may be"),
        pytest.param(NONE, 3 * MINUTE, None, False, False, -3 * MINUTE, id="behind"),
        pytest.param(NONE, 3 * MINUTE, True, False, False, -3 * MINUTE, id="behind of late"),
        pytest.param(NONE, -DAY, None, False, False, DAY, id="ahead"),
        pytest.param(NONE, -DAY, True, True, False, DAY, id="an old date from a cache"),
        pytest.param(NONE, -DAY, False, False, False, DAY, id="still ahead"),
        pytest.param(DAY, NONE, True, True, False, DAY, id="moved, and the time that is kept is right"),
        pytest.param(-DAY, NONE, True, True, False, -DAY, id="moved back"),
        pytest.param(MINUTE, NONE, True, True, True, MINUTE, id="moved by little"),
        pytest.param(DAY, DAY, True, False, True, NONE, id="put right: what was begun is void"),
        pytest.param(HOUR, DAY, True, False, False, -23 * HOUR, id="neither is right"),
    ],
)
def test_the_clock_that_connectwise_confirms_is_gone_by(
    moved: timedelta, answered: timedelta, was_right: bool | None, agrees: bool, follows: bool, skew: timedelta
) -> None:
    keeper = Moved(moved)
    check = ClockCheck(2 * MINUTE, keeper, was_right)

    try:
        check.check(NOON, NOON, NOON + answered)
    except ClockDisagreesError:
        found = False
    else:
        found = True

    assert (found, keeper.followed, check.skew) == (agrees, follows, skew)
    assert check.is_right == (agrees or follows)


def test_an_answer_that_was_long_on_its_way_says_nothing_against_the_clock() -> None:
    check = ClockCheck(2 * MINUTE)

    check.check(NOON, NOON + HOUR, NOON + HOUR / 2)

    assert (check.is_right, check.skew) == (True, NONE)


# --- what is told


def lying(desk: OpenDesk, ahead: timedelta) -> Desk:
    """A desk whose clock is ahead of ConnectWise's; there is a ticket due at 14:00."""
    return desk(worlds_of(Life(ticket())), settings_of(RESOLVE_ONLY), skew=-ahead, watched_since=at("10:00") + ahead)


def see(watched: Desk, moment: datetime) -> str:
    return watched.poll(moment).result


@pytest.mark.parametrize("ahead", [DAY, -DAY, HOUR, -HOUR])
def test_nothing_is_judged_by_a_clock_that_is_wrong_from_the_start(desk: OpenDesk, ahead: timedelta) -> None:
    watched = lying(desk, ahead)

    poll = watched.poll(at("12:00") + ahead)

    assert poll.result == "failed"
    assert "ahead of ConnectWise's" in poll.error or "behind ConnectWise's" in poll.error
    assert (watched.transitions(), watched.store.load_tickets(TENANT, [1])) == ([], {})
    assert watched.sample("slamon_clock_skew_seconds", tenant=TENANT) == ahead.total_seconds()
    assert watched.sample("slamon_up", tenant=TENANT) == 0
    assert "nothing is judged until the wrong one is put right" in watched.watch.lookout.reason()


def test_what_happens_before_a_wrong_clock_said_that_the_watch_began_is_news(desk: OpenDesk) -> None:
    """The clock was a day ahead at the first start of all, and is right now."""
    watched = desk(worlds_of(Life(ticket())), settings_of(RESOLVE_ONLY), watched_since=at("10:00") + DAY)
    watched.store.claim_run("watch", TENANT, at("10:00") + DAY)

    watched.polls("10:01", "13:30", "14:01")

    assert [kind for kind, _ in watched.mailed()] == ["near_breach/resolve"] * 2 + ["breached/resolve"] * 2
    assert watched.store.load_runs("watch") == [(TENANT, at("10:01"))]


def test_a_poll_begins_anew_when_it_finds_that_the_clock_was_put_right(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of(RESOLVE_ONLY))
    keeper = Moved(-DAY)

    def follow() -> None:
        watched.wall.moment -= DAY
        keeper.by = NONE

    keeper.follow = follow  # type: ignore[method-assign]
    watched.watch.deps = replace(watched.watch.deps, clock=ClockCheck(keeper=keeper))
    watched.source._now = lambda: at("12:00")

    poll = watched.poll(at("12:00") + DAY)

    assert (poll.result, poll.started_at, poll.watermark) == ("ok", at("12:00"), at("10:00"))


# --- the scheduler, which goes by the machine's clock


class HandTime:
    """Time that is kept: it stands where it is put."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()


def test_what_came_due_while_the_scheduler_slept_by_a_moved_clock_fires_when_it_is_scheduled_anew() -> None:
    wall = HandTime(at("06:59"))
    trigger = CronTrigger("0 7 * * *", ZoneInfo("UTC"), wall)
    machine = at("06:59")
    assert trigger.get_next_fire_time(None, machine) == at("07:00")

    wall.moment = at("07:00:05")
    set_back = machine - DAY

    assert trigger.get_next_fire_time(None, set_back) == set_back
    assert trigger.get_next_fire_time(set_back, set_back) == set_back + DAY - timedelta(seconds=5)


def test_every_job_counts_from_now_when_it_is_scheduled_anew() -> None:
    async def main() -> list[datetime]:
        scheduler = build_scheduler()
        later = datetime.now(UTC) + DAY  # as a clock that was set back leaves it
        scheduler.add_job(print, EveryTrigger(60.0), next_run_time=later)
        scheduler.add_job(print, CronTrigger("* * * * *", ZoneInfo("UTC"), RealTime()), next_run_time=later)
        scheduler.start(paused=True)
        keeper = Moved(-DAY)
        waker = Waker(scheduler, keeper)
        keeper.steps += 1
        waker()
        found = [job.next_run_time for job in scheduler.get_jobs()]
        scheduler.shutdown(wait=False)
        return found

    soon = datetime.now(UTC) + timedelta(minutes=10)

    assert all(each < soon for each in asyncio.run(main()))
