"""Durations and instants in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from slamon.reporting.words import (
    both_instants,
    business_time,
    local_instant,
    plural,
    short_instant,
    short_span,
    utc_instant,
    wall_time,
)

RIGA = ZoneInfo("Europe/Riga")
KOLKATA = ZoneInfo("Asia/Kolkata")
NOON = datetime(2026, 11, 13, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (119, "1 min"),
        (1500, "25 min"),
        (3600, "1 h"),
        (3900, "1 h 05 min"),
        (72 * 3600, "72 h"),
        (-360, "6 min"),
    ],
)
def test_business_time_is_cut_to_minutes(seconds: int, words: str) -> None:
    assert business_time(seconds) == words


def test_what_was_used_is_rounded_up_so_that_used_and_left_make_the_goal() -> None:
    assert (business_time(12_930, up=True), business_time(14_400 - 12_930)) == ("3 h 36 min", "24 min")
    assert business_time(3599, up=True) == "1 h"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(minutes=65), "1 h 05 min"),
        (timedelta(hours=24), "1 day"),
        (timedelta(days=2, hours=3, minutes=59), "2 days 3 h"),
        (-timedelta(minutes=5), "5 min"),
    ],
)
def test_wall_time_has_days(span: timedelta, words: str) -> None:
    assert wall_time(span) == words


def test_an_instant_is_said_on_the_local_clock_and_in_utc() -> None:
    assert both_instants(NOON, RIGA) == "Fri 13 Nov 2026 14:00 Europe/Riga (UTC+02:00), 12:00 UTC"
    assert both_instants(NOON, KOLKATA) == "Fri 13 Nov 2026 17:30 Asia/Kolkata (UTC+05:30), 12:00 UTC"
    assert short_instant(NOON, RIGA) == "Fri 13 Nov 14:00"


def test_utc_carries_its_date_where_it_is_another() -> None:
    late = datetime(2026, 11, 13, 22, 30, tzinfo=UTC)

    assert utc_instant(late, RIGA) == "Fri 13 Nov 2026 22:30 UTC"


def test_nothing_is_said_twice_in_utc() -> None:
    assert both_instants(NOON, ZoneInfo("UTC")) == "Fri 13 Nov 2026 12:00 UTC"
    assert both_instants(NOON, ZoneInfo("Europe/London")) == "Fri 13 Nov 2026 12:00 Europe/London (UTC)"


# Europe/Riga, 2026: back on 25 October (04:00 -> 03:00).
def test_the_repeated_hour_is_told_apart_by_its_offset() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    assert local_instant(first, RIGA) == "Sun 25 Oct 2026 03:30 Europe/Riga (UTC+03:00)"
    assert local_instant(first + timedelta(hours=1), RIGA) == "Sun 25 Oct 2026 03:30 Europe/Riga (UTC+02:00)"


def test_a_span_says_the_day_of_its_end_where_it_is_another() -> None:
    hour = timedelta(hours=1)
    before_the_change = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    assert short_span(NOON, NOON + hour, RIGA) == "Fri 13 Nov 14:00 to 15:00"
    assert short_span(NOON, NOON + 11 * hour, RIGA) == "Fri 13 Nov 14:00 to Sat 14 Nov 01:00"
    assert short_span(before_the_change, before_the_change + hour, RIGA) == "Sun 25 Oct 03:30 to Sun 25 Oct 03:30"


def test_counts_agree_with_their_word() -> None:
    assert [plural(n, "goal") for n in (0, 1, 2)] == ["0 goals", "1 goal", "2 goals"]
    assert plural(2, "breach", "breaches") == "2 breaches"
