"""Business hours by walking days."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from slamon.simulator.hours import AllHours, NeverOpenError, WeekHours

NINE_HOURS = (8 * 3600, 17 * 3600)
WEEK = [NINE_HOURS] * 5 + [None, None]
NEW_YORK = WeekHours(
    WEEK,
    {date(2026, 12, 25): [(0, 86_400)], date(2026, 12, 24): [(12 * 3600, 17 * 3600)]},
    ZoneInfo("America/New_York"),
)
ROUND_THE_CLOCK = WeekHours([(0, 86_400)] * 7, {}, ZoneInfo("Europe/Berlin"))


def at(text: str) -> int:
    """Return UTC text as epoch seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-02T13:00", "2026-03-02T22:00", 9),  # a Monday, 08:00 to 17:00 in New York
        ("2026-03-02T00:00", "2026-03-02T14:30", 1.5),  # entered at night
        ("2026-03-06T21:00", "2026-03-09T13:00", 2),  # over the weekend on which the clocks go forward
        ("2026-03-09T12:00", "2026-03-09T21:00", 9),  # the Monday after it, one UTC hour earlier
        ("2026-12-24T13:00", "2026-12-28T14:00", 5),  # half a day, a holiday, a weekend, one hour
        ("2026-03-02T14:00", "2026-03-02T14:00", 0),
        ("2026-03-03T14:00", "2026-03-02T14:00", 0),
    ],
)
def test_open_time_between_two_instants(start: str, end: str, hours: float) -> None:
    assert NEW_YORK.between(at(start), at(end)) == hours * 3600


def test_a_goal_that_ends_at_closing_time_is_due_at_closing_time() -> None:
    assert NEW_YORK.forward(at("2026-03-02T13:00"), 9 * 3600) == at("2026-03-02T22:00")
    assert NEW_YORK.forward(at("2026-03-02T13:00"), 9 * 3600 + 1) == at("2026-03-03T13:00") + 1


def test_forward_and_backward_undo_each_other_on_open_time() -> None:
    start = at("2026-10-28T15:17")
    for seconds in (0, 1, 3_599, 40_000, 400_000, 4_000_000):
        end = NEW_YORK.forward(start, seconds)
        assert NEW_YORK.between(start, end) == seconds
        assert NEW_YORK.between(NEW_YORK.backward(end, seconds), end) == seconds


def test_the_days_on_which_clocks_change_have_23_and_25_hours() -> None:
    assert ROUND_THE_CLOCK.between(at("2026-03-28T23:00"), at("2026-03-29T22:00")) == 23 * 3600
    assert ROUND_THE_CLOCK.between(at("2026-10-24T22:00"), at("2026-10-25T23:00")) == 25 * 3600


def test_all_hours_counts_every_second() -> None:
    hours = AllHours()
    assert (hours.between(5, 12), hours.forward(5, 7), hours.backward(12, 7)) == (7, 12, 5)


def test_a_calendar_without_hours_gives_up() -> None:
    closed = WeekHours([None] * 7, {}, ZoneInfo("UTC"))
    with pytest.raises(NeverOpenError):
        closed.forward(0, 1)
    with pytest.raises(NeverOpenError):
        closed.backward(0, 1)
