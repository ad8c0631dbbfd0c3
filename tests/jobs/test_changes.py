"""What happens to a ticket between two polls, and when: by trail, by ConnectWise's dates, by bounds."""

from __future__ import annotations

import pytest
from msgspec import structs

from slamon.core.reading import Verdict
from slamon.core.ticket import Kind, Level, Origin, Ref, Stage
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import settings_of
from tests.jobs.world import HELP, MINUTE, NOC, Life, World, at, moved, status, ticket, worlds_of


def test_the_trail_gives_the_instant_of_a_status_change(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:07:30"), status="Assigned")))

    watched.polls("10:05", "10:10")

    (change,) = watched.events(1, Kind.STATUS)
    assert (change.at, change.not_before, change.origin) == (at("10:07:30"), at("10:07:30"), Origin.AUDIT)
    assert change.level is Level.RESPONDED


def test_without_a_trail_the_change_lies_between_the_two_sights(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket(), trail=False).then(at("10:07:30"), status="Assigned")))

    watched.polls("10:05", "10:10")

    (change,) = watched.events(1, Kind.STATUS)
    assert (change.at, change.not_before, change.origin) == (at("10:07:30"), at("10:00"), Origin.POLL)


def test_there_and_back_between_two_polls_is_seen_by_the_trail(desk: OpenDesk) -> None:
    life = (
        Life(ticket(status=status("In Progress")))
        .then(at("10:06"), status="Waiting Customer")
        .then(at("10:16"), status="In Progress")
    )
    watched = desk(worlds_of(life))

    watched.polls("10:05", "10:30")

    assert [name for _, _, name in watched.told()] == ["In Progress", "Waiting Customer", "In Progress"]
    assert (watched.stored().paused_seconds, watched.stored().elapsed_seconds) == (600, 1200)


def test_there_and_back_without_a_trail_is_no_change(desk: OpenDesk) -> None:
    life = (
        Life(ticket(status=status("In Progress")), trail=False)
        .then(at("10:06"), status="Waiting Customer")
        .then(at("10:16"), status="In Progress")
    )
    watched = desk(worlds_of(life))

    watched.polls("10:05", "10:30")

    assert [name for _, _, name in watched.told()] == ["In Progress"]


def test_a_trail_with_a_gap_is_not_taken_for_the_whole_story(desk: OpenDesk) -> None:
    """A missing line would let a wait last that did not."""
    first = ticket(status=status("In Progress"))
    last = structs.replace(first, status=status("Assigned"), last_updated_at=at("10:40"))
    trail = [moved(at("10:10"), "In Progress", "Waiting Customer"), moved(at("10:40"), "In Progress", "Assigned")]
    watched = desk([World(at("10:00"), {1: first}), World(at("10:40"), {1: last}, {1: trail})])

    watched.polls("10:05", "10:45")

    (change,) = watched.events(1, Kind.STATUS)
    assert (change.name, change.origin, change.not_before) == ("Assigned", Origin.POLL, at("10:00"))


def test_T24_waiting_to_resolved_in_one_save_keeps_the_wait(desk: OpenDesk) -> None:
    life = (
        Life(ticket(), trail=False)
        .then(at("10:10"), status="Waiting Customer")
        .then(at("14:00"), status="Completed", resolved_at=at("14:00"))
    )
    watched = desk(worlds_of(life))

    watched.polls("10:01", "10:10", "14:01")

    assert watched.verdicts() == [Verdict.MET] * 3
    assert (watched.stored().elapsed_seconds, watched.stored().paused_seconds) == (600, 13_800)


