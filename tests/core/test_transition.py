"""What changed between two readings of one goal, and what of it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from slamon.core.reading import ClockState, Reading, StageReading, Verdict, same_reading
from slamon.core.ticket import Stage
from slamon.core.transition import Change, transitions
from tests.core.samples import at_utc

NOW = at_utc("2026-11-02T12:00")
DUE = at_utc("2026-11-02T11:00")
RISK = at_utc("2026-11-02T10:30")
NO_TARGET = StageReading(Verdict.NO_TARGET, 0)
RUNNING = StageReading(Verdict.RUNNING, 1800, 7200, due_at=DUE, at_risk_at=RISK)
AT_RISK = replace(RUNNING, elapsed_seconds=6000, at_risk=True)
BREACHED = replace(RUNNING, verdict=Verdict.BREACHED, elapsed_seconds=7201, at_risk=True, breached_at=DUE)
MET = replace(RUNNING, verdict=Verdict.MET, reached_at=RISK)
MISSED = replace(BREACHED, verdict=Verdict.MISSED, at_risk=False, reached_at=NOW)
CANCELLED = StageReading(Verdict.CANCELLED, 1800, 7200)
UNMEASURED = StageReading(Verdict.NOT_MEASURED, 1800, 7200)


def reading(stage: StageReading, **rest: Any) -> Reading:
    base = Reading(1, NOW, ClockState.RUNNING, 0, 0, at_utc("2026-11-02T09:00"), 0, (NO_TARGET, NO_TARGET, stage), "t")
    return replace(base, **rest)


def told(before: StageReading | None, after: StageReading) -> list[Change]:
    return [t.change for t in transitions(None if before is None else reading(before), reading(after))]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(None, RUNNING, [], id="first seen running"),
        pytest.param(None, AT_RISK, [Change.NEAR_BREACH], id="first seen at risk"),
        pytest.param(None, BREACHED, [Change.BREACHED], id="first seen breached: not near its breach too"),
        pytest.param(None, MET, [Change.MET], id="first seen met"),
        pytest.param(None, MISSED, [Change.BREACHED, Change.MISSED], id="first seen missed"),
        pytest.param(None, CANCELLED, [], id="first seen cancelled"),
        pytest.param(None, UNMEASURED, [], id="not measured"),
        pytest.param(RUNNING, AT_RISK, [Change.NEAR_BREACH], id="near"),
        pytest.param(AT_RISK, AT_RISK, [], id="still near"),
        pytest.param(AT_RISK, BREACHED, [Change.BREACHED], id="then broken"),
        pytest.param(RUNNING, BREACHED, [Change.BREACHED], id="broken at once"),
        pytest.param(BREACHED, BREACHED, [], id="still broken"),
        pytest.param(BREACHED, MISSED, [Change.MISSED], id="reached, too late"),
        pytest.param(RUNNING, MISSED, [Change.BREACHED, Change.MISSED], id="both between two looks"),
        pytest.param(AT_RISK, MET, [Change.MET], id="just in time"),
        pytest.param(MET, MET, [], id="still met"),
        pytest.param(MET, RUNNING, [], id="reopened"),
        pytest.param(MET, AT_RISK, [Change.NEAR_BREACH], id="reopened near its breach"),
        pytest.param(MISSED, BREACHED, [], id="reopened when broken already"),
        pytest.param(RUNNING, CANCELLED, [Change.CANCELLED], id="cancelled"),
        pytest.param(CANCELLED, CANCELLED, [], id="still cancelled"),
        pytest.param(CANCELLED, RUNNING, [], id="restored"),
        pytest.param(NO_TARGET, CANCELLED, [], id="cancelled without a goal"),
        pytest.param(RUNNING, NO_TARGET, [], id="goal taken away"),
    ],
)
def test_one_goal(before: StageReading | None, after: StageReading, expected: list[Change]) -> None:
    assert told(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(AT_RISK, AT_RISK, [Change.NEAR_BREACH], id="near again"),
        pytest.param(BREACHED, BREACHED, [Change.BREACHED], id="broken again"),
        pytest.param(BREACHED, RUNNING, [Change.SUPERSEDED], id="not broken any more"),
        pytest.param(BREACHED, AT_RISK, [Change.NEAR_BREACH, Change.SUPERSEDED], id="near now"),
        pytest.param(BREACHED, NO_TARGET, [Change.SUPERSEDED], id="no goal any more"),
        pytest.param(MISSED, MET, [Change.MET], id="a goal reached is not open to be superseded"),
        pytest.param(MET, MET, [Change.MET], id="met again"),
    ],
)
def test_T62_a_new_deadline_version_is_judged_afresh(
    before: StageReading, after: StageReading, expected: list[Change]
) -> None:
    assert told(before, replace(after, version=1)) == expected


def test_a_transition_says_when_it_happened_on_the_clock() -> None:
    (breach, missed) = transitions(None, reading(MISSED, note="why"))
    (near,) = transitions(reading(RUNNING), reading(AT_RISK))

    assert (breach.at, missed.at, near.at) == (DUE, NOW, RISK)
    assert (breach.ticket_id, breach.stage, breach.version) == (1, Stage.RESOLVE, 0)
    assert (breach.goal_seconds, breach.elapsed_seconds, breach.due_at) == (7200, 7201, DUE)
    assert breach.reason == "why"


def test_those_of_several_goals_come_in_order_of_time() -> None:
    early = replace(BREACHED, breached_at=RISK)
    both = replace(reading(BREACHED), stages=(BREACHED, early, MET))

    assert [(t.stage, t.change) for t in transitions(None, both)] == [
        (Stage.PLAN, Change.BREACHED),
        (Stage.RESOLVE, Change.MET),
        (Stage.RESPOND, Change.BREACHED),
    ]


class TestSameReading:
    """Only what lasts makes a reading worth storing."""

    def test_the_passing_of_time_alone_does_not(self) -> None:
        later = reading(
            replace(RUNNING, elapsed_seconds=1860),
            as_of=NOW + timedelta(minutes=1),
            elapsed_seconds=60,
            paused_seconds=60,
            next_change_at=NOW,
        )

        assert same_reading(reading(RUNNING), later)

    def test_nor_the_sliding_deadline_of_a_wait(self) -> None:
        waits = replace(RUNNING, verdict=Verdict.PAUSED, due_at=None, due_if_resumed_at=DUE)

        assert same_reading(reading(waits), reading(replace(waits, due_if_resumed_at=NOW)))
        assert not same_reading(reading(waits), reading(replace(waits, due_if_resumed_at=None)))

    @pytest.mark.parametrize(
        "after",
        [
            AT_RISK,
            BREACHED,
            MET,
            replace(RUNNING, goal_seconds=3600),
            replace(RUNNING, due_at=NOW),
            replace(RUNNING, version=1),
        ],
    )
    def test_everything_else_does(self, after: StageReading) -> None:
        assert not same_reading(reading(RUNNING), reading(after))

    @pytest.mark.parametrize("rest", [{"state": ClockState.PAUSED}, {"cycle": 1}, {"terms": "u"}, {"note": "merged"}])
    def test_of_the_ticket_too(self, rest: dict[str, Any]) -> None:
        assert not same_reading(reading(RUNNING), reading(RUNNING, **rest))

    def test_what_was_reached_keeps_its_time(self) -> None:
        assert not same_reading(reading(MET), reading(replace(MET, elapsed_seconds=1)))
