"""Durations and instants in words. Pure; the same everywhere, whatever the locale of the machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def business_time(seconds: int, *, up: bool = False) -> str:
    """Return a span of business time: `45 s`, `25 min`, `1 h 05 min`, `72 h`. The sign is dropped.

    Cut to whole minutes, so what is left is never overstated; *up* rounds up
    instead, for what was used. Hours are not turned into days: a business day
    has no fixed length.
    """
    seconds = abs(seconds)
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(-(-seconds // 60) if up else seconds // 60, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"


def wall_time(span: timedelta) -> str:
    """Return a span by the wall clock: like business time below a day, then `2 days 3 h`. The sign is dropped."""
    seconds = abs(int(span.total_seconds()))
    days, rest = divmod(seconds, 86_400)
    if not days:
        return business_time(seconds)
    hours = rest // 3600
    counted = f"{days} day" if days == 1 else f"{days} days"
    return f"{counted} {hours} h" if hours else counted


def offset_name(at: datetime, zone: ZoneInfo) -> str:
    """Return the offset of *zone* at *at*, such as `UTC+05:30`; `UTC` where there is none."""
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours:02d}:{rest:02d}" if minutes else "UTC"


def local_instant(at: datetime, zone: ZoneInfo) -> str:
    """Return *at* on the wall clock of *zone*: `Fri 13 Nov 2026 17:05 Europe/Riga (UTC+02:00)`."""
    shown = _stamp(at.astimezone(zone))
    name = "" if zone.key in ("UTC", "Etc/UTC") else f" {zone.key}"
    return f"{shown}{name} ({offset_name(at, zone)})" if name else f"{shown} UTC"


def utc_instant(at: datetime, zone: ZoneInfo) -> str:
    """Return *at* in UTC, to stand beside `local_instant`: without the date where that is the same; '' in UTC."""
    local, universal = at.astimezone(zone), at.astimezone(UTC)
    if local.utcoffset() == timedelta(0):
        return ""
    if local.date() == universal.date():
        return f"{universal:%H:%M} UTC"
    return f"{_stamp(universal)} UTC"


def both_instants(at: datetime, zone: ZoneInfo) -> str:
    """Return *at* on the wall clock of *zone* and in UTC, each said once."""
    universal = utc_instant(at, zone)
    return f"{local_instant(at, zone)}, {universal}" if universal else local_instant(at, zone)


def short_instant(at: datetime, zone: ZoneInfo) -> str:
    """Return *at* as `Fri 13 Nov 17:05` on the wall clock of *zone*, for tables that name the zone elsewhere."""
    local = at.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local:%H:%M}"


def short_span(begins_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """Return `Fri 13 Nov 09:00 to 10:30`; the day of the end is said where it is another."""
    begin, end = begins_at.astimezone(zone), ends_at.astimezone(zone)
    same = begin.date() == end.date() and begin.utcoffset() == end.utcoffset()
    return f"{short_instant(begins_at, zone)} to {f'{end:%H:%M}' if same else short_instant(ends_at, zone)}"


def plural(count: int, one: str, many: str = "") -> str:
    """Return `1 breach`, `2 breaches`: the count with the right word (default: an s is added)."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def _stamp(local: datetime) -> str:
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year} {local:%H:%M}"
