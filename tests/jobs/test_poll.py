"""Polls: the watermark, the overlap, what fails, and what is asked for again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from slamon.core.reading import Verdict
from slamon.core.status_map import build_status_map
from slamon.core.ticket import Kind
from slamon.core.versions import version_of_reference, version_of_status_map
from slamon.errors import PayloadError, SourceRefusedError, SourceUnavailableError, StoreUnavailableError
from slamon.ports import Batch, Poll, Store
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.world import DAY, HELP, HOUR, MINUTE, NOC, Life, ScriptedSource, World, at, status, ticket, worlds_of


class FailingStore:
    """The real store, whose `save_poll` or `save_evaluation` fails as often as it is told to."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.failures: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        if self.failures.get(name):
            self.failures[name] -= 1
            raise StoreUnavailableError("the database did not answer")
        return getattr(self._store, name)


def failing(watched: Desk) -> FailingStore:
    assert isinstance(watched.used, FailingStore)
    return watched.used


def since(watched: Desk) -> list[object]:
    return [about for what, about in watched.source.asked if what == "tickets"]


def test_the_first_poll_asks_for_the_backfill_and_all_that_is_open_later_ones_for_changes(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:30"), owner="jdoe")))

    watched.polls("10:10", "10:11", "10:40", "10:41")

    assert since(watched) == [
        at("10:10") - 7 * DAY,
        at("10:00") - 2 * MINUTE,
        at("10:00") - 2 * MINUTE,
        at("10:30") - 2 * MINUTE,
    ]
    assert watched.store.load_watermark(TENANT) == at("10:30")


def test_the_overlap_makes_no_second_event(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("10:09"), status="Assigned").then(at("10:10"), status="In Progress")
    watched = desk(worlds_of(life))

    watched.poll("10:05")
    records = [watched.poll(f"10:{minute}") for minute in (11, 12, 13, 14)]

    assert [record.seen for record in records] == [1, 1, 1, 1]
    assert [record.changed for record in records] == [1, 0, 0, 0]
    assert [name for _, _, name in watched.told()] == ["New", "Assigned", "In Progress"]
    assert len(watched.events(1, Kind.TERMS)) == 1


def test_T78_a_closed_ticket_is_learnt_of_by_the_list_of_changes(desk: OpenDesk) -> None:
    """Asking for open tickets only, one never learns that they closed."""
    watched = desk(worlds_of(Life(ticket()).then(at("10:20"), status=">Closed", closed=True)))

    watched.polls("10:05", "10:25")

    assert watched.store.load_open_ids(TENANT) == set()
    assert watched.verdicts() == [Verdict.MET] * 3


@pytest.mark.parametrize(
    "error",
    [
        SourceUnavailableError("down"),
        SourceRefusedError("refused", status=401),
        PayloadError("HTML instead of JSON"),
    ],
)
def test_a_source_that_fails_makes_a_failed_poll_and_leaves_the_watermark(desk: OpenDesk, error: Exception) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:20"), status="Assigned")))
    watched.poll("10:05")
    watched.source.fails = [error]  # type: ignore[list-item]

    record = watched.poll("10:25")

    assert (record.result, record.error, record.watermark) == ("failed", str(error), None)
    assert watched.store.load_watermark(TENANT) == at("10:00")
    assert watched.sample("slamon_polls_total", tenant=TENANT, result="failed") == 1
    assert watched.sample("slamon_up", tenant=TENANT) == 0
    began = watched.sample("slamon_last_successful_poll_timestamp_seconds", tenant=TENANT)
    assert began == at("10:05").timestamp()

    watched.poll("10:26")
    assert [name for _, _, name in watched.told()] == ["New", "Assigned"]
    assert watched.sample("slamon_up", tenant=TENANT) == 1


def test_a_failed_poll_leaves_to_the_next_one_what_time_has_changed(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))
    watched.poll("10:05")
    watched.source.fails = [SourceUnavailableError("down")]

    watched.poll("11:30")
    assert watched.stored().stages[0].verdict is Verdict.RUNNING

    watched.poll("11:31")
    assert watched.stored().stages[0].breached_at == at("11:00")


def test_a_poll_that_cannot_be_stored_leaves_everything_as_it_was(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:20"), status="Assigned")), wrap=FailingStore)
    watched.poll("10:05")
    failing(watched).failures = {"save_poll": 1}

    with pytest.raises(StoreUnavailableError):
        watched.poll("10:25")

    assert watched.store.load_watermark(TENANT) == at("10:00")
    assert [name for _, _, name in watched.told()] == ["New"]
    watched.poll("10:26")
    assert [name for _, _, name in watched.told()] == ["New", "Assigned"]


def test_an_evaluation_that_cannot_be_stored_is_done_again(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), wrap=FailingStore)
    failing(watched).failures = {"save_evaluation": 1}

    with pytest.raises(StoreUnavailableError):
        watched.poll("11:30")
    watched.evaluate("11:31")

    assert [change for change in watched.changes() if change[1] == "breached"] == [("respond", "breached", "11:00:00")]
    assert len(watched.mails()) == 2 * 2  # respond is breached and plan at risk, for both recipients


