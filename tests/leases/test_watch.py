"""Watches of one tenant on one database: one works, the other shows what it stored, and no write comes late."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from slamon.core.reading import Verdict
from slamon.core.sight import Pace
from slamon.leases import LeaseDesk, lease_seconds
from slamon.ports import Store
from slamon.store.sql import SqlStore
from slamon.watch import TenantWatch
from tests.jobs.desk import TENANT, Desk
from tests.jobs.test_watch import FastTime
from tests.jobs.world import Life, at, ticket, worlds_of
from tests.store.test_leases import run_out

POLL = timedelta(seconds=5)
PATIENCE = 60.0


class Daemon(Desk):
    """A daemon with one tenant, on time that runs as the real one."""

    def __init__(self, store: SqlStore, holder: str, skew: timedelta = timedelta(0)) -> None:
        self._leases: LeaseDesk | None = None
        self._holder = holder
        super().__init__(store, worlds_of(Life(ticket())), wrap=self._fenced, skew=skew)
        self.wall = FastTime(at("10:05"), 1)  # type: ignore[assignment]
        self.start()
        self.watch.lookout.pace = Pace(POLL)
        self.watch._hold = self.desk.hold(TENANT)

    def _fenced(self, store: Store) -> Store:
        return store.held_by(lambda tenant: self.desk.lease_of(tenant))

    @property
    def desk(self) -> LeaseDesk:
        if self._leases is None:
            seconds = {TENANT: lease_seconds(POLL.total_seconds())}
            self._leases = LeaseDesk(self.store, self.metrics, self._holder, seconds)
        return self._leases

    @property
    def asked(self) -> int:
        return len(self.source.asked)

    def holds(self) -> bool:
        return self.sample("slamon_lease_held", tenant=TENANT) == 1


@asynccontextmanager
async def running(daemon: Daemon) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(daemon.watch.run(stop)), asyncio.create_task(daemon.desk.run())]
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(tasks[0], 30)
        tasks[1].cancel()
        await daemon.desk.aclose()


async def until(what: str, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


def test_one_polls_and_the_other_shows_the_same(store: SqlStore) -> None:
    async def live() -> None:
        one, other = Daemon(store, "one"), Daemon(store, "other")
        async with running(one):
            await until("a poll", lambda: one.sample("slamon_up", tenant=TENANT) == 1)
            async with running(other):
                await until("the other's board", lambda: other.sample("slamon_up", tenant=TENANT) == 1)

                assert (one.holds(), other.holds()) == (True, False)
                assert other.asked == 0
                assert other.verdicts() == [Verdict.RUNNING] * 3
                for daemon in (one, other):
                    shown = {"stage": "resolve", "state": "running", "tenant": TENANT, "board": "Help Desk"}
                    assert daemon.sample("slamon_tickets", **shown) == 1
                    assert daemon.sample("slamon_up", tenant=TENANT) == 1
                assert other.sample("slamon_unmapped_statuses", tenant=TENANT) is None

    asyncio.run(live())


def test_a_stop_hands_the_tenant_over_at_once(store: SqlStore) -> None:
    async def live() -> None:
        one, other = Daemon(store, "one"), Daemon(store, "other")
        async with running(other):
            async with running(one):
                await until("somebody", lambda: one.holds() or other.holds())
                first, second = (one, other) if one.holds() else (other, one)
                assert second.asked == 0
                if first is other:
                    return
            await until("the other", other.holds)
            await until("a poll", lambda: other.asked > 0)

    asyncio.run(live())


def test_T86_who_lost_the_lease_in_the_middle_of_a_poll_writes_nothing_and_stands_by(store: SqlStore) -> None:
    """As after a pause: its lease has run out and another took it while ConnectWise was being asked."""

    async def live() -> None:
        one = Daemon(store, "one")
        fetch = one.source.fetch_reference

        async def slow():  # type: ignore[no-untyped-def]  # noqa: ANN202
            found = await fetch()
            run_out(store)
            assert store.take_lease(TENANT, "other", 60, lambda _: False) is not None
            return found

        one.source.fetch_reference = slow  # type: ignore[method-assign]
        async with running(one):
            await until("the loss", lambda: (one.sample("slamon_leases_lost_total", tenant=TENANT) or 0) > 0)
            assert not one.holds()
        assert store.load_last_poll(TENANT) is None
        assert store.load_open_ids(TENANT) == set()
        assert one.sample("slamon_leases_lost_total", tenant=TENANT) == 1
        assert store.load_holder(TENANT) == "other"

    asyncio.run(live())


def test_a_daemon_whose_clock_is_wrong_leaves_the_tenant_to_another_and_asks_for_no_share(store: SqlStore) -> None:
    async def live() -> None:
        wrong, right = Daemon(store, "wrong", skew=timedelta(days=1)), Daemon(store, "right")
        wrong.watch.lookout.pace = Pace(timedelta(seconds=1))
        async with running(wrong):
            await until("a poll", lambda: (wrong.sample("slamon_polls_total", tenant=TENANT, result="failed") or 0) > 1)
            assert wrong.holds()  # there is no other
            async with running(right):
                await until("the other", lambda: right.sample("slamon_up", tenant=TENANT) == 1)
                assert (wrong.holds(), right.holds()) == (False, True)
                await wrong.desk.renew()
                assert [each.holder for each in store.load_watchers()] == ["right"]
            await until("the first again", wrong.holds)

    asyncio.run(live())


def test_what_was_remembered_is_forgotten_once_another_was_there(store: SqlStore) -> None:
    async def secured(watch: TenantWatch) -> bool:
        return await watch._secure_or_stand_by()

    async def live() -> None:
        one = Daemon(store, "one")
        assert await secured(one.watch)
        one.state.retry_ids.add(7)
        assert await secured(one.watch)
        assert one.state.retry_ids == {7}
        run_out(store)
        lease = store.take_lease(TENANT, "other", 60, lambda _: False)
        assert lease is not None
        store.release_lease(lease)
        assert await secured(one.watch)
        assert one.state.retry_ids == set()
        await one.desk.aclose()

    asyncio.run(live())


def test_a_lease_is_short_enough_for_two_polls_and_long_enough_for_a_hiccup() -> None:
    for poll in (5, 10, 60, 300, 86_400):
        length = lease_seconds(poll)
        assert 6 <= length <= 60
        assert length * 9 / 8 <= 2 * poll
    assert lease_seconds(0.1) == 6
