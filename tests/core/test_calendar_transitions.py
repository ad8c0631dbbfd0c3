"""Calendars where clocks move: gaps, folds, half hours, midnights and dates that never were.

Each row gives the open spans of a stretch in UTC, worked out by hand from the
wall clock; the oracle has to agree with them too.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.oracle import Book
from tests.core.samples import ALL_DAYS, HOUR, calendar, epoch, utc, week

ALWAYS = ("00:00", "24:00")


def daily(zone: str, *windows: tuple[str, str], **rest: Any) -> dict[str, Any]:
    return week(ALL_DAYS, *windows, zone=zone, **rest)


# Spring: Berlin 2026-03-29 02:00 -> 03:00 (01:00 UTC); New York 2026-03-08 02:00 -> 03:00 (07:00 UTC);
# Lord Howe 2026-10-04 02:00 -> 02:30 (15:30 UTC the day before). Autumn: Berlin 2026-10-25 03:00 -> 02:00
# (01:00 UTC); Lord Howe 2026-04-05 02:00 -> 01:30 (15:00 UTC the day before).
# Midnight: Sao Paulo 2018-11-04 00:00 -> 01:00 (03:00 UTC) and 2018-02-18 00:00 -> 23:00 of the 17th (02:00 UTC);
# Beirut 2026-03-29 00:00 -> 01:00 (22:00 UTC); Cairo 2026-04-24 00:00 -> 01:00 (22:00 UTC),
# 2026-10-30 00:00 -> 23:00 of the 29th (21:00 UTC).
@pytest.mark.parametrize(
    ("case", "rules", "start", "end", "spans"),
    [
        (
            "the skipped hour does not exist",
            daily("Europe/Berlin", ("00:00", "12:00")),
            "2026-03-28T20:00",
            "2026-03-29T20:00",
            [("2026-03-28T23:00:00", "2026-03-29T10:00:00")],
        ),
        (
            "a window inside the gap",
            daily("Europe/Berlin", ("02:15", "02:45")),
            "2026-03-28T20:00",
            "2026-03-29T20:00",
            [],
        ),
        (
            "a window that opens in the gap",
            daily("Europe/Berlin", ("02:30", "04:00")),
            "2026-03-28T20:00",
            "2026-03-29T20:00",
            [("2026-03-29T01:00:00", "2026-03-29T02:00:00")],
        ),
        (
            "a window that closes in the gap",
            daily("Europe/Berlin", ("01:00", "02:30")),
            "2026-03-28T20:00",
            "2026-03-29T20:00",
            [("2026-03-29T00:00:00", "2026-03-29T01:00:00")],
        ),
        (
            "a holiday over part of the gap takes nothing that exists twice",
            daily(
                "Europe/Berlin", ("01:00", "04:00"), holidays=[{"date": "2026-03-29", "from": "02:30", "to": "03:30"}]
            ),
            "2026-03-28T20:00",
            "2026-03-29T20:00",
            [("2026-03-29T00:00:00", "2026-03-29T01:00:00"), ("2026-03-29T01:30:00", "2026-03-29T02:00:00")],
        ),
        (
            "the repeated hour counts twice",
            daily("Europe/Berlin", ("00:00", "12:00")),
            "2026-10-24T20:00",
            "2026-10-25T20:00",
            [("2026-10-24T22:00:00", "2026-10-25T11:00:00")],
        ),
        (
            "a window inside the fold opens twice",
            daily("Europe/Berlin", ("02:15", "02:45")),
            "2026-10-24T20:00",
            "2026-10-25T20:00",
            [("2026-10-25T00:15:00", "2026-10-25T00:45:00"), ("2026-10-25T01:15:00", "2026-10-25T01:45:00")],
        ),
        (
            "a window that opens in the fold opens, is shut by the clock, opens again",
            daily("Europe/Berlin", ("02:30", "04:00")),
            "2026-10-24T20:00",
            "2026-10-25T20:00",
            [("2026-10-25T00:30:00", "2026-10-25T01:00:00"), ("2026-10-25T01:30:00", "2026-10-25T03:00:00")],
        ),
        (
            "a window that closes in the fold closes twice",
            daily("Europe/Berlin", ("01:00", "02:30")),
            "2026-10-24T20:00",
            "2026-10-25T20:00",
            [("2026-10-24T23:00:00", "2026-10-25T00:30:00"), ("2026-10-25T01:00:00", "2026-10-25T01:30:00")],
        ),
        (
            "a window that ends where the fold begins",
            daily("Europe/Berlin", ("01:00", "02:00")),
            "2026-10-24T20:00",
            "2026-10-25T20:00",
            [("2026-10-24T23:00:00", "2026-10-25T00:00:00")],
        ),
        (
            "Lord Howe skips half an hour",
            daily("Australia/Lord_Howe", ("01:00", "03:00")),
            "2026-10-03T06:00",
            "2026-10-04T06:00",
            [("2026-10-03T14:30:00", "2026-10-03T16:00:00")],
        ),
        (
            "Lord Howe repeats half an hour",
            daily("Australia/Lord_Howe", ("01:45", "03:00")),
            "2026-04-04T06:00",
            "2026-04-05T06:00",
            [("2026-04-04T14:45:00", "2026-04-04T15:00:00"), ("2026-04-04T15:15:00", "2026-04-04T16:30:00")],
        ),
        (
            "Sao Paulo has no midnight in November",
            daily("America/Sao_Paulo", ("00:00", "02:00")),
            "2018-11-03T12:00",
            "2018-11-04T12:00",
            [("2018-11-04T03:00:00", "2018-11-04T04:00:00")],
        ),
        (
            "Sao Paulo has two last hours of a day in February",
            daily("America/Sao_Paulo", ("22:30", "24:00")),
            "2018-02-17T12:00",
            "2018-02-18T12:00",
            [("2018-02-18T00:30:00", "2018-02-18T03:00:00")],
        ),
        (
            "the repeated evening belongs to the old date",
            daily("America/Sao_Paulo", ALWAYS, holidays=["2018-02-17"]),
            "2018-02-16T12:00",
            "2018-02-18T12:00",
            [("2018-02-16T12:00:00", "2018-02-17T02:00:00"), ("2018-02-18T03:00:00", "2018-02-18T12:00:00")],
        ),
        (
            "Beirut has no midnight in March",
            daily("Asia/Beirut", ("23:00", "01:30+1")),
            "2026-03-28T12:00",
            "2026-03-29T12:00",
            [("2026-03-28T21:00:00", "2026-03-28T22:30:00")],
        ),
        (
            "Cairo has no midnight in April",
            daily("Africa/Cairo", ("00:30", "01:30")),
            "2026-04-23T12:00",
            "2026-04-24T12:00",
            [("2026-04-23T22:00:00", "2026-04-23T22:30:00")],
        ),
        (
            "Cairo repeats the hour before midnight in October",
            daily("Africa/Cairo", ("23:30", "00:30+1")),
            "2026-10-29T12:00",
            "2026-10-30T12:00",
            [("2026-10-29T20:30:00", "2026-10-29T21:00:00"), ("2026-10-29T21:30:00", "2026-10-29T22:30:00")],
        ),
        (
            "Samoa skipped 30 December 2011",
            daily("Pacific/Apia", ("09:00", "17:00")),
            "2011-12-29T12:00",
            "2011-12-31T12:00",
            [("2011-12-29T19:00:00", "2011-12-30T03:00:00"), ("2011-12-30T19:00:00", "2011-12-31T03:00:00")],
        ),
        (
            "nothing of a date that never was can be opened",
            daily("Pacific/Apia", openings=[{"date": "2011-12-30", "from": "00:00", "to": "24:00"}])
            | {"hours": {"thu": [["23:00", "24:00"]]}},
            "2011-12-29T12:00",
            "2011-12-31T12:00",
            [("2011-12-30T09:00:00", "2011-12-30T10:00:00")],
        ),
        (
            "Kwajalein skipped 21 August 1993",
            daily("Pacific/Kwajalein", ALWAYS, holidays=["1993-08-22"]),
            "1993-08-20T00:00",
            "1993-08-23T00:00",
            [("1993-08-20T00:00:00", "1993-08-21T12:00:00"), ("1993-08-22T12:00:00", "1993-08-23T00:00:00")],
        ),
        (
            "Casablanca moved at midnight UTC",
            daily("Africa/Casablanca", ("08:00", "09:00")),
            "2008-05-31T00:00",
            "2008-06-03T00:00",
            [
                ("2008-05-31T08:00:00", "2008-05-31T09:00:00"),
                ("2008-06-01T07:00:00", "2008-06-01T08:00:00"),
                ("2008-06-02T07:00:00", "2008-06-02T08:00:00"),
            ],
        ),
        (
            "Istanbul stopped moving its clocks: the offset of the date holds",
            daily("Europe/Istanbul", ("08:00", "09:00")),
            "2016-11-05T12:00",
            "2016-11-08T00:00",
            [("2016-11-06T05:00:00", "2016-11-06T06:00:00"), ("2016-11-07T05:00:00", "2016-11-07T06:00:00")],
        ),
    ],
)
def test_open_spans(case: str, rules: dict[str, Any], start: str, end: str, spans: list[tuple[str, str]]) -> None:
    begins, ends = epoch(start), epoch(end)
    asked = calendar(rules)
    edges = [epoch(edge) for span in spans for edge in span]

    found = []
    at = begins
    while at < ends and (opens := asked.next_open(at)) < ends:
        closes = next(edge for edge in range(opens, ends + 1, 900) if edge == ends or not asked.is_open(edge))
        found.append((utc(opens), utc(closes)))
        at = closes

    assert found == spans
    book = Book(rules)
    for edge in {begins, *edges}:
        for second in (edge - 1, edge, edge + 1):
            assert asked.is_open(second) == book.is_open(second), utc(second)
    assert asked.elapsed(begins, ends) == book.elapsed(begins, ends, grain=900)


# Europe/Berlin, 2026: forward on 29 March at 02:00, back on 25 October at 03:00.
def test_twelve_wall_hours_hold_eleven_in_march_and_thirteen_in_october() -> None:
    mornings = calendar(daily("Europe/Berlin", ("00:00", "12:00")))
    march, october = epoch("2026-03-29T00:00", "Europe/Berlin"), epoch("2026-10-25T00:00", "Europe/Berlin")

    assert mornings.elapsed(march, epoch("2026-03-30T00:00", "Europe/Berlin")) == 11 * HOUR
    assert mornings.elapsed(october, epoch("2026-10-26T00:00", "Europe/Berlin")) == 13 * HOUR


@pytest.mark.parametrize(
    ("case", "start", "amount", "due"),
    [
        ("out at the first 02:45", "2026-10-25T00:00", 1800, "2026-10-25T02:45"),
        ("out at the second 02:45", "2026-10-25T00:00", 3600, "2026-10-25T02:45*"),
        ("from between the two", "2026-10-25T02:50", 1800, "2026-10-25T02:45*"),
        ("one second into the second", "2026-10-25T00:00", 1801, "2026-10-25T02:15:01*"),
        ("from within the first", "2026-10-25T02:30", 1800, "2026-10-25T02:30*"),
        ("over to the next day", "2026-10-25T02:45*", 60, "2026-10-26T02:16"),
    ],
)
def test_deadlines_of_a_window_that_opens_twice(case: str, start: str, amount: int, due: str) -> None:
    berlin = "Europe/Berlin"
    twice = calendar(daily(berlin, ("02:15", "02:45")))

    assert utc(twice.due_at(epoch(start, berlin), amount)) == utc(epoch(due, berlin))
