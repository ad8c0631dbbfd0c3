"""Calendar rules as a document (JSON or TOML) and back: the one reading of its form.

{"timezone": "Europe/Berlin",
 "hours": {"mon": [["09:00", "12:00"], ["13:00", "17:00"]]},
 "holidays": ["2024-12-25", {"date": "2024-12-24", "from": "12:00", "to": "24:00", "name": "half day"}],
 "openings": [{"date": "2024-12-28", "from": "09:00", "to": "12:00"}]}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from slamon.core.rules import DAY_NAMES, DAY_SECONDS, CalendarRules, DatedSpan, Window
from slamon.core.zone import load_zone
from slamon.errors import CalendarError

_TIME = re.compile(r"(\d{2}):(\d{2})(?::(\d{2}))?(\+1)?")
_KEYS = ("timezone", "hours", "holidays", "openings")
_SPAN_KEYS = ("date", "from", "to", "name")


class _BadError(Exception):
    """One place of the document that cannot be read."""


def rules_from_document(name: str, document: Any) -> CalendarRules:  # noqa: ANN401  (it is what is checked)
    """Return the rules a document describes; windows sorted, overlapping and touching ones merged.

    Raises:
        CalendarError: Lists everything wrong with the document, each with its place and remedy.
    """
    if not isinstance(document, Mapping):
        raise CalendarError(f"calendar {name}: expected a table with timezone and hours")
    problems = [f"{key}: unknown key; known are {', '.join(_KEYS)}" for key in document if key not in _KEYS]
    zone = _zone(document.get("timezone"), problems)
    week = _week(document.get("hours"), problems)
    holidays = _dated("holidays", document.get("holidays", ()), problems)
    openings = _dated("openings", document.get("openings", ()), problems)
    if not problems and not any(week) and not openings:
        problems.append("hours: the calendar never opens; give at least one window")
    if problems:
        raise CalendarError(f"calendar {name}: " + "; ".join(problems))
    return CalendarRules(name, zone, week, holidays, openings)


def document_of(rules: CalendarRules) -> dict[str, Any]:
    """Return *rules* in the document's form, without its name; reading it back gives equal rules."""
    return {
        "timezone": rules.zone,
        "hours": {
            day: [[clock_text(w.opens), clock_text(w.closes)] for w in windows]
            for day, windows in zip(DAY_NAMES, rules.week, strict=True)
            if windows
        },
        "holidays": [_span_document(span, whole_day=True) for span in rules.holidays],
        "openings": [_span_document(span, whole_day=False) for span in rules.openings],
    }


def find_overlaps(document: Mapping[str, Any]) -> list[str]:
    """Return one line for each day of a valid document whose windows overlap (they are merged)."""
    found = []
    for day in DAY_NAMES:
        windows = sorted(
            (_clock(opens)[0], _clock(closes)[0] + (DAY_SECONDS if closes.endswith("+1") else 0))
            for opens, closes in document.get("hours", {}).get(day, ())
        )
        if any(later[0] < sooner[1] for sooner, later in pairwise(windows)):
            found.append(f"hours.{day}: windows overlap and are merged")
    return found


def clock_text(seconds: int) -> str:
    """Return seconds of a local day as HH:MM, or HH:MM:SS where needed; 86400 is 24:00."""
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text


