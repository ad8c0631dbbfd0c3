"""Read single values of a document, strictly: each reader returns the value or says what it is not."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?(\+1)?", re.ASCII)
_LARGEST = 2**53  # beyond it, JSON's numbers are not exact everywhere
_SHOWN = 100  # characters of a value in a finding
DAY = 86_400


class FormError(Exception):
    """A place of the document does not hold what belongs there."""

    def __init__(self, place: str, value: object, expected: str) -> None:
        super().__init__(f"{place}: {show(value)}, expected {expected}")


def show(value: object) -> str:
    """Return *value* as it stands in JSON, plain ASCII, cut to a readable length."""
    try:
        text = json.dumps(value)
    except (ValueError, TypeError, RecursionError):
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def read_table(value: object, place: str, names: Collection[str], optional: Collection[str] = ()) -> dict[str, Any]:
    """Return an object that has all of *names*, perhaps some of *optional*, and nothing else."""
    if not isinstance(value, dict):
        raise FormError(place, value, "an object")
    for key in value:
        if key not in names and key not in optional:
            raise FormError(f"{place}[{show(key)}]", value[key], "no such key")
    for name in names:
        if name not in value:
            raise FormError(f"{place}.{name}", None, "the key to be there")
    return value


def read_list(value: object, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise FormError(place, value, "a list")
    return value


def read_text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise FormError(place, value, "a text")
    return value


def read_whole(value: object, place: str, least: int = 0) -> int:
    """Return a whole number of at least *least*; true, false and 1.0 are none."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < _LARGEST:
        raise FormError(place, value, f"a whole number from {least}")
    return value


def read_choice(value: object, place: str, names: Collection[str]) -> str:
    if not isinstance(value, str) or value not in names:
        raise FormError(place, value, "one of " + ", ".join(names))
    return value


def read_flag(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise FormError(place, value, "true or false")
    return value


def read_instant(value: object, place: str) -> int:
    """Return the epoch seconds of an instant written like 2026-11-20T15:00:00Z."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return (datetime.fromisoformat(value) - _EPOCH) // timedelta(seconds=1)
        except ValueError:
            pass
    raise FormError(place, value, "an instant like 2026-11-20T15:00:00Z")


def write_instant(at: int) -> str:
    """Return epoch seconds as 2026-11-20T15:00:00Z."""
    return (_EPOCH + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_date(value: object, place: str) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise FormError(place, value, "a date like 2026-11-20")


def read_time(value: object, place: str) -> int:
    """Return the seconds from midnight of a wall time; more than a day for one marked +1."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match:
        hours, minutes, seconds = int(match[1]), int(match[2]), int(match[3] or 0)
        total = hours * 3600 + minutes * 60 + seconds
        if minutes < 60 and seconds < 60 and total <= DAY:
            return total + (DAY if match[4] else 0)
    raise FormError(place, value, "a time like 08:30 or 24:00")
