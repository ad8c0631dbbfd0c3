"""The sweep: what the list of changes missed is found, what is gone is proved to be, and nothing else is dropped."""

from __future__ import annotations

import pytest
from msgspec import structs

from slamon.core.promise import PolicyRule
from slamon.core.reading import Verdict
from slamon.core.reference import GoalHours
from slamon.core.ticket import Kind, Ticket
from slamon.errors import SourceUnavailableError
from slamon.jobs import sweep as sweeping
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.world import HOUR, NOC, Life, World, at, status, ticket, worlds_of

FAR = PolicyRule("default", calendar="AllHours", goals=GoalHours(900, 900, 900))  # nothing to tell


def asked(watched: Desk) -> list[str]:
    """Return what was asked of ConnectWise since the last time, the questions about reference data left out."""
    found = [what for what, _ in watched.source.asked if what != "reference"]
    watched.source.asked.clear()
    return found


class TestWhen:
    def test_the_first_poll_of_all_reads_what_is_open_and_needs_none(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(Life(ticket())))

        watched.polls("10:05", "10:06")

        assert asked(watched) == ["tickets", "tickets"]

    def test_it_comes_once_an_hour_and_at_every_start(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(Life(ticket())), settings_of(FAR))
        watched.poll("10:05")
        asked(watched)

        watched.polls("11:04", "11:05", "11:06", "12:05")
        assert asked(watched) == ["tickets", "tickets", "open", "tickets", "tickets", "open"]
        watched.start()
        watched.polls("12:06", "12:07")
        assert asked(watched) == ["tickets", "open", "tickets"]

    def test_how_often_is_a_setting(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(Life(ticket())), settings_of(FAR, sweep_every=2 * HOUR))

        watched.polls("10:05", "11:06", "12:05")

        assert asked(watched) == ["tickets", "tickets", "tickets", "open"]

    def test_a_clock_set_back_does_not_put_it_off(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(Life(ticket())))
        watched.poll("18:00")
        asked(watched)

        watched.poll("10:05")

        assert asked(watched) == ["tickets", "open"]


class TestMissed:
    """What the list of changes does not bring, the sweep finds."""

    def test_a_ticket_that_was_never_listed(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(Life(ticket(1)), Life(ticket(2))))
        watched.source.unlisted = {2}
        watched.polls("10:05", "10:06")
        assert watched.store.load_open_ids(TENANT) == {1}

        watched.sweep_next()
        record = watched.poll("10:07")

        assert (record.result, record.changed) == ("ok", 1)
        assert watched.told(2) == [("entered", "10:00:00", "New")]
        assert watched.sample("slamon_sweep_found_total", tenant=TENANT) == 1

    def test_a_change_that_was_never_listed(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(Life(ticket()).then(at("10:30"), status="Assigned")))
        watched.poll("10:05")
        watched.source.unlisted = {1}
        watched.poll("10:31")

        watched.sweep_next()
        watched.poll("10:32")

        assert [name for _, _, name in watched.told()] == ["New", "Assigned"]
        assert watched.sample("slamon_sweep_found_total", tenant=TENANT) == 1

    def test_what_is_as_it_was_is_not_asked_for(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(Life(ticket(1)), Life(ticket(2))))
        watched.poll("10:05")
        watched.sweep_next()
        asked(watched)

        watched.poll("10:06")

        assert asked(watched) == ["tickets", "open"]
        assert watched.sample("slamon_sweep_found_total", tenant=TENANT) == 0

    def test_many_are_asked_for_a_chunk_at_a_time(self, desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sweeping, "CHUNK", 2)
        watched = desk([World(at("10:00"), {number: ticket(number) for number in range(1, 6)})])
        watched.source.unlisted = {2, 3, 4, 5}
        watched.poll("10:05")

        watched.sweep_next()
        watched.poll("10:06")

        questions = [about for what, about in watched.source.asked if what == "by_id"]
        assert questions == [frozenset({2, 3}), frozenset({4, 5})]
        assert watched.store.load_open_ids(TENANT) == {1, 2, 3, 4, 5}

    def test_T58_a_close_that_was_never_listed(self, desk: OpenDesk) -> None:
        life = Life(ticket()).then(at("10:30"), status=">Closed", closed=True)
        watched = desk(worlds_of(life))
        watched.poll("10:05")
        watched.source.unlisted = {1}

        watched.sweep_next()
        watched.poll("10:40")

        assert watched.verdicts() == [Verdict.MET] * 3
        assert watched.store.load_open_ids(TENANT) == set()

    def test_T59_a_merge_that_was_never_listed(self, desk: OpenDesk) -> None:
        life = Life(ticket()).then(at("10:30"), status=">Closed", closed=True, merged_into_id=9)
        watched = desk(worlds_of(life))
        watched.poll("10:05")
        watched.source.unlisted = {1}

        watched.sweep_next()
        watched.poll("10:40")

        assert watched.told()[-1] == ("cancelled", "10:30:00", "merged into another ticket")

    def test_T79_a_move_to_a_board_that_is_not_watched(self, desk: OpenDesk) -> None:
        life = Life(ticket()).then(at("10:30"), board=NOC, status="Assigned")
        watched = desk(worlds_of(life), settings_of(boards=("Help Desk",)))
        watched.poll("10:05")

        watched.sweep_next()
        watched.poll("10:40")

        assert watched.told()[-1] == ("cancelled", "10:30:00", "board NOC is not watched")


