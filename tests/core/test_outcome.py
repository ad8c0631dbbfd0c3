"""What a reading says of the goals that are over, and what it takes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from slamon.core.instants import to_epoch
from slamon.core.outcome import Ended, GoalKey, ends_of, settle
from slamon.core.reading import Reading, Verdict
from tests.outputs.samples import HOUR, NOW, reading, stage

DONE = NOW - timedelta(hours=1)


def resolved(verdict: Verdict = Verdict.MET, **changes: object) -> Reading:
    return replace(reading(1, resolve=stage(verdict, elapsed=HOUR, reached_at=DONE)), **changes)  # type: ignore[arg-type]


def test_goals_that_are_reached_are_over_and_those_that_run_are_not() -> None:
    known, begun = ends_of(reading(1)), reading(1).started_at
    goal = reading(1).stages[0]

    assert goal.goal_seconds is not None
    measure = (to_epoch(begun), goal.goal_seconds, goal.elapsed_seconds)
    assert known[GoalKey(0, 1)] == Ended("met", to_epoch(NOW - timedelta(hours=5)), *measure)
    assert set(known) == {GoalKey(0, 1), GoalKey(1, 1)}
    assert ends_of(resolved(Verdict.MISSED))[GoalKey(2, 1)][:2] == ("missed", to_epoch(DONE))


def test_T69_what_is_breached_and_not_reached_has_not_ended() -> None:
    late = reading(1, resolve=stage(Verdict.BREACHED, elapsed=5 * HOUR, breached_at=DONE))

    assert GoalKey(2, 1) not in ends_of(late)


def test_a_goal_that_never_was_ends_neither_way() -> None:
    assert ends_of(resolved(Verdict.NO_TARGET))[GoalKey(0, 1)]
    without = reading(1, resolve=stage(Verdict.CANCELLED, goal=None))
    assert GoalKey(2, 1) not in ends_of(without)


def test_a_reopening_takes_the_end_back_and_the_next_resolve_is_another_one() -> None:
    known = ends_of(resolved())

    gone, new = settle(known, reading(1))
    assert (gone, new) == ([GoalKey(2, 1)], {})
    gone, new = settle(known, resolved(Verdict.MISSED))
    assert gone == [GoalKey(2, 1)]
    assert {key: end[:2] for key, end in new.items()} == {GoalKey(2, 1): ("missed", to_epoch(DONE))}


def test_a_goal_that_is_measured_anew_is_told_anew() -> None:
    """A forgotten holiday changes how long a goal took, and not that it was met."""
    known = ends_of(resolved())
    shorter = reading(1, resolve=stage(Verdict.MET, elapsed=60, reached_at=DONE))

    gone, new = settle(known, shorter)

    assert gone == [GoalKey(2, 1)]
    assert new[GoalKey(2, 1)] == known[GoalKey(2, 1)]._replace(elapsed_seconds=60)


def test_an_earlier_cycle_stays_as_it_ended_and_a_later_one_of_another_telling_goes() -> None:
    first, second = ends_of(resolved()), ends_of(resolved(cycle=2))

    assert settle(first, reading(1, cycle=2))[0] == []
    assert set(settle(first | second, resolved())[0]) == set(second)


def test_a_cancelled_goal_stays_so_from_when_it_first_was() -> None:
    cancelled = reading(1, resolve=stage(Verdict.CANCELLED))
    later = replace(cancelled, as_of=NOW + timedelta(days=40))

    assert ends_of(cancelled)[GoalKey(2, 1)][:2] == ("cancelled", to_epoch(NOW))
    assert settle(ends_of(cancelled), later) == ([], {})
