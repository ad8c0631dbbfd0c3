"""Which period a report is about: the one that ended last, where its reader is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from slamon.core.due import SPANS, period_due

RIGA, NEW_YORK = ZoneInfo("Europe/Riga"), ZoneInfo("America/New_York")


def riga(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=RIGA).astimezone(UTC)


@pytest.mark.parametrize(
    ("kind", "due_at", "name"),
    [
        ("daily", "2026-11-01T00:00", "2026-10-31"),
        ("daily", "2026-10-26T07:00", "2026-10-25"),  # 25 hours of it
        ("weekly", "2026-11-02T00:00", "2026-W44"),
        ("weekly", "2026-11-01T23:59", "2026-W43"),
        ("weekly", "2027-01-04T07:00", "2026-W53"),
        ("monthly", "2026-11-01T00:00", "2026-10"),
        ("monthly", "2026-10-31T23:59", "2026-09"),
        ("pauses", "2026-03-29T04:00", "2026-02"),
        ("review", "2027-01-01T07:00", "2026-Q4"),
    ],
)
def test_a_report_is_about_the_period_that_ended_last(kind: str, due_at: str, name: str) -> None:
    assert period_due(kind, riga(due_at), RIGA).name == name


def test_T72_the_period_is_that_of_the_readers_zone() -> None:
    at = riga("2026-11-01T00:00")

    assert period_due("monthly", at, RIGA).name == "2026-10"
    assert period_due("monthly", at, NEW_YORK).name == "2026-09"


@pytest.mark.parametrize(
    ("due_at", "name", "begins"),
    [("2026-05-01T00:00", "FY2027-Q1", "2026-02-01"), ("2026-02-28T07:00", "FY2026-Q4", "2025-11-01")],
)
def test_quarters_are_those_of_the_fiscal_year(due_at: str, name: str, begins: str) -> None:
    period = period_due("review", riga(due_at), RIGA, year_begins=2)

    assert (period.name, period.first_on.isoformat()) == (name, begins)


def test_what_broke_is_told_since_the_last_report_and_first_of_a_day() -> None:
    at = riga("2026-11-01T07:00")

    first = period_due("breach", at, RIGA)
    later = period_due("breach", at, RIGA, since=at - timedelta(days=3))

    assert (first.begins_at, first.ends_at) == (at - timedelta(days=1), at)
    assert (later.begins_at, later.ends_at) == (at - timedelta(days=3), at)


def test_no_period_is_left_out_or_due_twice_over_a_year_of_fires() -> None:
    fires = [riga("2026-01-01T00:00") + timedelta(hours=hour) for hour in range(0, 24 * 366, 3)]
    for kind in SPANS:
        periods = list(dict.fromkeys(period_due(kind, at, RIGA) for at in fires))
        assert [period.begins_at for period in periods[1:]] == [period.ends_at for period in periods[:-1]]
        assert all(period_due(kind, at, RIGA).ends_at <= at for at in fires)
