"""Questions about calendars: the three operations, and what each refuses in words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.samples import ADD, OFFICE, answer


@pytest.mark.parametrize(
    ("case", "question", "expected"),
    [
        ("add", {}, "2026-10-19T11:30:00Z"),
        ("add nothing, closed", {"start": "2026-10-18T10:00:00Z", "amount_seconds": 0}, "2026-10-18T10:00:00Z"),
        ("a whole float", {"amount_seconds": 3600.0}, "2026-10-19T11:00:00Z"),
        ("out at closing time", {"amount_seconds": 7 * 3600}, "2026-10-19T17:00:00Z"),
        ("an offset", {"start": "2026-10-19T12:00:00+02:00"}, "2026-10-19T11:30:00Z"),
        ("the last year", {"start": "2199-12-31T23:59:59Z", "amount_seconds": 1}, "2200-01-01T09:00:01Z"),
        (
            "seven holidays in a row",
            {"calendar": OFFICE | {"holidays": [f"2026-10-{day}" for day in range(19, 26)]}},
            "2026-10-26T10:30:00Z",
        ),
        (
            "thirty closed days",
            {
                "calendar": OFFICE | {"holidays": [f"2026-11-{day:02}" for day in range(1, 31)]},
                "start": "2026-11-01T10:00:00Z",
            },
            "2026-12-01T10:30:00Z",
        ),
        (
            "a date without holiday stays a day: windows touch and overlap",
            {
                "calendar": {
                    "timezone": "UTC",
                    "hours": {"mon": [["09:00", "11:00"], ["10:00", "12:00"], ["12:00", "13:00"]]},
                },
                "amount_seconds": 10800,
            },
            "2026-10-19T13:00:00Z",
        ),
    ],
)
def test_add(case: str, question: dict[str, Any], expected: str) -> None:
    assert answer(ADD | question) == {"id": "add", "answer": expected}


def test_between_and_next_open() -> None:
    between = {"op": "between", "calendar": OFFICE, "start": "2026-10-19T08:00:00Z", "end": "2026-10-20T10:00:00Z"}
    opening = {"op": "next_open", "calendar": OFFICE, "start": "2026-10-23T17:00:00Z"}

    assert answer(between) == {"answer": 9 * 3600}
    assert answer(between | {"end": between["start"]}) == {"answer": 0}
    assert answer(opening) == {"answer": "2026-10-26T09:00:00Z"}


@pytest.mark.parametrize(
    ("case", "change", "problem"),
    [
        ("unknown op", {"op": "subtract"}, "op: 'subtract' is unknown; known are add, between, next_open"),
        ("op of another kind", {"op": ["add"]}, "op: ['add'] is unknown"),
        ("no op", {"op": None}, "op: None is unknown"),
        ("unknown key", {"amount": 1}, "amount: unknown key; known are amount_seconds"),
        ("a key of another op", {"end": "2026-10-19T11:00:00Z"}, "end: unknown key"),
        ("naive", {"start": "2026-10-19T10:00:00"}, "start: 2026-10-19T10:00:00 has no offset; write it with one"),
        ("a fraction of a second", {"start": "2026-10-19T10:00:00.25Z"}, "start: "),
        ("a very small fraction", {"start": "2026-10-19T10:00:00.00000001Z"}, "is not on a whole second"),
        ("no such date", {"start": "2026-02-30T10:00:00Z"}, "start: '2026-02-30T10:00:00Z' is not an ISO 8601 instant"),
        ("a number", {"start": 1729332000}, "start: expected an instant such as"),
        ("nothing", {"start": None}, "start: expected an instant such as"),
        (
            "year 1",
            {"start": "0001-01-01T00:00:00Z"},
            "start: 0001-01-01T00:00:00+00:00 is outside the years 1900 to 2199",
        ),
        ("year 1, east", {"start": "0001-01-01T00:00:00+14:00"}, "is outside the years 1900 to 2199"),
        ("year 9999", {"start": "9999-12-31T23:59:59-12:00"}, "is outside the years 1900 to 2199"),
        ("year 10000", {"start": "10000-01-01T00:00:00Z"}, "is not an ISO 8601 instant"),
        ("negative", {"amount_seconds": -1}, "amount_seconds: -1 is negative"),
        ("a fraction", {"amount_seconds": 0.5}, "amount_seconds: 0.5 is not a whole number of seconds"),
        ("not a number", {"amount_seconds": float("nan")}, "amount_seconds: nan is not a whole number"),
        ("endless", {"amount_seconds": float("inf")}, "amount_seconds: inf is not a whole number"),
        ("text", {"amount_seconds": "5400"}, "amount_seconds: expected a number of seconds"),
        ("a bool", {"amount_seconds": True}, "amount_seconds: expected a number of seconds"),
        ("huge", {"amount_seconds": 10**18}, "open seconds within ten years of 2026-10-19 10:00"),
        ("huger than a number of the machine", {"amount_seconds": 10**30}, "open seconds within ten years of"),
        ("a huge float", {"amount_seconds": 1e300}, "open seconds within ten years of"),
        (
            "unknown zone",
            {"calendar": OFFICE | {"timezone": "Mars/Base"}},
            "timezone: 'Mars/Base' is not an IANA time zone",
        ),
        ("unknown key of a calendar", {"calendar": OFFICE | {"name": "x"}}, "name: unknown key; known are timezone"),
        ("never opens", {"calendar": {"timezone": "UTC", "hours": {}}}, "hours: the calendar never opens"),
        (
            "opens no more",
            {"calendar": {"timezone": "UTC", "openings": [{"date": "2020-01-01", "from": "09:00", "to": "10:00"}]}},
            "calendar in UTC: never open within ten years",
        ),
        ("no table", {"calendar": [OFFICE]}, "calendar of the case: expected a table"),
        ("no calendar", {"calendar": None}, "expected a table with timezone and hours"),
        (
            "inverted",
            {"calendar": {"timezone": "UTC", "hours": {"mon": [["17:00", "09:00"]]}}},
            "ends at or before its start",
        ),
    ],
)
def test_what_cannot_be_answered_says_what_and_why(case: str, change: dict[str, Any], problem: str) -> None:
    result = answer(ADD | change)

    assert result["id"] == "add"
    assert problem in result["error"]
    assert "\n" not in result["error"]


@pytest.mark.parametrize("key", ["calendar", "start", "amount_seconds"])
def test_a_missing_key_is_named(key: str) -> None:
    assert answer({k: v for k, v in ADD.items() if k != key})["error"] == f"{key}: missing"


def test_an_end_before_the_start_is_an_error() -> None:
    case = {"op": "between", "calendar": OFFICE, "start": "2026-10-19T10:00:00Z", "end": "2026-10-19T09:59:59Z"}

    assert answer(case) == {"error": "end: lies before start"}
