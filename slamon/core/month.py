"""Months of a desk: from midnight to midnight where it works."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_NAME = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in one zone, half-open; instants are UTC."""

    name: str  # such as 2026-11
    begins_at: datetime
    ends_at: datetime


def month_of(at: datetime, zone: ZoneInfo) -> Month:
    """Return the month in which *at* lies in *zone*."""
    local = at.astimezone(zone)
    return _month(local.year, local.month, zone)


def month_named(name: str, zone: ZoneInfo) -> Month:
    """
    Return the month called *name* in *zone*.

    Raises:
        ValueError: There is no such month.
    """
    found = _NAME.fullmatch(name)
    if found is None or not 1 <= int(found[2]) <= 12 or not 1900 <= int(found[1]) < 2199:
        raise ValueError(f"{name!r} is not a month such as 2026-11")
    return _month(int(found[1]), int(found[2]), zone)


def _month(year: int, month: int, zone: ZoneInfo) -> Month:
    begins, ends = (_midnight(year + at // 12, at % 12 + 1, zone) for at in (month - 1, month))
    return Month(f"{year:04}-{month:02}", begins, ends)


def _midnight(year: int, month: int, zone: ZoneInfo) -> datetime:
    """Return the first midnight of the month; where clocks were set forward over it, the instant at which they were."""
    return datetime(year, month, 1, tzinfo=zone).astimezone(UTC)
