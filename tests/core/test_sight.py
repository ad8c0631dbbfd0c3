"""When a tenant counts as seen, and since when it does not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from slamon.core.sight import Outlook, Pace, find_blind_spans, judge_sight
from tests.core.samples import at_utc

MINUTE = timedelta(minutes=1)
PACE = Pace(MINUTE)
BEGAN = at_utc("2026-11-02T10:00")
SEEN = (BEGAN, BEGAN + timedelta(seconds=2))


@pytest.mark.parametrize(
    ("age", "outlook"),
    [
        (timedelta(0), Outlook.CLEAR),
        (3 * MINUTE, Outlook.CLEAR),
        (3 * MINUTE + timedelta(seconds=1), Outlook.BLIND),
        (timedelta(days=400), Outlook.BLIND),
    ],
)
def test_a_tenant_is_blind_once_no_poll_that_worked_began_for_three_periods(age: timedelta, outlook: Outlook) -> None:
    sight = judge_sight(BEGAN + age, PACE, SEEN)

    assert sight.outlook is outlook
    assert sight.blind_since == (BEGAN if outlook is Outlook.BLIND else None)
    assert (sight.age, sight.blind_at) == (age, BEGAN + 3 * MINUTE)


def test_a_tenant_never_seen_is_blind_since_no_instant() -> None:
    sight = judge_sight(BEGAN, PACE, None, failing=True)

    assert (sight.outlook, sight.is_blind, sight.is_up) == (Outlook.UNSEEN, True, False)
    assert (sight.blind_since, sight.age, sight.blind_at) == (None, None, None)


def test_a_poll_that_failed_is_not_up_but_not_blind_before_its_time() -> None:
    failing = judge_sight(BEGAN + 2 * MINUTE, PACE, SEEN, failing=True)

    assert (failing.outlook, failing.is_up, failing.is_blind) == (Outlook.FAILING, False, False)
    assert judge_sight(BEGAN + 4 * MINUTE, PACE, SEEN, failing=True).outlook is Outlook.BLIND


def test_polls_that_take_longer_than_their_period_are_slow_and_not_blind() -> None:
    slow = (BEGAN, BEGAN + 5 * MINUTE)

    assert judge_sight(BEGAN + 15 * MINUTE, PACE, slow).is_up
    assert judge_sight(BEGAN + 16 * MINUTE, PACE, slow).blind_since == BEGAN


def test_a_poll_in_the_future_is_of_unknown_age() -> None:
    """A clock was set back: within what a poll may be old it does not matter, beyond it nothing can be trusted."""
    assert judge_sight(BEGAN - MINUTE, PACE, SEEN).is_up
    assert judge_sight(BEGAN - MINUTE, PACE, SEEN).age == timedelta(0)
    assert judge_sight(BEGAN - timedelta(hours=1), PACE, SEEN).is_blind


def test_the_number_of_periods_is_a_setting() -> None:
    assert judge_sight(BEGAN + 9 * MINUTE, Pace(MINUTE, 10), SEEN).is_up


def test_the_spans_without_a_poll_that_worked() -> None:
    def poll(minute: int, took: int = 0) -> tuple[datetime, datetime]:
        return BEGAN + minute * MINUTE, BEGAN + (minute + took) * MINUTE

    good = [poll(0), poll(1), poll(4), poll(9), poll(10, took=5), poll(25), poll(26)]
    nine, end = BEGAN + 9 * MINUTE, BEGAN + 40 * MINUTE

    assert find_blind_spans(good, PACE, BEGAN, end) == [(BEGAN + 4 * MINUTE, nine), (BEGAN + 26 * MINUTE, end)]
    assert find_blind_spans(good, PACE, BEGAN + 6 * MINUTE, nine) == [(BEGAN + 6 * MINUTE, nine)]
    assert find_blind_spans(good, PACE, BEGAN, BEGAN + 4 * MINUTE) == []
    assert find_blind_spans([], PACE, BEGAN, end) == []  # nothing is known of that time