class TestGone:
    """Open tickets that are no longer listed are asked for by id; only those that are gone are cancelled."""

    def test_a_deleted_ticket_is_found_at_the_next_sweep(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(Life(ticket(1), gone_at=at("10:30")), Life(ticket(2))))
        watched.polls("10:05", "10:35")
        assert watched.verdicts(1) == [Verdict.RUNNING] * 3

        watched.sweep_next()
        watched.polls("10:40", "10:41")

        assert watched.told(1)[-1] == ("cancelled", "10:40:00", "deleted")
        assert watched.verdicts(1) == [Verdict.CANCELLED] * 3
        assert watched.store.load_open_ids(TENANT) == {2}
        (event,) = watched.events(1, Kind.CANCELLED)
        assert event.not_before == at("10:00")

    def test_one_that_comes_back_counts_again(self, desk: OpenDesk) -> None:
        """It was hidden from us, not deleted: a right of the API member, an answer that was too short."""
        all_of_them = {1: ticket(1), 2: ticket(2)}
        watched = desk(
            [World(at("10:00"), all_of_them), World(at("10:30"), {2: ticket(2)}), World(at("11:00"), all_of_them)]
        )
        watched.poll("10:05")
        watched.sweep_next()
        watched.poll("10:40")
        assert watched.verdicts(1) == [Verdict.CANCELLED] * 3

        watched.sweep_next()
        watched.polls("11:00", "11:01", "11:02")

        assert watched.told(1)[-1][:2] == ("restored", "11:00:00")
        assert [kind for kind, _, _ in watched.told(1)].count("restored") == 1
        assert watched.reading(1, at("11:10")).elapsed_seconds == (40 + 10) * 60
        assert watched.store.load_open_ids(TENANT) == {1, 2}

    def test_a_closed_one_that_only_left_the_list_is_read_as_what_it_is(self, desk: OpenDesk) -> None:
        early = ticket(1, entered_at=at("2026-10-01T10:00"), last_updated_at=at("2026-10-01T10:00"))
        hidden = structs.replace(early, status=status(">Closed"), closed=True)  # closed without a new lastUpdated
        watched = desk([World(at("09:00"), {1: early}), World(at("11:00"), {1: hidden})])
        watched.poll("10:05")
        watched.sweep_next()

        watched.poll("11:10")

        assert watched.told(1)[-1][0] == "status"
        assert watched.store.load_open_ids(TENANT) == set()

    def test_more_than_a_tenth_at_once_is_not_believed(self, desk: OpenDesk) -> None:
        everything: dict[int, Ticket] = {number: ticket(number) for number in range(1, 61)}
        rest = {number: each for number, each in everything.items() if number > 7}
        watched = desk([World(at("10:00"), everything), World(at("11:00"), rest)])
        watched.poll("10:05")
        watched.sweep_next()

        watched.poll("11:05")

        assert watched.sample("slamon_sweeps_refused_total", tenant=TENANT) == 1
        assert len(watched.store.load_open_ids(TENANT)) == 60
        assert watched.events(1, Kind.CANCELLED) == []

    def test_a_tenth_is_believed(self, desk: OpenDesk) -> None:
        everything: dict[int, Ticket] = {number: ticket(number) for number in range(1, 61)}
        rest = {number: each for number, each in everything.items() if number > 6}
        watched = desk([World(at("10:00"), everything), World(at("11:00"), rest)])
        watched.poll("10:05")
        watched.sweep_next()

        watched.poll("11:05")

        assert watched.sample("slamon_sweeps_refused_total", tenant=TENANT) == 0
        assert len(watched.store.load_open_ids(TENANT)) == 54

    def test_one_that_is_there_but_unreadable_is_not_gone(self, desk: OpenDesk) -> None:
        watched = desk(
            [World(at("10:00"), {1: ticket(1)}), World(at("11:00"), {1: ticket(1)}, unreadable=frozenset({1}))]
        )
        watched.poll("10:05")
        watched.sweep_next()

        assert watched.poll("11:05").result == "partial"

        assert watched.events(1, Kind.CANCELLED) == []

    def test_a_failed_sweep_is_swept_again(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(Life(ticket(1), gone_at=at("10:30")), Life(ticket(2))))
        watched.poll("10:05")
        watched.sweep_next()
        watched.source.fails_at = {"open": SourceUnavailableError("down")}

        record = watched.poll("10:40")
        assert (record.result, record.error, record.watermark) == ("partial", "sweep failed: down", at("10:00"))
        watched.source.fails_at = {}
        assert watched.poll("10:41").result == "ok"

        assert watched.told(1)[-1] == ("cancelled", "10:41:00", "deleted")

    def test_one_that_may_not_be_seen_is_not_gone(self, desk: OpenDesk) -> None:
        """T79: a right that was taken away looks like a deletion, but ConnectWise does not say that it is one."""
        watched = desk([World(at("10:00"), {1: ticket(1), 2: ticket(2)}), World(at("11:00"), {2: ticket(2)})])
        watched.poll("10:05")
        watched.source.hidden = {1}
        watched.sweep_next()

        assert watched.poll("11:05").result == "ok"

        assert watched.events(1, Kind.CANCELLED) == []
        assert watched.store.load_open_ids(TENANT) == {1, 2}

    def test_a_list_that_is_empty_of_a_sudden_drops_nothing(self, desk: OpenDesk) -> None:
        everything: dict[int, Ticket] = {number: ticket(number) for number in range(1, 61)}
        watched = desk([World(at("10:00"), everything), World(at("11:00"), {})], settings_of(FAR))
        watched.poll("10:05")
        watched.sweep_next()
        asked(watched)

        record = watched.poll("11:05")

        assert asked(watched) == ["tickets", "tickets", "open", "by_id"]  # and not sixty one by one
        assert len(watched.store.load_open_ids(TENANT)) == 60
        assert record.result == "partial"
        assert record.error == (
            "sweep refused: 60 of 60 open tickets are not to be found, more than 10 % (max_gone_percent);"
            " check the rights of the API member and the boards in slamon.toml"
        )

    def test_how_many_are_believed_is_a_setting(self, desk: OpenDesk) -> None:
        everything: dict[int, Ticket] = {number: ticket(number) for number in range(1, 61)}
        watched = desk([World(at("10:00"), everything), World(at("11:00"), {})], settings_of(max_gone_percent=100))
        watched.poll("10:05")
        watched.sweep_next()

        assert watched.poll("11:05").result == "ok"

        assert watched.store.load_open_ids(TENANT) == set()

    def test_so_many_at_once_are_asked_one_by_one_and_the_rest_the_next_time(
        self, desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sweeping, "ONE_BY_ONE", 2)
        everything: dict[int, Ticket] = {number: ticket(number) for number in range(1, 5)}
        watched = desk([World(at("10:00"), everything), World(at("11:00"), {4: ticket(4)})])
        watched.poll("10:05")

        for moment, left in (("11:05", {3, 4}), ("11:06", {4})):
            watched.sweep_next()
            watched.poll(moment)
            assert watched.store.load_open_ids(TENANT) == left
