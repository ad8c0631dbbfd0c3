"""Tickets seen for the first time: new, old and closed, with whole, broken or missing audit trails."""

from __future__ import annotations

import pytest
from msgspec import structs

from slamon.core.reading import Verdict
from slamon.core.ticket import Kind, Level, Origin, Ref, Stage
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import settings_of
from tests.jobs.world import HOUR, MINUTE, PROJECTS, SECOND, Life, World, at, moved, status, ticket, worlds_of

MISSED_MEASURE = [Verdict.NOT_MEASURED] * 3


def test_a_new_ticket_enters_when_connectwise_says_not_when_it_was_seen(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))

    watched.poll("10:20")

    assert watched.told() == [("entered", "10:00:00", "New")]
    (terms,) = watched.events(1, Kind.TERMS)
    assert (terms.at, terms.origin) == (at("10:00"), Origin.SETTINGS)
    assert watched.stored().elapsed_seconds == 1200
    assert watched.verdicts() == [Verdict.RUNNING] * 3


def test_a_whole_trail_tells_the_life_before_the_first_poll(desk: OpenDesk) -> None:
    life = (
        Life(ticket())
        .then(at("10:10"), status="Assigned")
        .then(at("10:20"), status="Waiting Customer")
        .then(at("10:50"), status="In Progress")
    )
    watched = desk(worlds_of(life))

    watched.poll("11:00")

    assert watched.told() == [
        ("entered", "10:00:00", "New"),
        ("status", "10:10:00", "Assigned"),
        ("status", "10:20:00", "Waiting Customer"),
        ("status", "10:50:00", "In Progress"),
    ]
    assert {e.origin for e in watched.events(1, Kind.STATUS)} == {Origin.AUDIT}
    assert all(e.not_before == e.at for e in watched.events())
    assert (watched.stored().elapsed_seconds, watched.stored().paused_seconds) == (1800, 1800)


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([moved(at("10:30"), "Assigned", "Odd")], id="leads elsewhere"),
        pytest.param(
            [moved(at("10:10"), "New", "Assigned"), moved(at("10:30"), "Waiting Customer", "In Progress")], id="gap"
        ),
        pytest.param([moved(at("10:10"), "Nowhere", "In Progress")], id="a status nobody knows"),
        pytest.param([moved(at("09:00"), "New", "In Progress")], id="begins before the ticket"),
        pytest.param([], id="tells of no status"),
    ],
)
def test_a_broken_or_missing_trail_is_not_measured_and_says_why(desk: OpenDesk, entries: list[object]) -> None:
    now = ticket(status=status("In Progress"), last_updated_at=at("10:40"))
    watched = desk([World(at("10:40"), {1: now}, {1: entries})])  # type: ignore[dict-item]

    watched.poll("11:00")

    assert watched.verdicts() == MISSED_MEASURE
    (unmeasured,) = watched.events(1, Kind.NOT_MEASURED)
    assert unmeasured.name == "first seen after changes that no audit trail tells"
    assert watched.reading().note == unmeasured.name
    assert watched.mails() == []


def test_an_unreadable_trail_is_counted_and_not_measured(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("10:30"), status="In Progress")
    watched = desk(worlds_of(life))
    watched.source.trails_fail = {1}

    assert watched.poll("11:00").result == "ok"

    assert watched.verdicts() == MISSED_MEASURE
    assert watched.sample("slamon_audit_trails_unread_total", tenant="main") == 1


def test_a_ticket_still_new_is_measured_though_somebody_touched_it(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:30"), owner="jdoe")))

    watched.poll("10:40")

    assert watched.told() == [("entered", "10:00:00", "New")]
    assert watched.stored().elapsed_seconds == 2400


def test_a_ticket_that_enters_in_progress_and_was_never_touched_is_measured(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket(status=status("In Progress")))))

    watched.poll("10:30")

    assert watched.verdicts() == [Verdict.MET, Verdict.MET, Verdict.RUNNING]


@pytest.mark.parametrize("name", ["Waiting Customer", "Completed"])
def test_T30_born_waiting_or_resolved(desk: OpenDesk, name: str) -> None:
    watched = desk(worlds_of(Life(ticket(status=status(name)))))

    watched.poll("15:00")

    expected = Verdict.PAUSED if name == "Waiting Customer" else Verdict.MET
    assert set(watched.verdicts()) == {expected}
    assert watched.stored().elapsed_seconds == 0


def test_T80_a_closed_ticket_within_the_backfill_is_judged_by_its_trail(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("12:00"), status="Completed").then(at("13:00"), status=">Closed", closed=True)
    late = Life(ticket(2)).then(at("15:30"), status="Completed", closed=True)
    watched = desk(worlds_of(life, late))

    watched.poll("16:00")

    assert watched.verdicts(1) == [Verdict.MISSED, Verdict.MET, Verdict.MET]
    assert watched.stage(Stage.RESOLVE).reached_at == at("12:00")  # the two-step close keeps the first instant
    assert watched.verdicts(2) == [Verdict.MISSED] * 3
    assert watched.stage(Stage.RESOLVE, 2).breached_at == at("14:00")


