"""Hints: what a callback named is asked for soon, by id if it is known; nothing depends on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from slamon.errors import SourceUnavailableError, StoreUnavailableError
from slamon.jobs.tenant import MOST_HINTS
from slamon.watch import TenantWatch
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.test_poll import FailingStore, failing
from tests.jobs.test_watch import quicken, until
from tests.jobs.world import NOC, Life, World, at, status, ticket, worlds_of


def by_id(watched: Desk) -> list[object]:
    return [about for what, about in watched.source.asked if what == "by_id"]


def polls(watched: Desk) -> int:
    return sum(what == "tickets" and about is not None for what, about in watched.source.asked)


def settled(*lives: Life) -> list[World]:
    """Return worlds in which another ticket has moved the list of changes past *lives*."""
    return worlds_of(*lives, Life(ticket(900)).then(at("10:04"), owner="jdoe"))


async def waits(holds: Callable[[], bool]) -> None:
    for _ in range(2000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to hold")


def test_a_known_ticket_is_asked_for_by_id_once(desk: OpenDesk) -> None:
    watched = desk(settled(Life(ticket(1)), Life(ticket(2))))
    watched.polls("10:05")

    assert watched.watch.hint(1)
    watched.polls("10:20", "10:21")

    assert by_id(watched) == [frozenset({1})]
    assert watched.state.hinted_ids == set()


def test_T79_a_ticket_of_a_board_that_is_not_watched_is_not_taken_in(desk: OpenDesk) -> None:
    elsewhere = Life(ticket(2, board=NOC, status=status("New", NOC))).then(at("10:30"), owner="jdoe")
    watched = desk(settled(Life(ticket(1)), elsewhere), settings_of(boards=("Help Desk",)))
    watched.polls("10:05")

    assert watched.watch.hint(2)
    assert watched.watch.hint(987_654)
    watched.polls("10:31", "10:32")

    assert by_id(watched) == []
    assert watched.store.load_open_ids(TENANT) == {1, 900}
    assert watched.store.load_tickets(TENANT, [2, 987_654]) == {}


def test_a_ticket_that_was_deleted_is_only_asked_for(desk: OpenDesk) -> None:
    gone = Life(ticket(1))
    gone.gone_at = at("10:30")
    watched = desk(settled(gone, Life(ticket(2))))
    watched.polls("10:05")

    watched.watch.hint(1)
    watched.polls("10:31", "10:32")

    assert watched.store.load_open_ids(TENANT) == {1, 2, 900}  # absence proves nothing; the sweep will see
    assert by_id(watched) == [frozenset({1})]


def test_a_failed_poll_keeps_the_hint(desk: OpenDesk) -> None:
    watched = desk(settled(Life(ticket(1))))
    watched.polls("10:05")

    watched.watch.hint(1)
    watched.source.fails = [SourceUnavailableError("away")]
    assert watched.poll("10:10").result == "failed"
    watched.polls("10:11")

    assert by_id(watched) == [frozenset({1})]


def test_a_database_that_is_away_keeps_the_hint(desk: OpenDesk) -> None:
    watched = desk(settled(Life(ticket(1))), wrap=FailingStore)
    watched.polls("10:05")

    watched.watch.hint(1)
    failing(watched).failures = {"load_tickets": 1}
    with pytest.raises(StoreUnavailableError):
        watched.poll("10:10")
    watched.polls("10:11")

    assert by_id(watched) == [frozenset({1})]


def test_only_so_many_tickets_are_noted(desk: OpenDesk) -> None:
    watched = desk(settled(Life(ticket(1))))

    taken = [watched.watch.hint(number) for number in range(MOST_HINTS + 100)]

    assert taken == [True] * MOST_HINTS + [False] * 100
    assert watched.watch.hint(5)  # noted already
    assert len(watched.state.hinted_ids) == MOST_HINTS
    assert watched.poll("10:05").result == "ok"
    assert watched.watch.hint(MOST_HINTS + 1)


def test_a_hint_brings_the_next_poll_forward(desk: OpenDesk) -> None:
    watched = desk(settled(Life(ticket(1))))
    watch = quicken(watched, "10:05", 1, timedelta(hours=10))
    watch._hint_seconds = 0.05

    async def scenario() -> None:
        running = asyncio.create_task(until(watch, lambda: polls(watched) >= 2, asyncio.Event()))
        await waits(lambda: polls(watched) == 1 and not watch._busy.locked())
        assert watch.hint(1)
        await running

    asyncio.run(scenario())
    assert by_id(watched) == [frozenset({1})]


def test_however_many_hints_come_they_bring_one_poll(desk: OpenDesk) -> None:
    watched = desk(settled(*(Life(ticket(number)) for number in range(1, 6))))
    watch = quicken(watched, "10:05", 1, timedelta(hours=10))
    watch._hint_seconds = 1.0

    asyncio.run(flood(watch, watched))

    assert polls(watched) == 2
    assert by_id(watched) == [frozenset({1, 2, 3, 4, 5})]


async def flood(watch: TenantWatch, watched: Desk) -> None:
    """Hint without a pause until a second poll has begun."""
    stop = asyncio.Event()
    running = asyncio.create_task(watch.run(stop))
    await waits(lambda: polls(watched) == 1 and not watch._busy.locked())
    for number in range(20_000):
        if polls(watched) == 2:
            break
        watch.hint(1 + number % 5)
        await asyncio.sleep(0.001)
    stop.set()
    await asyncio.wait_for(running, 20)