class TestConnectWisesOwnDates:
    def test_they_win_over_what_was_inferred(self, desk: OpenDesk) -> None:
        life = Life(ticket(), trail=False).then(
            at("10:50"), status="In Progress", responded_at=at("10:20"), planned_at=at("10:40")
        )
        watched = desk(worlds_of(life))

        watched.polls("10:01", "11:00")

        assert watched.stage(Stage.RESPOND).reached_at == at("10:20")
        assert watched.stage(Stage.PLAN).reached_at == at("10:40")

    def test_date_resolved_gives_the_instant_of_a_change_seen_late(self, desk: OpenDesk) -> None:
        life = (
            Life(ticket(), trail=False)
            .then(at("10:20"), status="Completed", resolved_at=at("10:20"))
            .then(at("10:45"), status=">Closed", closed=True)
        )
        watched = desk(worlds_of(life))

        watched.polls("10:01", "11:00")

        assert watched.stage(Stage.RESOLVE).reached_at == at("10:20")
        (change,) = watched.events(1, Kind.STATUS)
        assert (change.at, change.not_before, change.origin) == (at("10:20"), at("10:20"), Origin.CONNECTWISE)

    def test_a_stale_date_resolved_after_a_reopening_is_ignored(self, desk: OpenDesk) -> None:
        life = (
            Life(ticket(), trail=False)
            .then(at("10:20"), status="Completed", resolved_at=at("10:20"))
            .then(at("11:00"), status="In Progress")  # resolved_at stays what it was
            .then(at("12:00"), status="Completed")
        )
        watched = desk(worlds_of(life))

        watched.polls("10:01", "10:21", "11:01")
        assert watched.stage(Stage.RESOLVE).verdict is Verdict.RUNNING
        watched.poll("12:01")

        assert watched.stage(Stage.RESOLVE).reached_at == at("12:00")
        assert watched.stored().elapsed_seconds == 20 * 60 + 60 * 60

    def test_a_stale_date_resolved_at_first_sight_is_ignored(self, desk: OpenDesk) -> None:
        life = (
            Life(ticket())
            .then(at("10:20"), status="Completed", resolved_at=at("10:20"))
            .then(at("11:00"), status="In Progress")
            .then(at("12:00"), status="Completed")
        )
        watched = desk(worlds_of(life))

        watched.poll("12:30")

        assert watched.stage(Stage.RESOLVE).reached_at == at("12:00")

    def test_one_before_the_entry_counts_from_the_entry(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(Life(ticket(responded_at=at("09:00")))))

        watched.poll("10:30")

        assert watched.stage(Stage.RESPOND).reached_at == at("10:00")
        assert watched.stage(Stage.RESPOND).verdict is Verdict.MET


class TestScope:
    """Project, merged and child tickets, and those of boards that are not watched, are cancelled; and come back."""

    def test_a_merged_ticket_is_cancelled_and_the_next_one_is_told_why(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(Life(ticket()).then(at("10:30"), merged_into_id=9)))

        watched.polls("10:01", "10:31", "15:00")

        assert watched.told()[-1] == ("cancelled", "10:30:00", "merged into another ticket")
        assert watched.verdicts() == [Verdict.CANCELLED] * 3
        assert [change for _, change, _ in watched.changes()] == ["cancelled"] * 3
        assert watched.mails() == []

    def test_a_child_that_is_let_go_counts_again(self, desk: OpenDesk) -> None:
        life = Life(ticket()).then(at("10:20"), parent_id=9).then(at("11:20"), parent_id=None, status="Assigned")
        watched = desk(worlds_of(life))

        watched.polls("10:01", "10:30", "11:30")

        assert [(kind, time) for kind, time, _ in watched.told()][-1] == ("restored", "11:20:00")
        assert watched.verdicts() == [Verdict.MET, Verdict.RUNNING, Verdict.RUNNING]
        assert watched.stored().elapsed_seconds == (20 + 10) * 60
        assert watched.reading().note == ""

    def test_a_ticket_moved_to_a_board_that_is_not_watched_and_back(self, desk: OpenDesk) -> None:
        life = (
            Life(ticket())
            .then(at("10:20"), board=NOC, status="Assigned")
            .then(at("11:20"), board=HELP, status="In Progress")
        )
        watched = desk(worlds_of(life), settings_of(boards=("Help Desk",)))

        watched.polls("10:01", "10:30")
        watched.sweep_next()
        watched.poll("10:31")
        assert watched.told()[-1] == ("cancelled", "10:20:00", "board NOC is not watched")
        assert watched.verdicts() == [Verdict.CANCELLED] * 3

        watched.poll("11:30")

        assert watched.told()[-1][:2] == ("restored", "11:20:00")
        assert watched.stored().elapsed_seconds == (20 + 10) * 60

    def test_boards_taken_out_of_the_settings_are_cancelled_from_then_on_and_restored(self, desk: OpenDesk) -> None:
        watched = desk([World(at("10:00"), {1: ticket(), 2: ticket(2, board=NOC, status=status("New", NOC))})])
        watched.poll("10:05")

        watched.start(settings_of(boards=("Help Desk",)))
        watched.polls("10:20", "10:21")

        assert watched.told(2)[-1] == ("cancelled", "10:20:00", "board NOC is not watched")
        assert watched.verdicts(2) == [Verdict.CANCELLED] * 3
        assert watched.verdicts(1) == [Verdict.RUNNING] * 3

        watched.start(settings_of())
        watched.polls("10:40", "10:41")

        assert watched.told(2)[-1][:2] == ("restored", "10:40:00")
        assert [kind for kind, _, _ in watched.told(2)] == ["entered", "cancelled", "restored"]
        assert watched.reading(2).elapsed_seconds == 20 * 60 + 60

    def test_a_status_that_moves_while_out_of_scope_holds_when_it_comes_back(self, desk: OpenDesk) -> None:
        life = (
            Life(ticket())
            .then(at("10:10"), parent_id=9)
            .then(at("10:20"), status="Waiting Customer")
            .then(at("10:30"), parent_id=None)
        )
        watched = desk(worlds_of(life))

        watched.polls("10:01", "10:11", "10:21", "10:31", "12:00")

        assert watched.stored().elapsed_seconds == 600
        assert watched.stored().paused_seconds == 60  # from 10:30 on, as last stored at 10:31
        assert watched.verdicts() == [Verdict.PAUSED] * 3


