"""Any past instant can be read back from the readings stored, as it was known then."""

from __future__ import annotations

from slamon.core.facts import UNKNOWN
from slamon.core.promise import PolicyRule
from slamon.core.reading import ClockState, Verdict
from slamon.core.reference import GoalHours
from slamon.core.ticket import Ref, Stage
from slamon.jobs.standing import Standing, read_past_standing, read_standing
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.world import MINUTE, NOC, Life, at, ticket, worlds_of

OFFICE = PolicyRule("office", calendar="MyCalendar", goals=GoalHours(1, 4, 12))


def then(watched: Desk, moment: str) -> Standing:
    return read_past_standing(watched.store, TENANT, at(moment), 20)


def test_a_ticket_stands_there_as_it_did_while_it_was_open(desk: OpenDesk) -> None:
    life = Life(ticket(owner="jdoe"))
    life.then(at("10:30"), status="In Progress").then(at("11:00"), status="Waiting Customer")
    watched = desk(worlds_of(life.then(at("12:00"), status=">Closed", closed=True, owner="eve")))
    watched.polls("10:05", "10:31", "11:01", "12:01", "13:00")

    found = [then(watched, moment).readings for moment in ("10:04", "10:10", "10:40", "11:30", "12:01", "23:00")]

    assert [[reading.state for reading in readings] for readings in found] == [
        *([], [ClockState.RUNNING], [ClockState.RUNNING], [ClockState.PAUSED], [], [])
    ]
    assert found[1][0].stage(Stage.RESPOND).remaining_seconds == 3000
    assert found[2][0].elapsed_seconds == 2400
    assert found[3][0].stage(Stage.RESPOND).verdict is Verdict.MET
    assert then(watched, "10:40").tickets[1].owner in (UNKNOWN, "jdoe")


def test_what_was_shown_at_each_instant_is_what_is_read_back_later(desk: OpenDesk) -> None:
    """A day of a desk, looked at every quarter of an hour, also while nothing was polled."""
    lives = [
        Life(ticket(1)).then(at("10:20"), status="In Progress").then(at("14:00"), status="Completed"),
        Life(ticket(2)).then(at("10:45"), status="Waiting Customer").then(at("15:30"), status="In Progress"),
        Life(ticket(3, entered_at=at("09:00"))).then(at("16:10"), status=">Closed", closed=True),
        Life(ticket(4)).then(at("11:10"), priority=Ref(1, "Priority 1"), priority_sort=1),
    ]
    watched = desk(worlds_of(*lives), settings_of(OFFICE))
    shown = {}
    moment = at("10:05")
    while moment < at("2026-11-03T09:40"):
        if moment.minute != 35:
            watched.poll(moment)
        else:
            watched.evaluate(moment)
        for later in (moment, moment + 5 * MINUTE):
            shown[later] = read_standing(watched.store, TENANT, later, 20).readings
        moment += 15 * MINUTE

    for instant, expected in shown.items():
        found = read_past_standing(watched.store, TENANT, instant, 20).readings
        assert [r.ticket_id for r in found] == [r.ticket_id for r in expected], instant
        for one, other in zip(found, expected, strict=True):
            assert (one.elapsed_seconds, one.state, one.stages) == (other.elapsed_seconds, other.state, other.stages)


def test_it_is_what_was_known_then_not_what_was_learnt_since(desk: OpenDesk) -> None:
    """ConnectWise said at 11:00 that the answer had been given at 10:10: until then it was not known."""
    watched = desk(worlds_of(Life(ticket()).then(at("11:00"), status="Assigned", responded_at=at("10:10"))))
    watched.polls("10:05", "10:30", "11:01")

    (known,) = then(watched, "10:40").readings
    today = watched.reading(1, at("10:40"))

    assert known.stage(Stage.RESPOND).verdict is Verdict.RUNNING
    assert today.stage(Stage.RESPOND).verdict is Verdict.MET


def test_facts_that_changed_are_those_of_then(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("10:30"), board=NOC).then(at("11:30"), owner="eve")
    watched = desk(worlds_of(life))
    watched.polls("10:05", "10:31", "11:31")

    assert then(watched, "11:00").tickets[1].board == NOC
    assert then(watched, "11:40").tickets[1].owner == "eve"
    assert then(watched, "11:00").tickets[1].owner != "eve"


def test_a_deleted_ticket_was_open_before(desk: OpenDesk) -> None:
    """It is closed from then on, with the date of its last change, long before."""
    watched = desk(worlds_of(Life(ticket()), Life(ticket(2), gone_at=at("11:00"))))
    watched.polls("10:05", "10:31")
    watched.sweep_next()
    watched.polls("11:30")

    assert [r.ticket_id for r in then(watched, "10:40").readings] == [1, 2]
    assert [r.ticket_id for r in then(watched, "11:31").readings] == [1]
