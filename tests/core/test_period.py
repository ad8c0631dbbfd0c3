"""Periods: their names, their midnights in every zone, and what stands before them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slamon.core.period import Span, period_before, period_named, period_of

RIGA = ZoneInfo("Europe/Riga")


@pytest.mark.parametrize(
    ("name", "span", "first", "end"),
    [
        ("2026-10-31", Span.DAY, date(2026, 10, 31), date(2026, 11, 1)),
        ("2026-W01", Span.WEEK, date(2025, 12, 29), date(2026, 1, 5)),
        ("2026-W53", Span.WEEK, date(2026, 12, 28), date(2027, 1, 4)),
        ("2026-02", Span.MONTH, date(2026, 2, 1), date(2026, 3, 1)),
        ("2026-Q4", Span.QUARTER, date(2026, 10, 1), date(2027, 1, 1)),
        ("FY2026", Span.YEAR, date(2025, 7, 1), date(2026, 7, 1)),
        ("FY2026-Q3", Span.QUARTER, date(2026, 1, 1), date(2026, 4, 1)),
        ("2026-10-01..2026-10-15", Span.RANGE, date(2026, 10, 1), date(2026, 10, 16)),
    ],
)
def test_a_period_is_read_by_its_name(name: str, span: Span, first: date, end: date) -> None:
    period = period_named(name, RIGA, year_begins=7)

    assert (period.name, period.span, period.first_on, period.end_on) == (name, span, first, end)


@pytest.mark.parametrize(
    "name",
    ["", "2026", "2026-13", "2026-Q5", "2026-W54", "2025-W53", "2026-02-30", "2026-10-15..2026-10-01", "0000-01"],
)
def test_what_is_no_period_is_told_with_what_would_be_one(name: str) -> None:
    with pytest.raises(ValueError, match="is not a period such as 2026-10-31"):
        period_named(name, RIGA)


def test_a_stretch_lies_between_two_instants_and_so_does_what_is_before_it() -> None:
    period = period_named("2026-10-24T21:00:00Z..2026-10-25T07:00:00+02:00", RIGA)

    assert period.name == "2026-10-24T21:00:00Z..2026-10-25T05:00:00Z"
    assert (period.span, period.first_on, period.end_on) == (Span.STRETCH, date(2026, 10, 25), date(2026, 10, 26))
    assert period_named(period.name, RIGA) == period
    before = period_before(period)
    assert (before.ends_at, before.begins_at) == (period.begins_at, period.begins_at - timedelta(hours=8))


@pytest.mark.parametrize("name", ["2026-10-01T00:00Z..2026-10-01T00:00Z", "2026-10-01T00:00..2026-10-02T00:00"])
def test_a_stretch_goes_forward_between_instants_that_have_an_offset(name: str) -> None:
    with pytest.raises(ValueError, match="is not a period"):
        period_named(name, RIGA)


def test_a_year_that_begins_in_january_is_named_by_itself() -> None:
    assert period_named("FY2026", RIGA).first_on == date(2026, 1, 1)


def test_months_in_which_clocks_change_last_an_hour_less_and_an_hour_more() -> None:
    march, october = (period_named(name, RIGA) for name in ("2026-03", "2026-10"))

    assert march.ends_at - march.begins_at == timedelta(days=31, hours=-1)
    assert october.ends_at - october.begins_at == timedelta(days=31, hours=1)


@given(st.integers(631_152_000, 2_114_380_800), st.sampled_from(sorted(available_timezones())))
@example(1_130_642_000, "America/Goose_Bay")  # 23:13 once more, after a first minute of the next day
def test_T72_every_instant_lies_in_its_period_and_the_periods_touch(seconds: int, zone: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    for span in (Span.DAY, Span.WEEK, Span.MONTH, Span.QUARTER, Span.YEAR):
        period = period_of(at, span, ZoneInfo(zone), year_begins=4)

        assert period.begins_at <= at < period.ends_at
        assert period_named(period.name, ZoneInfo(zone), year_begins=4) == period
        assert period_before(period, year_begins=4).ends_at == period.begins_at


def test_before_a_range_there_are_as_many_days() -> None:
    assert period_before(period_named("2026-10-11..2026-10-15", RIGA)).name == "2026-10-06..2026-10-10"
