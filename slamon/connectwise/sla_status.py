"""ConnectWise's `slaStatus`, such as `Resolve by Tue 10/04 11:00 PM UTC-05`. Nothing else reads it.

Form and doubts: no year, seconds cut off, a fixed offset of whoever reads; day and month stand in the order of
a locale, the clock has 12 or 24 hours, offsets may hold half hours (`UTC+05:30`, `UTC+0530`). `Waiting` and
`Resolved` stand alone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from slamon.clean import shown
from slamon.core.sla_text import SlaText, TextKind
from slamon.core.ticket import Stage

# A deadline lies after the entry (a day is left for zones), within three years of it or one of now.
BEFORE_ENTRY, AFTER_ENTRY, AHEAD = timedelta(days=1), timedelta(days=3 * 366), timedelta(days=366)

_STAGES = {"respond": Stage.RESPOND, "plan": Stage.PLAN, "resolve": Stage.RESOLVE}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORDS = {"waiting": TextKind.WAITING, "resolved": TextKind.RESOLVED}
_FORM = re.compile(
    r"(?P<stage>respond|plan|resolve) by (?P<day>mon|tue|wed|thu|fri|sat|sun)[a-z]*[.,]? "
    r"(?P<one>\d{1,2})[/.-](?P<two>\d{1,2})[.,]? "
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::\d{2})?)? ?(?P<half>[ap])?(?(half)\.?m\.?) ?"
    r"(?:utc|gmt)(?:(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?)?",
    re.ASCII,
)


def read_sla_status(text: str, entered_at: datetime, now: datetime) -> SlaText:
    """Return what *text* says of a ticket entered at *entered_at*; what cannot be read says why, it never raises.

    The years are those in which the weekday fits, from the entry to three years after it, or one year after *now*.
    """
    plain = " ".join(text.replace("\u2212", "-").split()).casefold()  # some locales write a true minus sign
    if not plain:
        return SlaText(TextKind.ABSENT)
    if plain in _WORDS:
        return SlaText(_WORDS[plain])
    match = _FORM.fullmatch(plain)
    if match is None:
        return _unreadable(f"{shown(text)} is not of the form 'Resolve by Tue 10/04 11:00 PM UTC-05'")
    hour, minute = _hour(match), int(match["minute"] or 0)
    zone = _zone(match)
    if hour is None or minute > 59 or zone is None:
        return _unreadable(f"{shown(text)} holds no time of day, or no offset that exists")
    first, last = entered_at - BEFORE_ENTRY, max(entered_at + AFTER_ENTRY, now + AHEAD)
    weekday, one, two = _DAYS.index(match["day"]), int(match["one"]), int(match["two"])

    def fits(month: int, day: int) -> tuple[datetime, ...]:
        years = range(first.year, min(last.year, 9998) + 1)
        made = (_instant(year, month, day, hour, minute, zone) for year in years)
        return tuple(at.astimezone(UTC) for at in made if at and at.weekday() == weekday and first <= at <= last)

    month_first, day_first = fits(one, two), fits(two, one)
    if not month_first and not day_first:
        return _unreadable(f"{shown(text)} names no day with that weekday after the ticket's entry")
    return SlaText(TextKind.DUE, _STAGES[match["stage"]], month_first, day_first)


def _hour(match: re.Match[str]) -> int | None:
    hour, half = int(match["hour"]), match["half"]
    if half is None:
        return hour if hour <= 23 else None
    return hour % 12 + (12 if half == "p" else 0) if 1 <= hour <= 12 else None


def _zone(match: re.Match[str]) -> timezone | None:
    if match["sign"] is None:
        return UTC
    hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
    if hours > 14 or minutes > 59:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if match["sign"] == "-" else offset)


def _instant(year: int, month: int, day: int, hour: int, minute: int, zone: timezone) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, tzinfo=zone)
    except ValueError:  # 29 February of most years, month 13 of the other order
        return None


def _unreadable(problem: str) -> SlaText:
    return SlaText(TextKind.UNREADABLE, problem=problem)
