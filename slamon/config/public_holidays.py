"""Public holidays of a country in a [calendar.NAME], written out as dates.

    public_holidays = { country = "GB", subdivision = "ENG", without = ["2026-12-28", "Good Friday"] }

The dates come from the `holidays` package, for fixed years: a calendar's
version must not change because a year has begun. A new release of the package
that corrects a date makes a new version, as an edit by hand would.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from slamon.errors import CalendarError

YEARS = range(2015, 2046)
KEY = "public_holidays"
_KEYS = ("country", "subdivision", "without")


def write_out(name: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return *document* with its public holidays among its holidays; one without them as it is.

    Raises:
        CalendarError: No such country or subdivision, or the entry is not of its form.
    """
    if KEY not in document:
        return dict(document)
    entry = document[KEY]
    rest = {key: value for key, value in document.items() if key != KEY}
    listed = rest.get("holidays", [])
    if isinstance(listed, list):  # what is no list is refused by whoever reads the rest
        rest["holidays"] = [*listed, *_dates(name, entry)]
    return rest


def _dates(name: str, entry: object) -> list[dict[str, str]]:
    if not isinstance(entry, Mapping):
        raise _refused(name, "", 'expected a table such as {country = "GB", subdivision = "ENG"}')
    unknown = [str(key) for key in entry if key not in _KEYS]
    if unknown:
        raise _refused(name, f".{unknown[0]}", f"unknown key; known are {', '.join(_KEYS)}")
    country, subdivision = entry.get("country"), entry.get("subdivision")
    without = entry.get("without", [])
    if not isinstance(without, list) or not all(isinstance(text, str) for text in without):
        raise _refused(name, ".without", "expected a list of dates or names")
    left_out = {text.casefold() for text in without}
    return [
        {"date": day.isoformat(), "from": "00:00", "to": "24:00", "name": text}
        for day, text in sorted(_of_package(name, country, subdivision).items())
        if day.isoformat() not in left_out and text.casefold() not in left_out
    ]


def _of_package(name: str, country: object, subdivision: object) -> Mapping[Any, str]:
    import holidays  # a tenth of a second, and only where a calendar asks for it

    known = holidays.list_supported_countries()
    if not isinstance(country, str) or country not in known:
        raise _refused(
            name, ".country", f"{country!r} is not a country's ISO code such as GB or US{_near(country, known)}"
        )
    parts = known[country]
    if subdivision is not None and subdivision not in parts:
        there = f"{country} has {', '.join(parts)}" if parts else f"{country} has none"
        raise _refused(name, ".subdivision", f"{subdivision!r} is unknown; {there}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # for some countries the package knows fewer years, and says so each time
        found: Mapping[Any, str] = holidays.country_holidays(country, subdiv=subdivision, years=YEARS, language="en_US")
    return found


def _near(country: object, known: Mapping[str, object]) -> str:
    near = get_close_matches(str(country).upper(), known, 3, 0.5)
    return f"; near are {', '.join(near)}" if near else ""


def _refused(name: str, place: str, remedy: str) -> CalendarError:
    return CalendarError(f"calendar {name}: {KEY}{place}: {remedy}")
