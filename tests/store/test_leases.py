"""Leases: one holder at a time, tokens that grow, and writes that are refused without the newest token."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, update

from slamon.errors import LeaseLostError
from slamon.ports import Lease, Watcher
from slamon.store.database import Database
from slamon.store.dbtime import database_now
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from slamon.store.tables import leases

from .samples import MAIN, NOW, entered, event, note, poll, reading, ticket, transition


def nobody(holder: str) -> bool:
    return False


def take(store: SqlStore, holder: str, seconds: int = 60, is_gone: Callable[[str], bool] = nobody) -> Lease | None:
    return store.take_lease(MAIN, holder, seconds, is_gone)


def run_out(store: SqlStore, seconds: int = 0) -> None:
    """Let the lease end *seconds* from now."""
    with store._database.writing() as connection:
        now = select(database_now()).scalar_subquery()
        connection.execute(update(leases).values(until_at=now + seconds))


@contextmanager
def beside(store: SqlStore) -> Iterator[SqlStore]:
    """Another process's store on the same database."""
    other = SqlStore(Database(store._database.url.render_as_string(hide_password=False)))
    yield other
    other.close()


def test_one_holds_it_and_its_token_grows_with_each_taker(store: SqlStore) -> None:
    assert take(store, "one") == Lease(MAIN, "one", 1)
    assert take(store, "two") is None
    assert store.take_lease("other", "two", 60, nobody) == Lease("other", "two", 1)
    assert store.load_holder(MAIN) == "one"

    run_out(store)

    assert store.load_holder(MAIN) is None
    assert take(store, "two") == Lease(MAIN, "two", 2)
    assert take(store, "one") is None


def test_a_holder_that_comes_again_takes_it_with_a_new_token(store: SqlStore) -> None:
    """As after a reload: what the old watch still has under way is refused."""
    first = take(store, "one")
    second = take(store, "one")

    assert first is not None
    assert second == Lease(MAIN, "one", 2)
    with pytest.raises(LeaseLostError):
        store.held_by(lambda _: first).save_poll(poll())


def test_a_holder_that_is_gone_holds_nothing(store: SqlStore) -> None:
    take(store, "one")

    assert take(store, "two", is_gone=lambda holder: holder == "one") == Lease(MAIN, "two", 2)


def test_a_renewed_one_stays_and_a_lost_one_is_not_renewed(store: SqlStore) -> None:
    mine = take(store, "one")
    assert mine is not None
    run_out(store, seconds=1)
    assert store.renew_leases("one", {MAIN: 60}, {MAIN: mine}) == {MAIN}
    time.sleep(1.1)
    assert take(store, "two") is None

    run_out(store)
    assert store.renew_leases("one", {MAIN: 60}, {MAIN: mine}) == {MAIN}, "nobody came, it is still its own"
    run_out(store)
    assert take(store, "two") is not None
    assert store.renew_leases("one", {MAIN: 60}, {MAIN: mine}) == set()
    assert store.load_holder(MAIN) == "two"


def test_a_released_one_is_free_and_a_lost_one_cannot_be_released(store: SqlStore) -> None:
    mine = take(store, "one")
    assert mine is not None
    store.release_lease(mine)
    assert take(store, "two") == Lease(MAIN, "two", 2)

    store.release_lease(mine)

    assert store.load_holder(MAIN) == "two"


def test_a_clock_that_was_set_back_frees_what_would_last_for_hours(store: SqlStore) -> None:
    take(store, "one")
    run_out(store, seconds=3600)

    assert store.load_holder(MAIN) is None
    assert take(store, "two") == Lease(MAIN, "two", 2)


def test_watchers_are_those_who_live_and_what_they_hold(store: SqlStore) -> None:
    mine = take(store, "one")
    assert mine is not None
    store.renew_leases("one", {MAIN: 60, "other": 60}, {MAIN: mine})
    store.renew_leases("two", {MAIN: 60}, {})

    assert store.load_watchers() == [
        Watcher(MAIN, "one", holds=True),
        Watcher(MAIN, "two", holds=False),
        Watcher("other", "one", holds=False),
    ]
    store.leave("one")
    assert store.load_watchers() == [Watcher(MAIN, "two", holds=False)]
    with store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE watchers SET until_at = 1")
    assert store.load_watchers() == []


def test_T86_of_many_who_come_at_once_one_gets_it(url: str) -> None:
    open_store(url).close()
    start, found = Barrier(8), list[Lease | None]()

    def come(number: int) -> None:
        own = SqlStore(Database(url, pooled=False))
        start.wait()
        found.append(take(own, str(number)))
        own.close()

    threads = [Thread(target=come, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert [lease.token for lease in found if lease] == [1]


def test_T86_who_lost_the_lease_writes_nothing(store: SqlStore) -> None:
    mine = take(store, "one")
    assert mine is not None
    fenced = store.held_by(lambda _: mine)
    fenced.save_poll(poll(), [ticket(1)], [entered(1)])
    run_out(store)
    take(store, "two")

    with pytest.raises(LeaseLostError, match="another daemon watches it by now; nothing was written"):
        fenced.save_poll(poll(NOW.replace(minute=50)), [ticket(2)], [entered(2)])
    with pytest.raises(LeaseLostError):
        fenced.save_evaluation(
            MAIN,
            now=NOW,
            evaluated={1: None},
            readings=[reading(1)],
            transitions=[transition(1)],
            notifications=[note()],
        )

    assert store.load_open_ids(MAIN) == {1}
    assert store.load_last_poll(MAIN) == poll()
    assert store.load_readings(MAIN, [1]) == {}
    assert store.outbox_state().waiting == 0
    assert fenced.load_open_ids(MAIN) == {1}, "reading is free"
    fenced.close()
    assert store.load_open_ids(MAIN) == {1}, "the store it was made of is still open"


def test_T86_a_lease_is_not_taken_while_its_holder_writes(store: SqlStore) -> None:
    """A new holder reads what the old one has stored, so nothing of that may still be under way."""
    mine = take(store, "one")
    assert mine is not None
    run_out(store)
    taken: list[Lease | None] = []
    with beside(store) as other:

        def come() -> None:
            while not any(taken):
                taken.append(take(other, "two"))

        coming = Thread(target=come)
        with store.held_by(lambda _: mine)._database.writing(MAIN) as connection:
            coming.start()
            time.sleep(0.3)
            connection.exec_driver_sql("INSERT INTO job_runs VALUES ('a', 'b', 0)")
            assert not any(taken)
        coming.join()

        assert taken[-1] == Lease(MAIN, "two", 2)
        assert other.load_runs("a") == [("b", NOW.fromtimestamp(0, NOW.tzinfo))]


def test_only_writes_of_a_tenant_are_fenced(store: SqlStore) -> None:
    def none(tenant: str) -> Lease:
        raise LeaseLostError(f"tenant {tenant}: not held")

    fenced = store.held_by(none)

    assert fenced.claim_run("weekly", "now", NOW)
    assert fenced.enqueue([note()]) == 1
    with pytest.raises(LeaseLostError):
        fenced.save_poll(poll(), [ticket(1)], [event(1)])
