"""Read the calendar of a ledger document: a zone, weekly windows, holidays and openings of local time."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from slamon.verify.values import DAY, FormError, read_date, read_list, read_table, read_text, read_time
from slamon.verify.wall import Calendar, Hours

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", re.ASCII)


def read_calendar(value: object, place: str) -> Calendar:
    """Return the calendar described by *value*.

    Raises:
        FormError: The first thing that is not of the form.
    """
    table = read_table(value, place, ("version", "name", "timezone", "hours"), ("holidays", "openings"))
    read_text(table["name"], f"{place}.name")
    calendar = Calendar(read_text(table["version"], f"{place}.version"), _zone(table["timezone"], f"{place}.timezone"))
    hours = read_table(table["hours"], f"{place}.hours", (), _DAYS)
    for number, day in enumerate(_DAYS):
        for i, window in enumerate(read_list(hours.get(day, []), f"{place}.hours.{day}")):
            _add_window(calendar, number, window, f"{place}.hours.{day}[{i}]")
    for key, target in (("holidays", calendar.holidays), ("openings", calendar.openings)):
        for i, item in enumerate(read_list(table.get(key, []), f"{place}.{key}")):
            _add_dated(target, item, f"{place}.{key}[{i}]")
    return calendar


def _zone(value: object, place: str) -> ZoneInfo:
    key = read_text(value, place)
    zone = _load_zone(key) if _ZONE.fullmatch(key) else None
    if zone is None:
        raise FormError(place, value, "the name of a time zone")
    return zone


@lru_cache(maxsize=256)
def _load_zone(key: str) -> ZoneInfo | None:
    # The package before the machine: both sides must read the same edition of the zone rules.
    try:
        with resources.files("tzdata").joinpath("zoneinfo", *key.split("/")).open("rb") as file:
            return ZoneInfo.from_file(file, key)
    except (OSError, ValueError, ModuleNotFoundError):
        pass
    try:
        return ZoneInfo(key)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return None


def _add_window(calendar: Calendar, day: int, value: object, place: str) -> None:
    pair = read_list(value, place)
    if len(pair) != 2:
        raise FormError(place, value, "two times")
    for later, hours in enumerate(_split(pair[0], pair[1], place)):
        calendar.week[(day + later) % 7].append(hours)


def _add_dated(target: dict[date, list[Hours]], value: object, place: str) -> None:
    item: dict[str, Any] = {"date": value}
    if not isinstance(value, str):
        item = read_table(value, place, ("date",), ("from", "to", "name"))
    day = read_date(item["date"], place)
    name = read_text(item.get("name", ""), f"{place}.name")
    for later, hours in enumerate(_split(item.get("from", "00:00"), item.get("to", "24:00"), place, name)):
        if later and day == date.max:
            break
        target.setdefault(day + timedelta(days=later), []).append(hours)


def _split(opens: object, closes: object, place: str, name: str = "") -> list[Hours]:
    """Return the hours of the day and, where the end is marked +1, those of the next."""
    since, until = read_time(opens, place), read_time(closes, place)
    if since >= DAY or until <= since:
        raise FormError(place, [opens, closes], "an end after the start")
    first = Hours(since, min(until, DAY), name)
    return [first, Hours(0, until - DAY, name)] if until > DAY else [first]
