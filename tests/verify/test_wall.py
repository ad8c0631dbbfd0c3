"""The checker's reading of calendars, against a look at the wall clock of every second."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from slamon.verify.calendar_form import read_calendar
from slamon.verify.wall import find_spans
from tests.verify.builder import Document

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = [
    ["00:00", "00:20"],
    ["00:45", "01:15"],
    ["01:40", "02:10:30"],
    ["02:20", "03:05"],
    ["11:50", "12:02"],
    ["23:30", "24:00"],
]
# A zone, and an hour before something odd in it.
ODD = [
    ("Europe/Riga", "2026-03-29T00:00Z"),
    ("Europe/Riga", "2026-10-24T23:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T14:00Z"),  # by half an hour
    ("Australia/Lord_Howe", "2026-10-03T14:30Z"),
    ("Pacific/Apia", "2011-12-30T09:00Z"),  # a date that never was
    ("Pacific/Kwajalein", "1993-08-21T10:00Z"),
    ("America/Sao_Paulo", "2018-11-04T02:00Z"),  # at midnight, forward
    ("America/Sao_Paulo", "2018-02-18T00:00Z"),  # at midnight, back into the day before
    ("Africa/Cairo", "2023-04-27T21:00Z"),
    ("Asia/Kathmandu", "1985-12-31T17:30Z"),  # by a quarter
    ("Europe/Amsterdam", "1937-06-30T22:40Z"),  # by 28 seconds
    ("Africa/Monrovia", "1972-01-07T00:00Z"),  # by 44 minutes and a half
    ("America/New_York", "1883-11-18T16:00Z"),
    ("Antarctica/Troll", "2026-03-29T00:00Z"),  # by two hours
]


def _is_open(zone: ZoneInfo, at: int) -> bool:
    wall = datetime.fromtimestamp(at, UTC).astimezone(zone).strftime("%H:%M:%S")
    return any(opens <= wall < closes for opens, closes in HOURS)


@pytest.mark.parametrize(("zone", "since"), ODD)
def test_each_second_of_four_odd_hours_reads_as_the_wall_says(zone: str, since: str) -> None:
    document: Document = {"version": "1", "name": "", "timezone": zone, "hours": dict.fromkeys(DAYS, HOURS)}
    calendar = read_calendar(document, "calendar")
    first = int(datetime.fromisoformat(since).timestamp())

    spans = find_spans(calendar, first, first + 4 * 3600)

    assert [span.since for span in spans[1:]] == [span.until for span in spans[:-1]]
    told = [span.reading.state == "open" for span in spans for _ in range(span.since, span.until)]
    assert told == [_is_open(calendar.zone, at) for at in range(first, first + 4 * 3600)]
    assert len(set(told)) == 2


def test_spans_next_to_each_other_differ() -> None:
    hours = {"mon": [["09:00", "12:00"], ["11:00", "13:00"], ["13:00", "17:00"]]}
    calendar = read_calendar({"version": "1", "name": "", "timezone": "UTC", "hours": hours}, "calendar")

    spans = find_spans(calendar, 0, 14 * 86400)

    assert all(one.reading != later.reading for one, later in pairwise(spans))
    assert [span.until - span.since for span in spans if span.reading.state == "open"] == [8 * 3600] * 2


def test_no_time_has_no_spans() -> None:
    calendar = read_calendar({"version": "1", "name": "", "timezone": "UTC", "hours": {}}, "calendar")

    assert find_spans(calendar, 5, 5) == []
