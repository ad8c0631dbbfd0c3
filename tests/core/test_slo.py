"""Objectives over many goals: counted exactly, and nothing is said where nothing is known."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from math import comb
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slamon.core.month import month_named, month_of
from slamon.core.slo import OVER, Live, Objective, Pace, Tally, more_than, read_objective, read_objectives
from slamon.core.ticket import Stage

DAY = 86_400
HALF_TIME = Pace(99 * DAY, 15 * DAY)  # twelve weeks and half a month seen, half a month to come


def ended(outcome: str, count: int, percent: int | None = 95, **changes: Any) -> Tally:
    base = Tally(2, outcome, "Help Desk", "Priority 2", "Acme", "sla:Gold", percent, count)
    return base._replace(**changes)


def live(running: int = 0, late: int = 0) -> Live:
    return Live(2, "Help Desk", "Priority 2", "Acme", "sla:Gold", running, late)


def read(*month: Tally, past: tuple[Tally, ...] = (), pace: Pace = OVER, **still: int) -> Objective:
    return read_objective(Stage.RESOLVE, month, past, [live(**still)], pace)


def test_T68_no_goals_are_no_attainment_and_not_a_hundred_percent() -> None:
    found = read()

    assert found.attained_percent is None
    assert (found.target_percent, found.allowed, found.left, found.miss_probability) == (None,) * 4


def test_T69_open_goals_are_open_and_not_met() -> None:
    found = read(ended("met", 3), ended("missed", 1), running=90)

    assert found.attained_percent == 75
    assert (found.met, found.missed, found.running) == (3, 1, 90)


def test_T74_what_could_not_be_measured_or_was_cancelled_counts_neither_way() -> None:
    found = read(ended("met", 4), ended("not_measured", 2), ended("cancelled", 3))

    assert (found.attained_percent, found.excluded) == (100, 5)
    assert found.expected == 4


@pytest.mark.parametrize(
    ("met", "missed", "percent", "allowed", "left"),
    [
        (38, 2, 95, 2, 0),
        (37, 3, 95, 2, -1),
        (19, 0, 95, 0, 0),
        (20, 0, 95, 1, 1),
        (99, 1, 100, 0, -1),
        (2, 8, 20, 8, 0),
    ],
)
def test_so_many_of_a_month_that_is_over_may_be_missed(
    met: int, missed: int, percent: int, allowed: int, left: int
) -> None:
    found = read(ended("met", met, percent), ended("missed", missed, percent))

    assert (found.target_percent, found.allowed, found.left) == (percent, allowed, left)
    assert found.miss_probability == (1.0 if left < 0 else 0.0)


def test_what_is_late_is_expected_though_no_more_seems_to_come() -> None:
    """Twenty goals in twelve weeks and a minute to go: none more would come, but three are open and cannot be met."""
    found = read(ended("met", 20), pace=Pace(99 * DAY, 60), late=3)

    assert (found.expected, found.allowed, found.left) == (23, 1, -2)
    assert found.miss_probability == 1.0


def test_goals_under_different_percents_may_miss_what_each_may() -> None:
    found = read(ended("met", 10, 90), ended("met", 20, 95), ended("missed", 1, None))

    assert found.allowed == 2  # 10 goals a tenth, 20 a twentieth
    assert found.target_percent == pytest.approx(100 - 200 / 30)
    assert found.left == 2  # what nothing was promised of costs nothing
    assert found.missed == 1


def test_the_rest_of_the_month_is_expected_to_go_on_as_before() -> None:
    past = (ended("met", 160), ended("missed", 8))
    found = read(ended("met", 28), ended("missed", 2), past=past, pace=HALF_TIME, running=5)

    assert found.expected == 30 + 30  # 198 goals in 99 days: two a day
    assert (found.allowed, found.left) == (3, 1)
    assert 0 < (found.miss_probability or 0) < 1


def test_a_goal_that_broke_this_month_is_spent_before_it_is_reached() -> None:
    past = (ended("met", 168),)
    before = read(ended("met", 30), past=past, pace=HALF_TIME)
    after = read(ended("met", 30), past=past, pace=HALF_TIME, late=2)

    assert (before.left, after.left) == (3, 1)
    assert (after.miss_probability or 0) > (before.miss_probability or 0)


def test_a_first_day_goes_by_what_is_open() -> None:
    found = read(ended("met", 4), pace=Pace(3600, 29 * DAY), running=17, late=1)

    assert found.expected == 22


def test_a_desk_that_never_missed_and_must_not_is_not_expected_to() -> None:
    assert read(ended("met", 4, 100), past=(ended("met", 90, 100),), pace=HALF_TIME).miss_probability == 0


def test_names_come_in_order_with_all_stages_and_none_for_what_has_no_name() -> None:
    rows = [ended("met", 1, board="B"), ended("met", 1, board="A", priority=None)]
    found = read_objectives(rows, [ended("met", 9, board="Gone")], [], OVER, lambda row: row.board)

    assert list(found) == ["A", "B"]
    assert [each.stage for each in found["A"]] == list(Stage)
    assert "none" in read_objectives(rows, [], [], OVER, lambda row: row.priority)


def exact_tail(left: int, trials: int, misses: int, hits: int) -> Fraction:
    """Draw from an urn that gets one more ball of the colour drawn: rising factorials, in whole numbers."""

    def rising(start: int, times: int) -> int:
        product = 1
        for step in range(times):
            product *= start + step
        return product

    ways = (comb(trials, k) * rising(misses, k) * rising(hits, trials - k) for k in range(left + 1, trials + 1))
    return Fraction(sum(ways), rising(misses + hits, trials))


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 60), st.integers(1, 300))
def test_the_tail_is_that_of_the_urn(left: int, trials: int, misses: int, hits: int) -> None:
    assert more_than(left, trials, misses, hits) == pytest.approx(
        float(exact_tail(left, trials, misses, hits)), abs=1e-9
    )


@given(st.integers(-1, 30), st.integers(0, 30), st.floats(0.01, 50), st.floats(0.01, 50))
def test_more_misses_left_are_never_less_safe(left: int, trials: int, misses: float, hits: float) -> None:
    chances = [more_than(left + step, trials, misses, hits) for step in (0, 1)]

    assert 0 <= chances[1] <= chances[0] + 1e-12 <= 1 + 1e-12


RIGA, SYDNEY = ZoneInfo("Europe/Riga"), ZoneInfo("Australia/Sydney")


@pytest.mark.parametrize(
    ("at", "zone", "name", "begins", "ends"),
    [
        ("2026-10-31T22:00", RIGA, "2026-11", "2026-10-31T22:00", "2026-11-30T22:00"),
        ("2026-10-31T21:59", RIGA, "2026-10", "2026-09-30T21:00", "2026-10-31T22:00"),
        ("2026-12-31T13:30", SYDNEY, "2027-01", "2026-12-31T13:00", "2027-01-31T13:00"),
    ],
)
def test_T72_a_month_is_that_of_the_desk(at: str, zone: ZoneInfo, name: str, begins: str, ends: str) -> None:
    moment, *bounds = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (at, begins, ends))
    month = month_of(moment, zone)

    assert (month.name, month.begins_at, month.ends_at) == (name, *bounds)
    assert month_named(name, zone) == month


@pytest.mark.parametrize("name", ["2026-13", "2026-00", "26-11", "2026-1", "", "0000-01", "9999-12"])
def test_what_is_no_month_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a month such as 2026-11"):
        month_named(name, RIGA)