class TestUnreadableTickets:
    def test_the_rest_goes_on_and_they_are_asked_for_again_by_id(self, desk: OpenDesk) -> None:
        both = {1: ticket(1), 2: ticket(2, entered_at=at("08:00"), last_updated_at=at("08:00"))}
        watched = desk(
            [
                World(at("10:00"), both, unreadable=frozenset({2})),
                World(at("12:00"), {**both, 3: ticket(3, entered_at=at("12:00"), last_updated_at=at("12:00"))}),
            ]
        )

        record = watched.poll("10:10")
        assert (record.result, record.seen, record.rejected) == ("partial", 1, 1)
        assert watched.sample("slamon_rows_rejected_total", tenant=TENANT, reason="bad_date") == 1
        assert watched.sample("slamon_up", tenant=TENANT) == 1
        assert watched.verdicts(1) == [Verdict.RUNNING] * 3

        watched.source.asked.clear()
        assert watched.poll("12:10").result == "ok"
        assert ("by_id", frozenset({2})) in watched.source.asked
        assert watched.told(2) == [("entered", "08:00:00", "New")]

        watched.source.asked.clear()
        watched.poll("12:11")
        assert [what for what, _ in watched.source.asked] == ["tickets"]

    def test_one_that_has_gone_meanwhile_is_forgotten(self, desk: OpenDesk) -> None:
        watched = desk(
            [World(at("10:00"), {2: ticket(2)}, unreadable=frozenset({2})), World(at("12:00"), {})],
        )
        watched.polls("10:10", "12:10")
        watched.source.asked.clear()

        watched.poll("12:11")

        assert [what for what, _ in watched.source.asked] == ["tickets"]

    def test_a_store_that_fails_does_not_make_slamon_forget_them(self, desk: OpenDesk) -> None:
        old = ticket(2, entered_at=at("2026-10-01T10:00"), last_updated_at=at("2026-10-01T10:00"))
        tickets = {1: ticket(1), 2: old}
        watched = desk(
            [World(at("10:00"), tickets, unreadable=frozenset({2})), World(at("11:00"), tickets)], wrap=FailingStore
        )
        watched.poll("10:10")
        failing(watched).failures = {"save_poll": 1}
        with pytest.raises(StoreUnavailableError):
            watched.poll("11:10")

        watched.poll("11:11")

        assert watched.told(2)[0][0] == "entered"


def test_an_unknown_board_in_the_settings_is_one_line_that_names_the_known_ones(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of(boards=("Help Desk", "Helpdesk")))

    record = watched.poll("10:10")

    assert record.result == "failed"
    assert record.error == ("tenant.main.boards: ConnectWise has no board Helpdesk; it has: Help Desk, NOC, Projects")


def test_only_the_boards_of_the_settings_are_read(desk: OpenDesk) -> None:
    other = ticket(2, board=NOC, status=status("New", NOC))
    watched = desk([World(at("10:00"), {1: ticket(), 2: other})], settings_of(boards=(HELP.id,)))

    assert watched.poll("10:10").seen == 1


def test_polls_are_stored_with_what_they_saw(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:20"), status="Assigned")))

    record = watched.poll("10:30")

    version = version_of_reference(watched.source.reference)
    meant = version_of_status_map(build_status_map(watched.source.reference, ()))
    assert record == Poll(TENANT, at("10:30"), at("10:30"), "ok", 1, 1, 0, at("10:20"), "", version, meant)
    assert watched.store.load_last_poll(TENANT) == record


def test_without_a_change_for_longer_than_the_backfill_nothing_is_lost(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("2026-11-20T10:00"), status="Assigned")
    watched = desk(worlds_of(life), settings_of(backfill=HOUR))

    watched.polls("2026-11-10T10:00", "2026-11-20T10:05")

    assert [name for _, _, name in watched.told()] == ["New", "Assigned"]


class OnceEmpty(ScriptedSource):
    """Answers the first list of changes after the first poll with no rows."""

    lists = 0

    async def fetch_tickets(self, **asked: Any) -> AsyncIterator[Batch]:
        self.lists += 1
        async for batch in super().fetch_tickets(**asked):
            if self.lists != 2:
                yield batch


def test_an_empty_list_of_changes_is_asked_for_once_more(desk: OpenDesk) -> None:
    """It must hold the ticket that set the watermark. One breach was told for want of the change that prevents it."""
    changed = Life(ticket()).then(at("10:04"), status="Completed", resolved_at=at("10:04"))
    watched = desk(worlds_of(changed))
    watched.source = OnceEmpty(watched.source.worlds, watched.wall.now)
    watched.start()

    watched.polls("10:01", "10:05")

    assert [event.name for event in watched.events(1, Kind.STATUS)] == ["Completed"]
    assert watched.source.lists == 3
