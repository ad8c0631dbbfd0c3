"""Periods of reports: from midnight to midnight where the reader is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from slamon.core.instants import format_instant

NAMES = (
    "2026-10-31, 2026-W44, 2026-10, 2026-Q4, FY2026, FY2026-Q1, 2026-10-01..2026-10-15 or "
    "2026-10-01T07:00:00Z..2026-10-02T07:00:00Z"
)
_DAY = timedelta(days=1)


class Span(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"  # of ISO 8601, from Monday
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"  # fiscal
    RANGE = "range"
    STRETCH = "stretch"  # from one instant to another


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in one zone, half-open. `name` is such as 2026-10 or 2026-W44.

    A stretch is from *since* until *until* instead, such as from one report to the next; its days are those it touches.
    """

    name: str
    span: Span
    first_on: date
    end_on: date  # the day after the last
    zone: ZoneInfo
    since: datetime | None = None
    until: datetime | None = None

    @property
    def begins_at(self) -> datetime:
        """Aware, UTC."""
        return self.since or midnight(self.first_on, self.zone)

    @property
    def ends_at(self) -> datetime:
        """Aware, UTC; it does not belong to the period."""
        return self.until or midnight(self.end_on, self.zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when *day* begins; where clocks were set forward over midnight, the instant at which they were."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def period_named(name: str, zone: ZoneInfo, year_begins: int = 1) -> Period:
    """
    Return the period called *name*, in one of the forms of NAMES; the last day of a range belongs to it.

    A fiscal year begins with month *year_begins* and is named by the year in which it ends; FY2026-Q1 are its first
    three months. 2026-Q4 is a quarter of the calendar's year.

    Raises:
        ValueError: There is no such period.
    """
    for pattern, read in _FORMS:
        if found := re.fullmatch(pattern, name):
            try:
                return read(found, zone, year_begins)
            except (ValueError, OverflowError):
                break
    raise ValueError(f"{name!r} is not a period such as {NAMES}")


def stretch(since: datetime, until: datetime, zone: ZoneInfo) -> Period:
    """
    Return the period from *since* until *until*, both aware.

    Raises:
        ValueError: It ends before it begins.
    """
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    if until <= since:
        raise ValueError("it ends before it begins")
    name = f"{format_instant(since)}..{format_instant(until)}"
    last = (until - timedelta(seconds=1)).astimezone(zone).date()
    return Period(name, Span.STRETCH, since.astimezone(zone).date(), last + _DAY, zone, since, until)


def period_of(at: datetime, span: Span, zone: ZoneInfo, year_begins: int = 1) -> Period:
    """
    Return the period in which *at* lies.

    Raises:
        ValueError: *span* is a range or a stretch, and those are many.
    """
    day = at.astimezone(zone).date()
    if midnight(day + _DAY, zone) <= at:  # the clock was set back over midnight: the new day had begun
        day += _DAY
    return _around(day, span, zone, year_begins)


def period_before(period: Period, year_begins: int = 1) -> Period:
    """Return the period before *period*; before a range, as many days; before a stretch, as much time."""
    if period.span is Span.STRETCH:
        return stretch(period.begins_at - (period.ends_at - period.begins_at), period.begins_at, period.zone)
    if period.span is Span.RANGE:
        return _range(period.first_on - (period.end_on - period.first_on), period.first_on, period.zone)
    return _around(period.first_on - _DAY, period.span, period.zone, year_begins)


def _around(day: date, span: Span, zone: ZoneInfo, year_begins: int) -> Period:
    if span is Span.DAY:
        return Period(day.isoformat(), span, day, day + _DAY, zone)
    if span is Span.WEEK:
        year, week, weekday = day.isocalendar()
        monday = day - (weekday - 1) * _DAY
        return Period(f"{year:04}-W{week:02}", span, monday, monday + 7 * _DAY, zone)
    if span is Span.MONTH:
        return _months(f"{day.year:04}-{day.month:02}", span, date(day.year, day.month, 1), zone)
    if span is Span.QUARTER:
        quarter = (day.month - 1) // 3
        return _months(f"{day.year:04}-Q{quarter + 1}", span, date(day.year, 3 * quarter + 1, 1), zone)
    if span is Span.YEAR:
        first = date(day.year - (day.month < year_begins), year_begins, 1)
        return _months(f"FY{_fiscal_end(first)}", span, first, zone)
    raise ValueError("a range has two ends")


_LENGTHS = {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}


def _months(name: str, span: Span, first: date, zone: ZoneInfo) -> Period:
    return Period(name, span, first, _later(first, _LENGTHS[span]), zone)


def _later(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _fiscal_end(first: date) -> int:
    """Return the year in which the fiscal year that begins on *first* ends."""
    return first.year if first.month == 1 else first.year + 1


def _fiscal_first(year: int, year_begins: int) -> date:
    return date(year if year_begins == 1 else year - 1, year_begins, 1)


def _range(first: date, end: date, zone: ZoneInfo) -> Period:
    if end <= first:
        raise ValueError("it ends before it begins")
    return Period(f"{first}..{end - _DAY}", Span.RANGE, first, end, zone)


def _read_day(found: re.Match[str], zone: ZoneInfo, year_begins: int) -> Period:
    return _around(date.fromisoformat(found[0]), Span.DAY, zone, year_begins)


def _read_week(found: re.Match[str], zone: ZoneInfo, year_begins: int) -> Period:
    return _around(date.fromisocalendar(int(found[1]), int(found[2]), 1), Span.WEEK, zone, year_begins)


def _read_month(found: re.Match[str], zone: ZoneInfo, year_begins: int) -> Period:
    return _around(date(int(found[1]), int(found[2]), 1), Span.MONTH, zone, year_begins)


def _read_quarter(found: re.Match[str], zone: ZoneInfo, year_begins: int) -> Period:
    return _around(date(int(found[1]), 3 * int(found[2]) - 2, 1), Span.QUARTER, zone, year_begins)


def _read_year(found: re.Match[str], zone: ZoneInfo, year_begins: int) -> Period:
    return _around(_fiscal_first(int(found[1]), year_begins), Span.YEAR, zone, year_begins)


def _read_fiscal_quarter(found: re.Match[str], zone: ZoneInfo, year_begins: int) -> Period:
    first = _later(_fiscal_first(int(found[1]), year_begins), 3 * (int(found[2]) - 1))
    return _months(found[0], Span.QUARTER, first, zone)


def _read_range(found: re.Match[str], zone: ZoneInfo, _year_begins: int) -> Period:
    return _range(date.fromisoformat(found[1]), date.fromisoformat(found[2]) + _DAY, zone)


def _read_stretch(found: re.Match[str], zone: ZoneInfo, _year_begins: int) -> Period:
    return stretch(datetime.fromisoformat(found[1]), datetime.fromisoformat(found[2]), zone)


_ISO = r"\d{4}-\d{2}-\d{2}"
_INSTANT = rf"{_ISO}T\d{{2}}:\d{{2}}(?::\d{{2}})?(?:Z|[+-]\d{{2}}:\d{{2}})"
_FORMS: tuple[tuple[str, Callable[[re.Match[str], ZoneInfo, int], Period]], ...] = (
    (_ISO, _read_day),
    (r"(\d{4})-W(\d{2})", _read_week),
    (r"(\d{4})-(\d{2})", _read_month),
    (r"(\d{4})-Q([1-4])", _read_quarter),
    (r"FY(\d{4})", _read_year),
    (r"FY(\d{4})-Q([1-4])", _read_fiscal_quarter),
    (rf"({_ISO})\.\.({_ISO})", _read_range),
    (rf"({_INSTANT})\.\.({_INSTANT})", _read_stretch),
)
