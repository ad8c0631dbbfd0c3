"""What real systems got wrong about time and calendars; the numbers are those of the list of traps (T01 to T21)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slamon.core.calendar import check_opens
from slamon.core.instants import parse_instant
from slamon.core.promise import PolicyRule, PromiseSettings, choose_terms
from slamon.core.reading import Verdict
from slamon.core.reference import GoalHours, Reference
from slamon.core.rules_document import rules_from_document
from slamon.core.ticket import Ref, Stage, Ticket
from slamon.errors import CalendarError
from tests.core.samples import ALL_DAYS, DAY, HOUR, NONSTOP, OFFICE, WEEKDAYS, at_utc, calendar, epoch, utc, week
from tests.core.week import GOLD, Desk, told


def test_T01_round_the_clock_loses_no_minute_at_midnight() -> None:
    nonstop = calendar(NONSTOP)
    monday = epoch("2026-10-19T00:00")

    assert nonstop.elapsed(monday + DAY - 60, monday + DAY + 60) == 120
    assert nonstop.due_at(monday, 30 * DAY) == monday + 30 * DAY


def test_T02_midnight_as_a_close_is_the_end_of_the_day_or_refused_never_an_inverted_window() -> None:
    evening, marked = (calendar(week(ALL_DAYS, ("18:00", close))) for close in ("24:00", "00:00+1"))
    monday = epoch("2026-10-19T00:00")

    assert evening.elapsed(monday, monday + DAY) == marked.elapsed(monday, monday + DAY) == 6 * HOUR
    with pytest.raises(CalendarError, match=r"write 18:00 to 24:00, or 00:00\+1 for the next day"):
        calendar(week(ALL_DAYS, ("18:00", "00:00")))


def test_T03_a_calendar_without_hours_is_refused_when_it_is_read() -> None:
    with pytest.raises(CalendarError, match="calendar Berlin: hours: the calendar never opens; give at least one"):
        rules_from_document("Berlin", {"timezone": "Europe/Berlin", "hours": {}})
    shut = calendar({"timezone": "UTC", "openings": [{"date": "2020-01-01", "from": "09:00", "to": "10:00"}]}, "Berlin")
    with pytest.raises(CalendarError, match="calendar Berlin: never open within ten years"):
        check_opens(shut, epoch("2026-10-19T00:00"))


def test_T04_seven_holidays_in_a_row_are_not_an_empty_calendar() -> None:
    closed = calendar(OFFICE | {"holidays": [f"2026-12-{day}" for day in range(24, 31)]})

    check_opens(closed, epoch("2026-12-24T00:00"))
    assert utc(closed.next_open(epoch("2026-12-24T00:00"))) == "2026-12-31T09:00:00"


def test_T05_no_hidden_horizon_below_ten_years() -> None:
    assert utc(calendar(OFFICE).due_at(epoch("2026-10-19T09:00"), 99 * HOUR)) == "2026-11-04T12:00:00"
    yearly = [{"date": f"{year}-12-31", "from": "09:00", "to": "10:00"} for year in range(2026, 2037)]
    once = calendar({"timezone": "UTC", "openings": yearly})
    assert utc(once.due_at(epoch("2026-10-19T09:00"), 10 * HOUR)) == "2035-12-31T10:00:00"


def test_T06_the_offset_of_the_date_holds_not_that_of_another_day() -> None:
    berlin = calendar(week(WEEKDAYS, ("09:00", "17:00"), zone="Europe/Berlin"))

    assert utc(berlin.next_open(epoch("2026-07-20T00:00"))) == "2026-07-20T07:00:00"
    assert utc(berlin.next_open(epoch("2026-12-21T00:00"))) == "2026-12-21T08:00:00"


def test_T07_the_weeks_of_a_change_have_an_hour_less_and_an_hour_more() -> None:
    berlin = calendar(week(ALL_DAYS, ("00:00", "24:00"), zone="Europe/Berlin"))
    weeks = [
        berlin.elapsed(epoch(f"{monday}T00:00", "Europe/Berlin"), epoch(f"{following}T00:00", "Europe/Berlin"))
        for monday, following in (("2026-03-23", "2026-03-30"), ("2026-10-19", "2026-10-26"))
    ]

    assert weeks == [7 * DAY - HOUR, 7 * DAY + HOUR]


# Brazil had no summer time any more from 2019 on.
def test_T07_a_zone_that_gave_up_summer_time_keeps_the_past_and_has_none_after() -> None:
    brazil = calendar(week(ALL_DAYS, ("09:00", "17:00"), zone="America/Sao_Paulo"))

    opens = [utc(brazil.next_open(epoch(f"{year}-12-15T04:00"))) for year in (2018, 2019)]
    assert opens == ["2018-12-15T11:00:00", "2019-12-15T12:00:00"]


def test_T08_a_change_at_midnight_and_the_repeated_hour_once_per_real_hour() -> None:
    beirut = calendar(week(ALL_DAYS, ("00:00", "24:00"), zone="Asia/Beirut"))
    spring, autumn = epoch("2026-03-28T22:00"), epoch("2026-10-24T20:00")

    assert utc(epoch("2026-03-29T01:00", "Asia/Beirut")) == utc(spring)
    assert beirut.elapsed(spring - HOUR, spring + HOUR) == 2 * HOUR
    assert beirut.elapsed(autumn, autumn + 2 * HOUR) == 2 * HOUR
    twice = calendar(week(ALL_DAYS, ("23:00", "24:00"), zone="Asia/Beirut"))
    assert twice.elapsed(autumn, autumn + 2 * HOUR) == 2 * HOUR


def test_T09_a_naive_time_is_refused_not_read_in_somebodys_zone() -> None:
    with pytest.raises(ValueError, match=r"has no offset; write it with one, such as 2026-10-19T10:00:00Z"):
        parse_instant("2026-10-19T10:00:00")


def test_T10_a_missing_or_unknown_zone_is_refused() -> None:
    for zone in ({}, {"timezone": ""}, {"timezone": "Europe/Nowhere"}):
        with pytest.raises(CalendarError, match="timezone: "):
            rules_from_document("Berlin", {"hours": {"mon": [["09:00", "17:00"]]}} | zone)


@pytest.mark.parametrize(
    ("zone", "begins"),
    [("Pacific/Kiritimati", "2026-12-24T10:00"), ("Pacific/Pago_Pago", "2026-12-25T11:00")],
)
def test_T11_a_holiday_is_a_local_date(zone: str, begins: str) -> None:
    island = calendar(week(ALL_DAYS, ("00:00", "24:00"), zone=zone, holidays=["2026-12-25"]))
    start = epoch(begins)

    assert island.elapsed(start - 3 * DAY, start + 3 * DAY) == 5 * DAY
    assert island.next_open(start) == start + DAY
    assert island.is_open(start - 1)


def test_T13_holidays_over_a_weeks_edge_duplicate_nothing() -> None:
    closed = calendar(NONSTOP | {"holidays": ["2026-10-24", "2026-10-25", "2026-10-26", "2026-10-27"]})

    assert closed.elapsed(epoch("2026-10-19T00:00"), epoch("2026-11-02T00:00")) == 10 * DAY


def test_T14_the_first_instant_counts_the_last_does_not() -> None:
    office = calendar(OFFICE)
    opens, closes = epoch("2026-10-19T09:00"), epoch("2026-10-19T17:00")

    assert (office.is_open(opens - 1), office.is_open(opens), office.is_open(closes - 1)) == (False, True, True)
    assert not office.is_open(closes)
    assert (office.elapsed(opens, opens + 1), office.elapsed(closes, closes + 1)) == (1, 0)


def test_T15_both_ends_after_hours_on_different_days_is_not_nothing() -> None:
    assert calendar(OFFICE).elapsed(epoch("2026-10-19T18:00"), epoch("2026-10-20T20:00")) == 8 * HOUR


def test_T16_a_holiday_of_part_of_a_day_takes_that_part() -> None:
    eve = calendar(OFFICE | {"holidays": [{"date": "2026-12-24", "from": "12:00", "to": "24:00"}]})

    assert eve.elapsed(epoch("2026-12-24T00:00"), epoch("2026-12-25T00:00")) == 3 * HOUR


def test_T17_a_goal_of_24_hours_is_24_hours_of_the_calendar() -> None:
    assert utc(calendar(OFFICE).due_at(epoch("2026-10-19T09:00"), 24 * HOUR)) == "2026-10-21T17:00:00"
    assert utc(calendar(NONSTOP).due_at(epoch("2026-10-19T09:00"), 24 * HOUR)) == "2026-10-20T09:00:00"


def test_T18_each_day_is_asked_whether_it_is_a_holiday() -> None:
    closed = calendar(OFFICE | {"holidays": ["2026-10-20"]})

    assert utc(closed.due_at(epoch("2026-10-19T16:00"), 2 * HOUR)) == "2026-10-21T10:00:00"
    assert utc(closed.due_at(epoch("2026-10-20T16:00"), 2 * HOUR)) == "2026-10-21T11:00:00"


def test_T19_a_quarter_of_an_hour_is_not_nothing() -> None:
    nobody = Reference(boards={}, statuses={}, priorities={}, slas={}, calendars={}, companies={})
    now = at_utc("2026-10-19T09:00")
    ticket = Ticket(1, "printer", Ref(1, "Desk"), Ref(1, "New"), now, now)
    rule = PolicyRule("quick", calendar="AllHours", goals=GoalHours(0.25, 1.1, 0.0002))

    choice = choose_terms(ticket, nobody, PromiseSettings(rule))

    assert [choice.terms.goal_seconds(stage) for stage in Stage] == [900, 3960, 1]


def test_T20_one_second_of_a_million_decides() -> None:
    desk = Desk([replace(GOLD, goals=(7200, None, None))])

    met = desk.read("mon 09:00 new, mon 11:00 answered", "mon 12:00").stage(Stage.RESPOND)
    missed = desk.read("mon 09:00 new, mon 11:00:01 answered", "mon 12:00").stage(Stage.RESPOND)

    assert (met.verdict, met.elapsed_seconds) == (Verdict.MET, 7200)
    assert (missed.verdict, missed.elapsed_seconds) == (Verdict.MISSED, 7201)
    assert told(missed.breached_at) == "mon 11:00"


def test_T21_every_second_of_a_day_has_a_deadline_and_there_is_no_residue() -> None:
    split = calendar(week(ALL_DAYS, ("00:00:01", "07:59:59"), ("08:00:01", "23:59:59")))
    monday = epoch("2026-10-19T00:00")

    for amount in (1, 28_798, 28_799, 86_395, 86_396, 86_397):
        assert split.elapsed(monday, split.due_at(monday, amount)) == amount
