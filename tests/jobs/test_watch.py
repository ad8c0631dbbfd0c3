"""One tenant's loop: polls at its pace, wakes when something changes by itself, outlives what goes wrong."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from slamon.core.promise import PolicyRule
from slamon.core.reading import Verdict
from slamon.core.reference import GoalHours
from slamon.errors import SourceUnavailableError, StoreUnavailableError
from slamon.ports import Store
from slamon.walltime import SimulatedTime
from slamon.watch import TenantWatch
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.test_poll import FailingStore, failing
from tests.jobs.world import Life, at, ticket, worlds_of

RESOLVE_ONLY = PolicyRule("default", calendar="AllHours", goals=GoalHours(None, None, 4))
PATIENCE = 20.0  # real seconds; what is awaited comes in a fraction of one


class FastTime:
    """Time that begins at an instant now and runs so many times as fast as the real one."""

    def __init__(self, begin: datetime, speed: float) -> None:
        self._begin, self._speed, self._real = begin, speed, time.monotonic()

    def now(self) -> datetime:
        passed = timedelta(seconds=(time.monotonic() - self._real) * self._speed)
        return (self._begin + passed).replace(microsecond=0)

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds() / self._speed


def quicken(desk: Desk, begin: str, speed: float, poll_every: timedelta) -> TenantWatch:
    """Let the desk's watch run on fast time."""
    fast = FastTime(at(begin), speed)
    desk.wall = fast  # type: ignore[assignment]
    desk.poll_every = poll_every
    desk.start()
    return desk.watch


async def until(watch: TenantWatch, holds: Callable[[], bool], stop: asyncio.Event) -> None:
    """Run the watch until something holds, then stop it; it must end at once."""
    running = asyncio.create_task(watch.run(stop))
    deadline = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < deadline
        assert not running.done()
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 5)


def run_until(watch: TenantWatch, holds: Callable[[], bool]) -> None:
    asyncio.run(until(watch, holds, asyncio.Event()))


def test_it_wakes_when_a_deadline_passes_though_the_next_poll_is_far(desk: OpenDesk) -> None:
    """T67: a poll an hour apart and still the breach is told of at its second."""
    watched = desk(worlds_of(Life(ticket())), settings_of(RESOLVE_ONLY))
    watch = quicken(watched, "13:59", 600, timedelta(hours=10))

    run_until(watch, lambda: any(change == "breached" for _, change, _ in watched.changes()))

    assert [what for what, _ in watched.source.asked].count("reference") == 2  # what is new is read twice
    assert len([what for what, _ in watched.source.asked if what == "tickets"]) == 1
    (record,) = [
        record
        for record in watched.store.load_transitions(TENANT, at("00:00"), at("23:59"))
        if record.transition.change == "breached"
    ]
    # A wake-up comes at most a second late on the real clock, ten minutes on this one.
    assert at("14:00:01") <= record.seen_at < at("14:10")
    assert watched.outbox.is_set()


def test_it_polls_at_its_pace(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))
    watch = quicken(watched, "10:00", 600, timedelta(seconds=30))

    run_until(watch, lambda: (watched.sample("slamon_polls_total", tenant=TENANT, result="ok") or 0) >= 4)

    assert watch.last is not None
    assert watch.last_success_at == watch.last.finished_at


def test_it_survives_a_bug_in_one_cycle(desk: OpenDesk) -> None:
    class Buggy:
        def __init__(self, store: Any) -> None:
            self._store, self.bugs = store, 2

        def __getattr__(self, name: str) -> Any:
            if name == "load_due_ids" and self.bugs:
                self.bugs -= 1
                raise ZeroDivisionError
            return getattr(self._store, name)

    watched = desk(worlds_of(Life(ticket())), wrap=Buggy)
    watch = quicken(watched, "10:00", 600, timedelta(seconds=30))

    run_until(watch, lambda: watch.last_success_at is not None)

    assert watched.verdicts() == [Verdict.RUNNING] * 3


def test_a_database_that_does_not_answer_is_counted_and_seen(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), wrap=FailingStore)
    failing(watched).failures = {"save_poll": 2}
    watch = quicken(watched, "10:00", 600, timedelta(seconds=30))

    run_until(watch, lambda: watch.last_success_at is not None)

    assert (watched.sample("slamon_db_errors_total") or 0) >= 2
    assert watched.sample("slamon_db_up") == 1


def test_a_source_that_is_down_is_tried_again_at_the_next_poll(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))
    watched.source.fails = [SourceUnavailableError("down")] * 2
    watch = quicken(watched, "10:00", 600, timedelta(seconds=30))

    run_until(watch, lambda: watch.last_success_at is not None)

    assert watched.sample("slamon_polls_total", tenant=TENANT, result="failed") == 2


def test_a_stop_ends_a_long_sleep_at_once(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))
    watch = quicken(watched, "10:00", 1, timedelta(hours=1))

    run_until(watch, lambda: watch.last_success_at is not None)  # asserts that it ends


def test_poll_and_evaluation_never_overlap(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))
    watched.wall.moment = at("10:05")

    async def both() -> None:
        await asyncio.gather(watched.watch.cycle(), watched.watch.evaluate(), watched.watch.cycle())

    asyncio.run(both())

    assert watched.told() == [("entered", "10:00:00", "New")]


class HeldStore:
    """The real store, which stores readings when it may."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reached, self.may = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        if name == "save_evaluation":
            self.reached.set()
            assert self.may.wait(PATIENCE)
        return getattr(self._store, name)


def test_what_is_being_read_is_waited_for_until_it_is_stored(desk: OpenDesk) -> None:
    """A report dates what it knows: what was read before then must be there."""
    watched = desk(worlds_of(Life(ticket())), wrap=HeldStore)
    watched.wall.moment = at("10:05")
    held = watched.used
    assert isinstance(held, HeldStore)

    async def ask() -> None:
        cycle = asyncio.create_task(watched.watch.cycle())
        assert await asyncio.to_thread(held.reached.wait, PATIENCE)
        settled = asyncio.create_task(watched.watch.settled())
        await asyncio.sleep(0)
        assert not settled.done()
        held.may.set()
        await settled
        assert watched.store.load_readings(TENANT, [1])
        await cycle

    asyncio.run(ask())


def test_reference_data_that_cannot_be_read_leave_the_old_ones(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))
    watched.poll("10:05")
    watched.source.fails = [SourceUnavailableError("down")]

    with pytest.raises(SourceUnavailableError):
        watched.forget_reference()

    assert watched.state.reference is watched.source.reference
    assert watched.poll("10:06").result == "ok"


def test_a_fast_clock_and_the_simulated_one_agree() -> None:
    """What these tests run on is what the demo runs on."""
    begin = datetime.now(at("10:00").tzinfo)
    fast, simulated = FastTime(begin, 60), SimulatedTime(begin, 60)

    assert abs(fast.now() - simulated.now()) < timedelta(seconds=60)
    assert fast.real_seconds(timedelta(hours=1)) == simulated.real_seconds(timedelta(hours=1))


def test_an_error_of_the_store_passes_through_a_single_cycle(desk: OpenDesk) -> None:
    """`slamon poll` must fail, not hide it."""
    watched = desk(worlds_of(Life(ticket())), wrap=FailingStore)
    failing(watched).failures = {"save_poll": 1}

    with pytest.raises(StoreUnavailableError):
        watched.poll("10:05")
