"""Instants: aware UTC datetimes at the edge, epoch seconds (int) inside. Naive input is refused."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DATE = date(1970, 1, 1)

# The range slamon computes in. Earlier and later years hold only sentinels (0001-01-01, 9999-12-31)
# and zones without rules; a ten-year horizon from the last instant still fits a datetime.
EARLIEST = int((datetime(1900, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())
LATEST = int((datetime(2200, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())

_FRACTION = re.compile(r"[.,]\d*[1-9]")


def to_epoch(at: datetime) -> int:
    """Return *at* as epoch seconds.

    Raises:
        ValueError: *at* is naive, not on a whole second, or outside 1900 to 2199.
    """
    try:
        span = at - EPOCH  # an eighth of the time that asking for the offset and dividing would take
    except TypeError:
        raise ValueError(f"{at.isoformat()} has no offset; write it with one, such as {at.isoformat()}Z") from None
    if span.microseconds:
        raise ValueError(f"{at.isoformat()} is not on a whole second")
    seconds = span.days * 86_400 + span.seconds
    if not EARLIEST <= seconds < LATEST:
        raise ValueError(f"{at.isoformat()} is outside the years 1900 to 2199")
    return seconds


def from_epoch(seconds: int) -> datetime:
    """Return the aware UTC datetime of *seconds* since 1970."""
    return datetime.fromtimestamp(int(seconds), UTC)


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 instant with an offset; return it in UTC.

    Raises:
        ValueError: Not ISO 8601, or what `to_epoch` refuses.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an ISO 8601 instant such as 2026-10-25T09:00:00Z") from None
    if _FRACTION.search(text):  # fromisoformat drops what is finer than a microsecond
        raise ValueError(f"{text!r} is not on a whole second")
    return from_epoch(to_epoch(at))


def local_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which clocks in *zone* show *local*.

    Raises:
        ValueError: They never do, or twice, or it is none of what `to_epoch` takes.
    """
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    found = from_epoch(to_epoch(first))
    if found.astimezone(zone).replace(tzinfo=None) != local:
        raise ValueError(f"{local.isoformat()} does not exist in {zone}: clocks were set forward")
    if first.utcoffset() != second.utcoffset():
        both = f"{first.isoformat()} or {second.isoformat()}"
        raise ValueError(f"{local.isoformat()} happens twice in {zone}; write {both}")
    return found


def format_instant(at: datetime) -> str:
    """Return *at* in UTC as ISO 8601 with `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_number(on: date) -> int:
    """Return the days from 1970-01-01 to *on*."""
    return (on - EPOCH_DATE).days