def test_priority_sla_board_company_agreement_and_owner_are_events_with_bounds(desk: OpenDesk) -> None:
    changed = Life(ticket(), trail=False).then(
        at("10:30"),
        priority=Ref(2, "Priority 2"),
        sla=Ref(1, "Gold"),
        company=Ref(21, "Beta"),
        agreement=Ref(30, "Silver"),
        owner="jdoe",
    )
    watched = desk(worlds_of(changed))

    watched.polls("10:01", "10:40")

    kinds = (Kind.PRIORITY, Kind.SLA, Kind.COMPANY, Kind.AGREEMENT, Kind.OWNER)
    found = {event.kind: event for event in watched.events(1, *kinds)}
    assert {kind: event.name for kind, event in found.items()} == {
        Kind.PRIORITY: "Priority 2",
        Kind.SLA: "Gold",
        Kind.COMPANY: "Beta",
        Kind.AGREEMENT: "Silver",
        Kind.OWNER: "jdoe",
    }
    assert {(e.at, e.not_before, e.origin) for e in found.values()} == {(at("10:30"), at("10:00"), Origin.POLL)}


@pytest.mark.parametrize("ahead", [0, 5])
def test_events_that_lie_ahead_of_slamons_clock_are_read_when_they_have_come(desk: OpenDesk, ahead: int) -> None:
    """ConnectWise's clock may be ahead of ours by some minutes: nothing it dates may be lost."""
    life = Life(ticket(status=status("Waiting Customer"))).then(at("10:20"), status="In Progress")
    watched = desk(worlds_of(life), skew=ahead * MINUTE, tolerance=5 * MINUTE)

    watched.polls("10:01", at("10:21") - ahead * MINUTE)
    for moment in ("10:20", "10:21", "14:20", "14:21"):
        due = watched.store.load_next_change("main")
        if due is not None and due <= at(moment):
            watched.evaluate(moment)

    assert watched.verdicts() == [Verdict.MET, Verdict.MET, Verdict.BREACHED]


def test_a_ticket_that_entered_ahead_of_slamons_clock_is_read_when_it_has(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), skew=5 * MINUTE, tolerance=5 * MINUTE)

    watched.poll("09:58")
    assert watched.store.load_next_change("main") == at("10:00")
    watched.evaluate("10:00")

    assert watched.verdicts() == [Verdict.RUNNING] * 3