def merge_windows(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Return *windows* sorted, with overlapping and touching ones merged."""
    merged: list[Window] = []
    for window in sorted(windows, key=lambda w: (w.opens, w.closes)):
        if merged and window.opens <= merged[-1].closes:
            merged[-1] = Window(merged[-1].opens, max(merged[-1].closes, window.closes))
        else:
            merged.append(window)
    return tuple(merged)


def _zone(value: object, problems: list[str]) -> str:
    if not isinstance(value, str) or not value:
        problems.append("timezone: missing; write an IANA name such as Europe/London")
        return ""
    try:
        load_zone(value)
    except ValueError as error:
        problems.append(f"timezone: {error}")
    return value


def _week(value: object, problems: list[str]) -> tuple[tuple[Window, ...], ...]:
    days: list[list[Window]] = [[] for _ in DAY_NAMES]
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        problems.append('hours: expected a table such as {mon = [["09:00", "17:00"]]}')
        value = {}
    for day, windows in value.items():
        if day not in DAY_NAMES:
            problems.append(f"hours.{day}: unknown day; known are {', '.join(DAY_NAMES)}")
            continue
        for place, pair in _listed(f"hours.{day}", windows, problems):
            _collect(place, pair, days, DAY_NAMES.index(day), problems)
    return tuple(merge_windows(day) for day in days)


def _collect(place: str, pair: object, days: list[list[Window]], day: int, problems: list[str]) -> None:
    try:
        if isinstance(pair, str) or not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise _BadError('expected a pair such as ["09:00", "17:00"]')
        today, tomorrow = _windows(pair[0], pair[1])
    except _BadError as error:
        problems.append(f"{place}: {error}")
        return
    days[day].append(today)
    if tomorrow:
        days[(day + 1) % 7].append(tomorrow)


def _dated(key: str, value: object, problems: list[str]) -> tuple[DatedSpan, ...]:
    spans: list[DatedSpan] = []
    for place, entry in _listed(key, value, problems):
        try:
            spans.extend(_spans(entry, whole_day=key == "holidays"))
        except _BadError as error:
            problems.append(f"{place}: {error}")
    return tuple(sorted(spans, key=lambda s: (s.on, s.window.opens, s.window.closes, s.name)))


def _spans(entry: object, *, whole_day: bool) -> list[DatedSpan]:
    if isinstance(entry, (str, date)) and whole_day:
        return [DatedSpan(_date(entry))]
    if not isinstance(entry, Mapping):
        example = '"2026-12-25" or ' if whole_day else ""
        raise _BadError(f'expected {example}{{date = "2026-12-24", from = "12:00", to = "24:00"}}')
    unknown = [str(key) for key in entry if key not in _SPAN_KEYS]
    if unknown:
        raise _BadError(f"unknown key {unknown[0]}; known are {', '.join(_SPAN_KEYS)}")
    on, name = _date(entry.get("date")), str(entry.get("name", ""))
    if "from" not in entry and "to" not in entry and whole_day:
        return [DatedSpan(on, name=name)]
    today, tomorrow = _windows(entry.get("from", "00:00"), entry.get("to", "24:00"))
    return [DatedSpan(on, today, name)] + ([DatedSpan(on + timedelta(days=1), tomorrow, name)] if tomorrow else [])


def _span_document(span: DatedSpan, *, whole_day: bool) -> Any:  # noqa: ANN401  (a string or a table, as the form has it)
    if whole_day and span.window == Window(0, DAY_SECONDS) and not span.name:
        return span.on.isoformat()
    document = {
        "date": span.on.isoformat(),
        "from": clock_text(span.window.opens),
        "to": clock_text(span.window.closes),
    }
    return {**document, "name": span.name} if span.name else document


def _listed(key: str, value: object, problems: list[str]) -> list[tuple[str, object]]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, (list, tuple)):
        problems.append(f"{key}: expected a list")
        return []
    return [(f"{key}[{index}]", entry) for index, entry in enumerate(value)]


def _date(value: object) -> date:
    if type(value) is date:
        return value
    try:
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise ValueError
        on = date.fromisoformat(value)
    except ValueError:
        raise _BadError(f"{value!r} is not a date such as 2026-12-25") from None
    if not 1900 <= on.year < 2210:
        raise _BadError(f"{value} is outside the years 1900 to 2209")
    return on


def _windows(opens: object, closes: object) -> tuple[Window, Window | None]:
    start, start_next = _clock(opens)
    end, end_next = _clock(closes)
    if start_next:
        raise _BadError(f"{opens} cannot begin on the next day; put it there")
    if end_next:
        if start == DAY_SECONDS or end > start:
            raise _BadError(f"{opens} to {closes} is longer than a day")
        return Window(start, DAY_SECONDS), Window(0, end) if end else None
    if end <= start:
        raise _BadError(
            f"{opens} to {closes} ends at or before its start; write {opens} to 24:00, or {closes}+1 for the next day"
        )
    return Window(start, end), None


def _clock(text: object) -> tuple[int, bool]:
    """Return (seconds of the local day, whether the text names the next day)."""
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise _BadError(f"{text!r} is not a time of day such as 09:00, 24:00 or 06:00+1")
    hours, minutes, seconds = int(match[1]), int(match[2]), int(match[3] or 0)
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > DAY_SECONDS:
        raise _BadError(f"{text} is not a time of day between 00:00 and 24:00")
    return total, bool(match[4])
