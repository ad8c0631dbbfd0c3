"""Priorities at their true instants: a milestone keeps the goal of the priority it was reached under."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slamon.core.ledger_document import ledger_document
from slamon.core.promise import PolicyRule
from slamon.core.reading import Verdict
from slamon.core.reference import GoalHours, Priority
from slamon.core.ticket import Kind, Origin, Ref, Stage
from slamon.verify import check
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.test_promises import BY_RANK, terms
from tests.jobs.world import REFERENCE, Life, at, ticket, worlds_of

P1, P2, P4 = (Ref(number, f"Priority {number}") for number in (1, 2, 4))  # respond within 1, 2 and 8 h


def answered_as_low(number: int = 1) -> Life:
    """Return a ticket of low priority that is answered after 90 minutes and becomes critical after that."""
    life = Life(ticket(number, priority=P4))
    return life.then(at("11:30"), status="Assigned").then(at("12:00"), priority=P1)


def goals(watched: Desk, number: int = 1) -> list[tuple[Verdict, int]]:
    """Return verdict and goal in hours of each stage, as stored."""
    stages = watched.stored(number).stages
    return [(stage.verdict, (stage.goal_seconds or 0) // 3600) for stage in stages]


KEPT = [(Verdict.MET, 8), (Verdict.BREACHED, 2), (Verdict.RUNNING, 4)]


def test_T45_at_first_sight_a_milestone_has_the_goal_of_its_instant(desk: OpenDesk) -> None:
    watched = desk(worlds_of(answered_as_low()), settings_of(BY_RANK))

    watched.poll("12:30")

    assert terms(watched) == [("10:00", 72), ("12:00", 4)]
    assert goals(watched) == KEPT
    told = [(f"{e.at:%H:%M}", e.name, e.origin) for e in watched.events(1, Kind.PRIORITY)]
    assert told == [("10:00", "Priority 4", Origin.AUDIT), ("12:00", "Priority 1", Origin.AUDIT)]
    assert check(ledger_document(watched.ledger(), tenant=TENANT, ticket=1, summary="")) == []


def test_T45_between_two_polls_too(desk: OpenDesk) -> None:
    life = answered_as_low().then(at("12:20"), owner="jdoe")
    watched = desk(worlds_of(life), settings_of(BY_RANK))

    watched.polls("10:05", "12:30")

    assert terms(watched) == [("10:00", 72), ("12:00", 4)]
    assert goals(watched) == KEPT


def test_T45_and_when_the_trail_is_read_later(desk: OpenDesk) -> None:
    urgent = Life(ticket(99, priority=P1, entered_at=at("11:00"))).then(at("11:10"), status="Assigned")
    watched = desk(worlds_of(urgent, answered_as_low()), settings_of(BY_RANK, trails_per_poll=1))

    watched.poll("12:30")
    assert terms(watched) == [("10:00", 4)]
    watched.poll("12:31")

    assert terms(watched) == [("10:00", 72), ("12:00", 4)]
    assert goals(watched) == KEPT
    assert check(ledger_document(watched.ledger(), tenant=TENANT, ticket=1, summary="")) == []


def test_T46_a_new_priority_keeps_the_pauses_taken_before_it(desk: OpenDesk) -> None:
    life = Life(ticket(priority=P4)).then(at("10:10"), status="Waiting Customer").then(at("11:10"), status="New")
    watched = desk(worlds_of(life.then(at("11:20"), priority=P2)), settings_of(BY_RANK))

    watched.poll("11:30")

    assert watched.stored().paused_seconds == 3600
    assert watched.stage(Stage.RESPOND).due_at == at("13:00")


def test_a_rise_and_fall_between_two_polls_leaves_its_mark_on_what_was_reached_meanwhile(desk: OpenDesk) -> None:
    life = Life(ticket(priority=P4)).then(at("10:50"), priority=P1).then(at("11:10"), status="Assigned")
    watched = desk(worlds_of(life.then(at("11:20"), priority=P4)), settings_of(BY_RANK))

    watched.polls("10:05", "11:30")

    assert terms(watched) == [("10:00", 72), ("10:50", 4), ("11:20", 72)]
    assert goals(watched) == [(Verdict.MISSED, 1), (Verdict.RUNNING, 16), (Verdict.RUNNING, 72)]


@pytest.mark.parametrize("first_poll", ["10:05", "12:30"])
def test_T83_an_earlier_priority_that_is_in_doubt_is_not_guessed(desk: OpenDesk, first_poll: str) -> None:
    watched = desk(worlds_of(answered_as_low().then(at("12:20"), owner="jdoe")), settings_of(BY_RANK))
    doubtful = {**REFERENCE.priorities, 44: Priority(44, "Priority 4", 44)}
    watched.source.reference = replace(REFERENCE, priorities=doubtful)

    watched.polls(first_poll, "12:30")

    if first_poll == "12:30":
        assert watched.events(1, Kind.PRIORITY) == []
        assert terms(watched) == [("10:00", 4)]
    else:
        (change,) = watched.events(1, Kind.PRIORITY)
        assert (change.origin, change.not_before, change.at) == (Origin.POLL, at("10:00"), at("12:20"))
        assert terms(watched) == [("10:00", 72), ("12:20", 4)]


def test_T70_a_history_told_anew_under_other_settings_keeps_the_promises_it_had(desk: OpenDesk) -> None:
    urgent = Life(ticket(99, priority=P1, entered_at=at("11:00"))).then(at("11:10"), status="Assigned")
    low = settings_of(BY_RANK, trails_per_poll=1)
    closed = answered_as_low().then(at("12:10"), status=">Closed", closed=True)
    watched = desk(worlds_of(urgent, closed), low)
    watched.poll("12:30")
    before = terms(watched)

    rule = PolicyRule("default", calendar="AllHours", goals=GoalHours(9, 9, 9))
    watched.start(replace(low, promises=replace(low.promises, default=rule)))
    watched.polls("12:31", "12:32")

    assert watched.verdicts()[0] is not Verdict.NOT_MEASURED
    assert terms(watched) == before == [("10:00", 4)]
