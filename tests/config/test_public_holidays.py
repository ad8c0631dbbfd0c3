"""Public holidays by country and subdivision, written out into a calendar's rules."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from slamon.config.checks import read_calendar
from slamon.errors import CalendarError
from tests.config.samples import good

HOURS = {"mon": [["09:00", "17:00"]]}


def dates(year: int, **entry: Any) -> dict[date, str]:
    rules = read_calendar("work", {"timezone": "Europe/London", "hours": HOURS, "public_holidays": entry})
    return {span.on: span.name for span in rules.holidays if span.on.year == year}


def test_a_subdivision_has_its_own_days() -> None:
    assert dates(2026, country="GB", subdivision="ENG")[date(2026, 4, 6)] == "Easter Monday"
    assert date(2026, 4, 6) not in dates(2026, country="GB", subdivision="SCT")


def test_T12_days_that_nobody_takes_off_can_be_left_out() -> None:
    full = dates(2026, country="DE", subdivision="BY")
    fewer = dates(2026, country="DE", subdivision="BY", without=["2026-01-06", "good friday"])

    assert set(full) - set(fewer) == {date(2026, 1, 6), date(2026, 4, 3)}


def test_own_holidays_stand_beside_them() -> None:
    config = good(
        '[calendar.work]\ntimezone = "Europe/London"\nhours = {mon = [["09:00", "17:00"]]}\n'
        'holidays = [2026-08-03]\npublic_holidays = {country = "GB", subdivision = "ENG"}\n'
    )

    days = {span.on for span in config.calendars["work"].holidays}
    assert {date(2026, 8, 3), date(2026, 12, 25)} <= days


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"country": "XX"}, "public_holidays.country: 'XX' is not a country's ISO code"),
        ({"country": "GB", "subdivision": "Kent"}, "GB has ENG, NIR, SCT, WLS"),
        ({"country": "GB", "year": 2026}, "public_holidays.year: unknown key; known are country, subdivision, without"),
        ({"country": "GB", "without": "Boxing Day"}, "expected a list of dates or names"),
        ({}, "None is not a country's ISO code"),
        ("GB", "expected a table such as"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(entry: object, message: str) -> None:
    with pytest.raises(CalendarError) as caught:
        read_calendar("work", {"timezone": "UTC", "hours": HOURS, "public_holidays": entry})
    assert message in str(caught.value)
