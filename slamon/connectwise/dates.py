"""ConnectWise's dates. Nothing else reads them.

They are ISO 8601, nearly always `YYYY-MM-DDTHH:MM:SSZ`; also seen are offsets, fractions of a
second, no zone at all (UTC), and a date alone (its midnight, UTC).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from slamon.core.rules import DAY_SECONDS

# Years that stand for "no date": 0001-01-01, 1899-12-30, 1900-01-01 and 9999-12-31.
FIRST_YEAR, SENTINEL_YEAR, LAST_YEAR = 1901, 9999, 2199

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?)?")
_TIME = re.compile(r"(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?")


def parse_instant(text: str | None) -> datetime | None:
    """Return *text* as an aware UTC datetime in whole seconds, floored; None for no date or a sentinel.

    Raises:
        ValueError: Not a date, or one too far for slamon to compute with.
    """
    if not text:
        return None
    # The usual form, several of them on every ticket, needs no pattern: every third character is a mark.
    if text[4::3] == "--T::Z" and len(text) == 20:
        at = datetime.fromisoformat(text)
        if FIRST_YEAR <= at.year <= LAST_YEAR:
            return at
    elif not (text := text.strip()):
        return None
    elif not _ISO.fullmatch(text):
        raise ValueError("not an ISO 8601 date")
    else:
        at = datetime.fromisoformat(text.upper())
    if at.year < FIRST_YEAR or at.year == SENTINEL_YEAR:
        return None
    if at.tzinfo is not UTC:
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    if at.year > LAST_YEAR:
        raise ValueError(f"after the year {LAST_YEAR}")
    return at.replace(microsecond=0) if at.microsecond else at


def parse_local_date(text: str | None) -> date | None:
    """Return the local date written at the beginning of *text*, whatever time and zone follow it.

    A holiday is a local date; to convert it would move it by a day.

    Raises:
        ValueError: Not a date.
    """
    if not text or not (text := text.strip()):
        return None
    if not _ISO.fullmatch(text):
        raise ValueError("not an ISO 8601 date")
    on = date.fromisoformat(text[:10])
    return None if on.year < FIRST_YEAR or on.year == SENTINEL_YEAR else on


def parse_time(text: str | None) -> int | None:
    """Return `HH:MM[:SS]` as seconds since midnight, in [0, 86400]; None for nothing.

    Raises:
        ValueError: Not such a time.
    """
    if not text or not (text := text.strip()):
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("not a time such as 08:30:00")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > DAY_SECONDS:
        raise ValueError("not a time of day")
    return total
