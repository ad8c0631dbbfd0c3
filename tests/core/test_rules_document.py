"""The form of a calendar: what is read, and each thing that is refused with its place and remedy."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from slamon.core.rules import DAY_SECONDS, DatedSpan, Window
from slamon.core.rules_document import clock_text, document_of, find_overlaps, rules_from_document
from slamon.core.segments import windows_on
from slamon.errors import CalendarError
from tests.core.samples import HOUR, OFFICE

MON = {"timezone": "UTC", "hours": {"mon": [["09:00", "17:00"]]}}


@pytest.mark.parametrize(
    ("case", "document", "problem"),
    [
        ("no table", [], "expected a table with timezone and hours"),
        ("nothing", None, "expected a table with timezone and hours"),
        ("no zone", {"hours": {"mon": [["09:00", "17:00"]]}}, "timezone: missing; write an IANA name"),
        ("an unknown zone", MON | {"timezone": "Europe/Berln"}, "timezone: 'Europe/Berln' is not an IANA time zone"),
        ("a number for a zone", MON | {"timezone": 1}, "timezone: missing"),
        (
            "an unknown key",
            MON | {"hollidays": []},
            "hollidays: unknown key; known are timezone, hours, holidays, openings",
        ),
        ("no hours", {"timezone": "UTC"}, "hours: the calendar never opens; give at least one window"),
        ("empty hours", {"timezone": "UTC", "hours": {"mon": []}}, "hours: the calendar never opens"),
        ("hours as a list", {"timezone": "UTC", "hours": []}, "hours: expected a table"),
        ("an unknown day", MON | {"hours": {"monday": []}}, "hours.monday: unknown day; known are mon, tue"),
        ("windows as text", MON | {"hours": {"mon": "09:00-17:00"}}, "hours.mon: expected a list"),
        ("one window without brackets", MON | {"hours": {"mon": ["09:00", "17:00"]}}, "hours.mon[0]: expected a pair"),
        ("three times", MON | {"hours": {"mon": [["09:00", "12:00", "17:00"]]}}, "hours.mon[0]: expected a pair"),
        ("end before start", MON | {"hours": {"mon": [["17:00", "09:00"]]}}, "write 17:00 to 24:00, or 09:00+1"),
        ("end at start", MON | {"hours": {"mon": [["09:00", "09:00"]]}}, "ends at or before its start"),
        ("midnight to midnight", MON | {"hours": {"mon": [["00:00", "00:00"]]}}, "write 00:00 to 24:00"),
        ("more than a day", MON | {"hours": {"mon": [["09:00", "10:00+1"]]}}, "longer than a day"),
        ("begins at the end of the day", MON | {"hours": {"mon": [["24:00", "06:00+1"]]}}, "longer than a day"),
        ("begins tomorrow", MON | {"hours": {"mon": [["06:00+1", "08:00+1"]]}}, "cannot begin on the next day"),
        ("hour 25", MON | {"hours": {"mon": [["09:00", "25:00"]]}}, "not a time of day between 00:00 and 24:00"),
        ("past 24:00", MON | {"hours": {"mon": [["09:00", "24:01"]]}}, "not a time of day between"),
        ("minute 60", MON | {"hours": {"mon": [["09:60", "17:00"]]}}, "not a time of day between"),
        ("second 60", MON | {"hours": {"mon": [["09:00:60", "17:00"]]}}, "not a time of day between"),
        ("no leading zero", MON | {"hours": {"mon": [["9:00", "17:00"]]}}, "not a time of day such as 09:00"),
        ("a number for a time", MON | {"hours": {"mon": [[9, 17]]}}, "9 is not a time of day such as"),
        ("a date that does not exist", MON | {"holidays": ["2026-02-29"]}, "holidays[0]: '2026-02-29' is not a date"),
        ("a date in words", MON | {"holidays": ["Christmas"]}, "'Christmas' is not a date such as 2026-12-25"),
        ("a short date", MON | {"holidays": ["2026-1-1"]}, "is not a date"),
        ("a number for a date", MON | {"holidays": [20261225]}, "holidays[0]: expected"),
        ("a sentinel", MON | {"holidays": ["0001-01-01"]}, "outside the years 1900 to 2209"),
        ("a far date", MON | {"holidays": ["9999-12-31"]}, "outside the years 1900 to 2209"),
        ("holidays as text", MON | {"holidays": "2026-12-25"}, "holidays: expected a list"),
        ("an unknown key of a holiday", MON | {"holidays": [{"on": "2026-12-25"}]}, "holidays[0]: unknown key on"),
        ("a holiday without a date", MON | {"holidays": [{"from": "12:00"}]}, "None is not a date"),
        (
            "an inverted holiday",
            MON | {"holidays": [{"date": "2026-12-24", "from": "12:00", "to": "08:00"}]},
            "ends at or before",
        ),
        ("an opening as text", MON | {"openings": ["2026-12-25"]}, "openings[0]: expected {date"),
        ("a nested list", MON | {"holidays": [["2026-12-25"]]}, "holidays[0]: expected"),
    ],
)
def test_what_is_refused(case: str, document: Any, problem: str) -> None:
    with pytest.raises(CalendarError) as refused:
        rules_from_document("Berlin", document)

    assert str(refused.value).startswith("calendar Berlin: ")
    assert problem in str(refused.value)


def test_all_problems_are_told_at_once() -> None:
    document = {
        "timezone": "Mars/Base",
        "hours": {"mon": [["9", "17:00"]], "xyz": []},
        "holidays": ["never"],
        "open": 1,
    }

    with pytest.raises(CalendarError) as refused:
        rules_from_document("Mars", document)

    for place in ("timezone:", "hours.mon[0]:", "hours.xyz:", "holidays[0]:", "open:"):
        assert place in str(refused.value)


def test_windows_are_sorted_merged_and_split_at_midnight() -> None:
    rules = rules_from_document(
        "test",
        {
            "timezone": "UTC",
            "hours": {
                "mon": [["13:00", "17:00"], ["08:00", "12:00"], ["12:00", "13:00"], ["09:00", "10:00"]],
                "sun": [["22:00", "06:00+1"], ["23:00", "00:00+1"]],
                "sat": [["09:00", "09:00+1"]],
            },
        },
    )

    assert rules.week[0] == (Window(0, 6 * HOUR), Window(8 * HOUR, 17 * HOUR))
    assert rules.week[5] == (Window(9 * HOUR, DAY_SECONDS),)
    assert rules.week[6] == (Window(0, 9 * HOUR), Window(22 * HOUR, DAY_SECONDS))


def test_overlaps_are_told_touching_windows_are_not() -> None:
    hours = {"mon": [["08:00", "12:30"], ["12:00", "17:00"]], "tue": [["08:00", "12:00"], ["12:00", "17:00"]]}

    assert find_overlaps({"hours": hours}) == ["hours.mon: windows overlap and are merged"]


def test_seconds_are_kept_and_written() -> None:
    rules = rules_from_document("test", {"timezone": "UTC", "hours": {"mon": [["08:00:30", "23:59:59"]]}})

    assert rules.week[0] == (Window(8 * HOUR + 30, DAY_SECONDS - 1),)
    assert document_of(rules)["hours"] == {"mon": [["08:00:30", "23:59:59"]]}
    assert [clock_text(second) for second in (0, 60, 3661, DAY_SECONDS)] == ["00:00", "00:01", "01:01:01", "24:00"]


def test_a_toml_date_is_a_date_and_names_are_kept() -> None:
    document = OFFICE | {"holidays": [date(2026, 12, 25), {"date": "2026-12-24", "from": "12:00", "name": "Eve"}]}

    rules = rules_from_document("test", document)

    assert rules.holidays == (
        DatedSpan(date(2026, 12, 24), Window(12 * HOUR, DAY_SECONDS), "Eve"),
        DatedSpan(date(2026, 12, 25)),
    )
    assert rules_from_document("test", document_of(rules)) == rules


def test_a_whole_day_is_written_short_as_a_holiday_and_long_as_an_opening() -> None:
    whole = {"date": "2026-12-25", "from": "00:00", "to": "24:00"}
    rules = rules_from_document("test", OFFICE | {"holidays": [whole], "openings": [whole]})

    document = document_of(rules)

    assert (document["holidays"], document["openings"]) == (["2026-12-25"], [whole])
    assert rules_from_document("test", document) == rules


def test_the_windows_of_a_date() -> None:
    hours = OFFICE["hours"] | {"tue": [["10:00", "16:00"]]}
    closed = [{"date": "2026-10-19", "from": "12:00", "to": "13:00"}]
    rules = rules_from_document("test", {"timezone": "UTC", "hours": hours, "holidays": closed})

    assert windows_on(rules, date(2026, 10, 19)) == (Window(9 * HOUR, 12 * HOUR), Window(13 * HOUR, 17 * HOUR))
    assert windows_on(rules, date(2026, 10, 20)) == (Window(10 * HOUR, 16 * HOUR),)
    assert windows_on(rules, date(2026, 10, 23)) == (Window(9 * HOUR, 17 * HOUR),)
    assert windows_on(rules, date(2026, 10, 18)) == ()
