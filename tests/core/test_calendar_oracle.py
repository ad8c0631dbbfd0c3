"""Random calendars in many zones, second by second around the moments at which their clocks move."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.core.oracle import DAYS, Book
from tests.core.samples import DAY, HOUR, calendar, utc

# Whole hours and half hours, both hemispheres, midnight changes, dates that were skipped, rules that were dropped,
# negative summer time (Dublin), a month's pause of it (Casablanca), three-quarter hours, two hours at once (Troll).
_NAMES = """
Africa/Abidjan Africa/Accra Africa/Algiers Africa/Cairo Africa/Casablanca Africa/Ceuta Africa/El_Aaiun
Africa/Johannesburg Africa/Juba Africa/Khartoum Africa/Monrovia Africa/Sao_Tome Africa/Tripoli Africa/Tunis
Africa/Windhoek America/Anchorage America/Argentina/San_Luis America/Asuncion America/Caracas America/Chicago
America/Danmarkshavn America/Godthab America/Guyana America/Havana America/Indiana/Knox America/Los_Angeles
America/Mexico_City America/Montevideo America/New_York America/Punta_Arenas America/Regina America/Santiago
America/Sao_Paulo America/Scoresbysund America/St_Johns America/Whitehorse Antarctica/Casey Antarctica/Troll
Asia/Almaty Asia/Amman Asia/Anadyr Asia/Beirut Asia/Colombo Asia/Damascus Asia/Dhaka Asia/Gaza Asia/Hebron
Asia/Jerusalem Asia/Karachi Asia/Kathmandu Asia/Kolkata Asia/Manila Asia/Pyongyang Asia/Riyadh Asia/Seoul
Asia/Shanghai Asia/Singapore Asia/Tehran Asia/Tokyo Asia/Ulaanbaatar Atlantic/Azores Atlantic/Stanley
Australia/Adelaide Australia/Eucla Australia/Lord_Howe Australia/Sydney Europe/Berlin Europe/Dublin
Europe/Istanbul Europe/Lisbon Europe/London Europe/Moscow Europe/Riga Europe/Samara Europe/Volgograd
Indian/Mauritius Pacific/Apia Pacific/Auckland Pacific/Chatham Pacific/Easter Pacific/Enderbury Pacific/Fakaofo
Pacific/Fiji Pacific/Kiritimati Pacific/Kwajalein Pacific/Norfolk Pacific/Tongatapu UTC
"""
ZONES = _NAMES.split()
FIRST = int(datetime(1970, 1, 1, tzinfo=UTC).timestamp())
LAST = int(datetime(2041, 1, 1, tzinfo=UTC).timestamp())


@cache
def changes(name: str) -> list[int]:
    """Return the first second of each new offset, found by looking every twelve hours and halving."""
    zone = ZoneInfo(name)
    found = []
    before = _offset(zone, FIRST)
    for end in range(FIRST + DAY // 2, LAST, DAY // 2):
        after = _offset(zone, end)
        if after != before:
            low, high = end - DAY // 2, end
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
            found.append(high)
            before = after
    return found


def _offset(zone: ZoneInfo, at: int) -> timedelta | None:
    return datetime.fromtimestamp(at, zone).utcoffset()


def random_calendar(chance: random.Random, zone: str, near: int, grain: int) -> dict[str, Any]:
    """Return a calendar with holidays and openings around *near*; every edge a multiple of *grain* seconds."""
    today = datetime.fromtimestamp(near, ZoneInfo(zone)).date()

    def window() -> list[str]:
        opens, closes = sorted(chance.sample(range(0, DAY + 1, grain), 2))
        if chance.random() < 0.1:
            return (
                [_text(closes if closes < DAY else opens), f"{_text(opens)}+1"] if closes < DAY else ["00:00", "24:00"]
            )
        return [_text(opens), _text(closes)]

    def dated() -> dict[str, str]:
        opens, closes = window()
        return {"date": str(today + timedelta(days=chance.randint(-2, 2))), "from": opens, "to": closes}

    return {
        "timezone": zone,
        "hours": {day: [window() for _ in range(chance.randint(0, 3))] for day in DAYS} | {"wed": [window()]},
        "holidays": [dated() for _ in range(chance.randint(0, 2))]
        + [str(today + timedelta(days=chance.randint(-2, 2))) for _ in range(chance.randint(0, 1))],
        "openings": [dated() for _ in range(chance.randint(0, 2))],
    }


def _text(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def test_the_zones_are_many_and_their_changes_too() -> None:
    assert len(set(ZONES)) >= 60
    assert sum(len(changes(name)) for name in ZONES) > 5000


@pytest.mark.parametrize("name", ZONES)
def test_around_changes_every_minute_is_as_the_oracle_says(name: str) -> None:
    chance = random.Random(name)
    # A change off the full minute (Monrovia, 1972) is left to the test by seconds.
    whole = [at for at in changes(name) if at % 60 == 0 and _offset(ZoneInfo(name), at - 1).seconds % 60 == 0]  # type: ignore[union-attr]
    for moved in chance.sample(whole, min(len(whole), 3)) or [chance.randrange(FIRST, LAST, 60)]:
        document = random_calendar(chance, name, moved, 900)
        book, asked = Book(document), calendar(document)
        low = moved - 36 * HOUR - chance.randrange(0, HOUR, 60)
        minutes = np.arange(low, low + 3 * DAY, 60)
        opened = np.array([book.is_open(int(at)) for at in minutes])
        counted = np.concatenate([[0], np.cumsum(opened * 60)])

        assert (asked.elapsed(minutes, minutes + 60) == opened * 60).all(), document
        assert (asked.elapsed(np.full(len(minutes), low), minutes + 60) == counted[1:]).all(), document
        _check_deadlines(chance, asked.due_at, minutes, opened)


def _check_deadlines(
    chance: random.Random, due_at: Any, minutes: np.ndarray[Any, Any], opened: np.ndarray[Any, Any]
) -> None:
    for _ in range(20):
        place = chance.randrange(len(minutes) // 2)
        left = amount = chance.choice([1, 60, 61, 3599, HOUR, 4 * HOUR, 7 * HOUR + 17])
        for minute, is_open in zip(minutes[place:], opened[place:], strict=True):
            if is_open and left <= 60:
                assert utc(due_at(int(minutes[place]), amount)) == utc(int(minute) + left)
                break
            left -= 60 * int(is_open)


@pytest.mark.parametrize("name", ZONES)
def test_at_changes_every_second_is_as_the_oracle_says(name: str) -> None:
    chance = random.Random(f"{name} by seconds")
    for moved in chance.sample(changes(name), min(len(changes(name)), 2)) or [chance.randrange(FIRST, LAST)]:
        document = random_calendar(chance, name, moved, 1)
        # A window with an edge where the clock moves to, and one where it comes from.
        for at, ahead in ((moved, 777), (moved - 1, -777)):
            wall = datetime.fromtimestamp(at, ZoneInfo(name))
            edge = (wall.hour * HOUR + wall.minute * 60 + wall.second + ahead) % DAY
            document["hours"][DAYS[wall.weekday()]].append([_text(edge), "24:00"])
        book, asked = Book(document), calendar(document)
        seconds = np.arange(moved - 1200, moved + 1200)

        opened = [book.is_open(int(at)) for at in seconds]

        assert asked.elapsed(seconds, seconds + 1).tolist() == opened, document
        quarters = np.arange(moved - 30 * HOUR, moved + 30 * HOUR, 900) // 900 * 900
        around = np.concatenate([quarters - 1, quarters, quarters + 1])
        assert asked.elapsed(around, around + 1).tolist() == [book.is_open(int(at)) for at in around], document
