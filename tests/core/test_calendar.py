"""Open time, deadlines and openings on ordinary weeks: one named case per row, times as people read them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from slamon.core.calendar import BusinessCalendar, check_opens
from slamon.core.coordinate import HORIZON_SECONDS
from slamon.core.instants import parse_instant, to_epoch
from slamon.errors import CalendarError, NeverDueError
from tests.core.samples import ALL_DAYS, DAY, HOUR, NONSTOP, OFFICE, WEEKDAYS, calendar, epoch, utc, week

# 2026-10-19 is a Monday; the 23rd a Friday.
LUNCH = week(WEEKDAYS, ("08:00", "12:00"), ("13:00", "17:30"))
NIGHT = week(("mon", "fri"), ("22:00", "06:00+1"))
TOUCHING = week(WEEKDAYS, ("08:00", "12:00"), ("12:00", "17:00"))
OVERLAPPING = week(WEEKDAYS, ("08:00", "13:00"), ("12:00", "17:00"), ("09:00", "10:00"))
EVENINGS = week(ALL_DAYS, ("18:00", "24:00"))
MONDAYS = week(("mon",), ("09:00", "17:00"))


@pytest.mark.parametrize(
    ("case", "rules", "start", "end", "seconds"),
    [
        ("within one window", OFFICE, "2026-10-19T10:00", "2026-10-19T10:30", 1800),
        ("the first instant counts, the last does not", OFFICE, "2026-10-19T16:59:59", "2026-10-19T17:00:01", 1),
        ("the second before opening", OFFICE, "2026-10-19T08:59:59", "2026-10-19T09:00:00", 0),
        ("the first second", OFFICE, "2026-10-19T09:00:00", "2026-10-19T09:00:01", 1),
        ("nothing at all", OFFICE, "2026-10-19T10:00", "2026-10-19T10:00", 0),
        ("over a weekend", OFFICE, "2026-10-23T16:00", "2026-10-26T10:00", 2 * HOUR),
        ("both after hours on different days", OFFICE, "2026-10-19T19:00", "2026-10-20T19:00", 8 * HOUR),
        ("both after hours on one evening", OFFICE, "2026-10-19T19:00", "2026-10-19T23:00", 0),
        ("a whole week", OFFICE, "2026-10-18T00:00", "2026-10-25T00:00", 40 * HOUR),
        ("over lunch", LUNCH, "2026-10-19T11:30", "2026-10-19T13:30", HOUR),
        ("within lunch", LUNCH, "2026-10-19T12:00", "2026-10-19T13:00", 0),
        ("touching windows are one", TOUCHING, "2026-10-19T11:00", "2026-10-19T13:00", 2 * HOUR),
        ("overlapping windows count once", OVERLAPPING, "2026-10-19T00:00", "2026-10-20T00:00", 9 * HOUR),
        ("a night belongs to two days", NIGHT, "2026-10-19T00:00", "2026-10-20T00:00", 2 * HOUR),
        ("the morning after", NIGHT, "2026-10-20T00:00", "2026-10-21T00:00", 6 * HOUR),
        ("the morning after Friday is Saturday's", NIGHT, "2026-10-24T00:00", "2026-10-24T12:00", 6 * HOUR),
        ("24:00 is the end of the day", EVENINGS, "2026-10-19T00:00", "2026-10-20T00:00", 6 * HOUR),
        ("24x7 loses nothing at midnight", NONSTOP, "2026-10-19T00:00", "2026-10-26T00:00", 7 * DAY),
        ("24x7 over a year's end", NONSTOP, "2026-12-31T23:59:59", "2027-01-01T00:00:01", 2),
    ],
)
def test_elapsed(case: str, rules: dict[str, Any], start: str, end: str, seconds: int) -> None:
    assert calendar(rules).elapsed(epoch(start), epoch(end)) == seconds


@pytest.mark.parametrize(
    ("case", "rules", "start", "amount", "due"),
    [
        ("nothing is due at once, open", OFFICE, "2026-10-19T10:00", 0, "2026-10-19T10:00:00"),
        ("nothing is due at once, closed", OFFICE, "2026-10-18T10:00", 0, "2026-10-18T10:00:00"),
        ("an hour", OFFICE, "2026-10-19T10:00", HOUR, "2026-10-19T11:00:00"),
        ("from before opening", OFFICE, "2026-10-19T01:00", HOUR, "2026-10-19T10:00:00"),
        ("out at closing time: due then", OFFICE, "2026-10-23T16:00", HOUR, "2026-10-23T17:00:00"),
        ("a second past closing time", OFFICE, "2026-10-23T16:00", HOUR + 1, "2026-10-26T09:00:01"),
        ("one second from a closed evening", OFFICE, "2026-10-23T20:00", 1, "2026-10-26T09:00:01"),
        ("a full week", OFFICE, "2026-10-19T09:00", 40 * HOUR, "2026-10-23T17:00:00"),
        ("over lunch", LUNCH, "2026-10-19T11:30", HOUR, "2026-10-19T13:30:00"),
        ("out at lunch: due at its beginning", LUNCH, "2026-10-19T11:30", 1800, "2026-10-19T12:00:00"),
        ("no stop between touching windows", TOUCHING, "2026-10-19T11:00", HOUR, "2026-10-19T12:00:00"),
        ("over a night", NIGHT, "2026-10-19T23:00", 2 * HOUR, "2026-10-20T01:00:00"),
        ("99 hours of 24x7", NONSTOP, "2026-10-19T00:00", 99 * HOUR, "2026-10-23T03:00:00"),
        ("into the next year", OFFICE, "2026-12-31T16:30", HOUR, "2027-01-01T09:30:00"),
        ("three years of Mondays", MONDAYS, "2026-10-19T09:00", 157 * 8 * HOUR, "2029-10-15T17:00:00"),
    ],
)
def test_due_at(case: str, rules: dict[str, Any], start: str, amount: int, due: str) -> None:
    assert utc(calendar(rules).due_at(epoch(start), amount)) == due


@pytest.mark.parametrize(
    ("case", "rules", "start", "opens"),
    [
        ("open now", OFFICE, "2026-10-19T09:00:00", "2026-10-19T09:00:00"),
        ("one second to go", OFFICE, "2026-10-19T08:59:59", "2026-10-19T09:00:00"),
        ("the last open second", OFFICE, "2026-10-19T16:59:59", "2026-10-19T16:59:59"),
        ("closing time is closed", OFFICE, "2026-10-19T17:00:00", "2026-10-20T09:00:00"),
        ("after the weekend", OFFICE, "2026-10-24T12:00:00", "2026-10-26T09:00:00"),
        ("always", NONSTOP, "2026-10-24T00:00:00", "2026-10-24T00:00:00"),
    ],
)
def test_next_open(case: str, rules: dict[str, Any], start: str, opens: str) -> None:
    office = calendar(rules)

    assert utc(office.next_open(epoch(start))) == opens
    assert office.is_open(epoch(start)) == (start == opens)


HOLIDAYS = week(
    WEEKDAYS,
    ("09:00", "12:00"),
    ("13:00", "17:00"),
    holidays=[
        "2026-12-25",
        {"date": "2026-12-24", "from": "12:00", "to": "24:00", "name": "Christmas Eve"},
        {"date": "2026-12-28", "from": "10:00", "to": "14:00"},
        {"date": "2026-12-28", "from": "13:30", "to": "15:00"},
        {"date": "2026-12-29", "from": "17:00", "to": "18:00"},
        {"date": "2026-12-30", "from": "16:00", "to": "10:00+1"},
    ],
    openings=[
        {"date": "2026-12-25", "from": "10:00", "to": "11:00"},
        {"date": "2026-12-26", "from": "09:00", "to": "12:00"},
        {"date": "2026-12-28", "from": "10:30", "to": "11:00"},
        {"date": "2026-12-29", "from": "11:00", "to": "13:30"},
        {"date": "2027-01-02", "from": "23:00", "to": "01:00+1"},
    ],
)


@pytest.mark.parametrize(
    ("case", "on", "opened"),
    [
        ("an ordinary day", "2026-12-23", 7 * HOUR),
        ("the second half is a holiday", "2026-12-24", 3 * HOUR),
        ("a holiday with an hour's opening", "2026-12-25", HOUR),
        ("a Saturday opened once", "2026-12-26", 3 * HOUR),
        ("two holiday spans that overlap, and an opening inside", "2026-12-28", HOUR + 1800 + 2 * HOUR),
        ("a holiday after hours, an opening over lunch that overlaps windows", "2026-12-29", 8 * HOUR),
        ("a holiday that begins in the afternoon", "2026-12-30", 6 * HOUR),
        ("and ends in the next morning", "2026-12-31", 6 * HOUR),
        ("an opening before midnight", "2027-01-02", HOUR),
        ("goes on after midnight", "2027-01-03", HOUR),
        ("a Sunday", "2027-01-10", 0),
    ],
)
def test_open_time_of_days_with_holidays_and_openings(case: str, on: str, opened: int) -> None:
    begins = epoch(f"{on}T00:00")

    assert calendar(HOLIDAYS).elapsed(begins, begins + DAY) == opened


def test_a_holiday_closes_its_own_date_only() -> None:
    nights = calendar(week(("mon",), ("22:00", "06:00+1"), holidays=["2026-10-19"]))
    mornings = calendar(week(("mon",), ("22:00", "06:00+1"), holidays=["2026-10-20"]))
    monday, tuesday = epoch("2026-10-19T00:00"), epoch("2026-10-20T00:00")

    assert (nights.elapsed(monday, tuesday), nights.elapsed(tuesday, tuesday + DAY)) == (0, 6 * HOUR)
    assert (mornings.elapsed(monday, tuesday), mornings.elapsed(tuesday, tuesday + DAY)) == (2 * HOUR, 0)


# A holiday is a local date: in Auckland the 25th begins at 11:00 UTC on the 24th.
def test_a_holiday_is_a_date_of_the_calendars_zone() -> None:
    auckland = calendar(week(ALL_DAYS, ("00:00", "24:00"), zone="Pacific/Auckland", holidays=["2026-12-25"]))

    assert auckland.elapsed(epoch("2026-12-24T10:00"), epoch("2026-12-24T12:00")) == HOUR
    assert utc(auckland.next_open(epoch("2026-12-24T12:00"))) == "2026-12-25T11:00:00"


def test_seven_and_thirty_closed_days_in_a_row_are_legal() -> None:
    for days in (7, 30):
        closed = [f"2026-11-{day:02}" for day in range(1, days + 1)]
        shut = calendar(OFFICE | {"holidays": closed})
        check_opens(shut, epoch("2026-11-01T00:00"))
        due = shut.due_at(epoch("2026-11-01T00:00"), HOUR)

        assert utc(due) == ("2026-11-09T10:00:00" if days == 7 else "2026-12-01T10:00:00")


def test_only_openings_and_no_weekly_hours() -> None:
    fair = calendar({"timezone": "UTC", "openings": [{"date": "2026-10-24", "from": "09:00", "to": "10:00"}]})

    assert fair.elapsed(epoch("2026-10-01T00:00"), epoch("2026-11-01T00:00")) == HOUR
    assert utc(fair.due_at(epoch("2026-10-01T00:00"), HOUR)) == "2026-10-24T10:00:00"
    with pytest.raises(NeverDueError, match=r"calendar test: less than 3601 open seconds within ten years"):
        fair.due_at(epoch("2026-10-01T00:00"), HOUR + 1)
    with pytest.raises(CalendarError, match=r"calendar test: never open within ten years .* give it hours"):
        check_opens(fair, epoch("2026-10-24T10:00"))


@pytest.mark.parametrize("at", ["1969-12-31T23:59:50", "1970-01-01T00:00", "2026-10-19T00:00", "2199-12-31T23:59:59"])
@pytest.mark.parametrize("amount", [521 * 9 * HOUR + 22 * HOUR, 2**40, 2**63 - 1])
def test_a_target_beyond_the_horizon_is_never_due(at: str, amount: int) -> None:
    mondays = calendar(week(("mon",), ("09:00", "18:00")))

    with pytest.raises(NeverDueError, match=f"calendar test: less than {amount} open seconds within ten years"):
        mondays.due_at(epoch(at), amount)
    with pytest.raises(NeverDueError, match=f"less than {amount} open seconds"):
        mondays.due_at(np.array([epoch(at)] * 2), np.array([HOUR, amount]))


def test_a_target_years_ahead_is_reached_whether_asked_alone_or_among_others() -> None:
    mondays, start, amount = calendar(week(("mon",), ("09:00", "18:00"))), epoch("2026-10-19T00:00"), 300 * 9 * HOUR

    due = mondays.due_at(np.array([start, start]), np.array([HOUR, amount]))

    assert [utc(int(at)) for at in due] == ["2026-10-19T10:00:00", "2032-07-12T18:00:00"]
    assert calendar(week(("mon",), ("09:00", "18:00"))).due_at(start, amount) == due[1]


def test_the_horizon_counts_from_each_instant_not_from_what_was_built_before() -> None:
    asked = calendar({"timezone": "UTC", "openings": [{"date": "2040-01-02", "from": "00:00", "to": "01:00"}]})
    asked.segments(epoch("2020-01-01T00:00"), epoch("2045-01-01T00:00"))
    edge = epoch("2040-01-02T00:00") - HORIZON_SECONDS

    assert asked.next_open(edge) == epoch("2040-01-02T00:00")
    with pytest.raises(NeverDueError, match="never open within ten years"):
        asked.next_open(edge - 1)
    assert asked.due_at(edge + 60, 60) == epoch("2040-01-02T00:01")
    with pytest.raises(NeverDueError):
        asked.due_at(edge + 59, 60)


def test_the_horizon_is_ten_years_and_its_last_second_is_within() -> None:
    nonstop = calendar(NONSTOP)
    now = epoch("2026-10-19T10:00")

    assert utc(now + HORIZON_SECONDS) == "2036-10-26T10:00:00"
    assert nonstop.due_at(now, HORIZON_SECONDS) == now + HORIZON_SECONDS
    with pytest.raises(NeverDueError):
        nonstop.due_at(now, HORIZON_SECONDS + 1)


@pytest.mark.parametrize("at", ["1900-01-01T00:00:00", "1999-12-31T12:00:00", "2199-12-31T23:59:59"])
def test_the_first_and_the_last_year(at: str) -> None:
    office, nonstop = calendar(OFFICE), calendar(NONSTOP)

    opens = office.next_open(epoch(at))
    assert office.due_at(epoch(at), HOUR) == opens + HOUR
    assert nonstop.due_at(epoch(at), DAY) == epoch(at) + DAY
    assert nonstop.elapsed(epoch(at), epoch(at) + DAY) == DAY


def test_three_centuries_at_once() -> None:
    nonstop = calendar(NONSTOP)

    assert nonstop.elapsed(epoch("1900-01-01T00:00"), epoch("2200-01-01T00:00")) == 109_573 * DAY


def test_an_answer_does_not_depend_on_what_was_asked_before() -> None:
    asked = calendar(HOLIDAYS)
    for start, end in (("2026-06-01", "2026-06-02"), ("2031-01-01", "2031-02-01"), ("2019-01-01", "2033-01-01")):
        begins, ends = epoch(f"{start}T00:00"), epoch(f"{end}T00:00")

        assert asked.elapsed(begins, ends) == calendar(HOLIDAYS).elapsed(begins, ends)
        assert asked.due_at(begins, 7 * HOUR) == calendar(HOLIDAYS).due_at(begins, 7 * HOUR)
        assert asked.next_open(begins) == calendar(HOLIDAYS).next_open(begins)


def test_scalars_arrays_and_a_mix_of_both() -> None:
    office = calendar(OFFICE)
    monday, friday = epoch("2026-10-19T00:00"), epoch("2026-10-24T00:00")
    days = monday + DAY * np.arange(5)

    assert isinstance(office.elapsed(monday, friday), int)
    assert office.elapsed(days, days + DAY).tolist() == [8 * HOUR] * 5
    assert office.elapsed(monday, days).tolist() == [0, 8 * HOUR, 16 * HOUR, 24 * HOUR, 32 * HOUR]  # type: ignore[call-overload]
    assert isinstance(office.due_at(monday, HOUR), int)
    assert office.due_at(days, np.array([0, 1, HOUR, 8 * HOUR, 9 * HOUR])).tolist() == [
        epoch(text)
        for text in (
            "2026-10-19T00:00",
            "2026-10-20T09:00:01",
            "2026-10-21T10:00",
            "2026-10-22T17:00",
            "2026-10-26T10:00",
        )
    ]
    nothing = np.array([], np.int64)
    assert office.elapsed(nothing, nothing).tolist() == office.due_at(nothing, nothing).tolist() == []


def test_an_end_before_the_start_and_a_negative_amount_are_refused() -> None:
    office = calendar(OFFICE)
    now = epoch("2026-10-19T10:00")

    with pytest.raises(ValueError, match="the end lies before the start"):
        office.elapsed(now, now - 1)
    with pytest.raises(ValueError, match="the amount is negative"):
        office.due_at(now, -1)
    with pytest.raises(ValueError, match="the end lies before the start"):
        office.elapsed(np.array([now, now]), np.array([now + 1, now - 1]))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-10-19T10:00:00", "has no offset"),
        ("2026-10-19", "has no offset"),
        ("2026-10-19T10:00:00.5Z", "not on a whole second"),
        ("2026-10-19T10:00:00.0000001Z", "not on a whole second"),
        ("2026-10-19T10:00:00+01:00:00.5", "not on a whole second"),
        ("1899-12-31T23:59:59Z", "outside the years 1900 to 2199"),
        ("0001-01-01T00:00:00+05:00", "outside the years 1900 to 2199"),
        ("9999-12-31T23:59:59-05:00", "outside the years 1900 to 2199"),
        ("2200-01-01T00:00:00Z", "outside the years 1900 to 2199"),
        ("2026-02-29T10:00:00Z", "not an ISO 8601 instant"),
        ("2026-10-19T25:00:00Z", "not an ISO 8601 instant"),
        ("yesterday", "not an ISO 8601 instant"),
    ],
)
def test_what_is_no_instant_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_instant(text)


def test_instants_are_read_with_any_offset() -> None:
    for text in ("2026-10-19T10:00:00Z", "2026-10-19T15:30:00+05:30", "2026-10-19T03:00:00-07:00"):
        assert utc(to_epoch(parse_instant(text))) == "2026-10-19T10:00:00"
    assert to_epoch(parse_instant("1900-01-01T00:00:00Z")) == epoch("1900-01-01T00:00:00")
    assert to_epoch(parse_instant("2199-12-31T23:59:59Z")) == epoch("2199-12-31T23:59:59")


def test_a_calendar_knows_its_name() -> None:
    assert BusinessCalendar(calendar(OFFICE, "London").rules).name == "London"