def test_a_closed_ticket_older_than_the_backfill_is_not_asked_for(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("10:30"), status=">Closed", closed=True)
    watched = desk(worlds_of(life), settings_of(backfill=HOUR))

    assert watched.poll("12:00").seen == 0


def test_a_trail_that_is_ahead_of_the_ticket_is_read_up_to_what_the_ticket_shows(desk: OpenDesk) -> None:
    """The trail is asked for after the ticket: a change in between is in the one and not in the other."""
    seen = ticket(status=status("Assigned"), last_updated_at=at("10:10"))
    trail = [moved(at("10:10"), "New", "Assigned"), moved(at("10:20:01"), "Assigned", "Waiting Customer")]
    later = structs.replace(seen, status=status("Waiting Customer"), last_updated_at=at("10:20:01"))
    watched = desk([World(at("10:10"), {1: seen}, {1: trail}), World(at("10:20:01"), {1: later}, {1: trail})])

    watched.polls("10:20", "10:21")

    assert watched.told() == [
        ("entered", "10:00:00", "New"),
        ("status", "10:10:00", "Assigned"),
        ("status", "10:20:01", "Waiting Customer"),
    ]
    assert watched.stored().elapsed_seconds == 1201


def test_a_project_ticket_is_cancelled_from_its_entry(desk: OpenDesk) -> None:
    by_board = ticket(1, board=PROJECTS, status=status("New", PROJECTS))
    by_type = ticket(2, record_type="ProjectTicket")
    merged, child = ticket(3, merged_into_id=9), ticket(4, parent_id=9)
    watched = desk([World(at("10:00"), {t.id: t for t in (by_board, by_type, merged, child)})])

    watched.poll("15:00")

    for number, why in (
        (1, "project ticket"),
        (2, "project ticket"),
        (3, "merged into another ticket"),
        (4, "child of another ticket"),
    ):
        assert watched.verdicts(number) == [Verdict.CANCELLED] * 3
        assert watched.told(number)[-1] == ("cancelled", "10:00:00", why)
        assert watched.reading(number).note == why
    assert watched.mails() == []


def test_a_closed_ticket_in_a_status_that_nothing_explains_has_stopped(desk: OpenDesk) -> None:
    """T58: closedFlag is true whatever the status is called."""
    gone = Ref(999, "Long gone")
    life = Life(ticket()).then(at("10:30"), status="Completed", closed=True)
    world = World(at("10:30"), {1: structs.replace(life.ticket_at(at("10:30")) or ticket(), status=gone)})
    watched = desk([World(at("10:00"), {1: ticket()}), world])

    watched.polls("10:10", "10:40", "20:00")

    assert watched.events(1, Kind.STATUS)[-1].level is Level.RESOLVED
    assert watched.verdicts() == [Verdict.MET] * 3


class TestEscalationStart:
    """`start = "escalation"`: the date first seen while nothing had happened, stored once."""

    def test_a_future_start_holds_the_clock(self, desk: OpenDesk) -> None:
        life = Life(ticket(escalation_start_at=at("11:00"))).then(at("12:00"), escalation_start_at=at("12:00"))
        watched = desk(worlds_of(life), settings_of(start_by_escalation=True))

        watched.polls("10:01", "12:30")

        assert watched.stored().started_at == at("11:00")
        assert watched.stored().elapsed_seconds == 5400

    def test_without_the_setting_the_entry_is_the_start(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(Life(ticket(escalation_start_at=at("11:00")))))

        watched.poll("10:30")

        assert watched.stored().started_at == at("10:00")

    @pytest.mark.parametrize("name", ["Assigned", "Waiting Customer"])
    def test_one_first_seen_after_a_milestone_or_a_wait_is_not_believed(self, desk: OpenDesk, name: str) -> None:
        life = Life(ticket()).then(at("10:30"), status=name, escalation_start_at=at("10:30"))
        watched = desk(worlds_of(life), settings_of(start_by_escalation=True))

        watched.poll("10:40")

        assert watched.stored().started_at == at("10:00")

    def test_it_never_lies_before_the_entry(self, desk: OpenDesk) -> None:
        life = Life(ticket(escalation_start_at=at("10:00") - SECOND))
        watched = desk(worlds_of(life), settings_of(start_by_escalation=True))

        watched.poll(at("10:00") + MINUTE)

        assert (watched.stored().started_at, watched.stored().elapsed_seconds) == (at("10:00"), 60)
