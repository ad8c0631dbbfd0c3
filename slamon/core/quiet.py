"""Quiet hours: when somebody is left alone, as a calendar that is open whenever they may be told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from slamon.core.calendar import BusinessCalendar
from slamon.core.instants import from_epoch, to_epoch
from slamon.core.rules import DAY_NAMES, DAY_SECONDS, CalendarRules, Window
from slamon.core.rules_document import merge_windows
from slamon.errors import NeverDueError

_HOURS = re.compile(r"([0-9]{2}):([0-9]{2})\s*-\s*([0-9]{2}):([0-9]{2})")


def parse_hours(text: str) -> tuple[Window, Window | None]:
    """Return the quiet window of a day, and what of it lies on the next one.

    Raises:
        ValueError: Not of the form `22:00-07:00`.
    """
    found = _HOURS.fullmatch(text.strip())
    opens, closes = (
        (int(found[1]) * 3600 + int(found[2]) * 60, int(found[3]) * 3600 + int(found[4]) * 60) if found else (0, 0)
    )
    right = found and max(int(found[2]), int(found[4])) < 60 and opens < DAY_SECONDS and closes <= DAY_SECONDS
    if not right or opens == closes:
        raise ValueError('write quiet hours such as "22:00-07:00"; whole days go into `days`')
    if closes > opens:
        return Window(opens, closes), None
    return Window(opens, DAY_SECONDS), Window(0, closes) if closes else None


def waking_rules(name: str, zone: str, hours: Sequence[str], days: Sequence[str]) -> CalendarRules:
    """Return the calendar that is open outside of *hours* and *days*."""
    quiet: list[list[Window]] = [[Window(0, DAY_SECONDS)] if day in days else [] for day in DAY_NAMES]
    for text in hours:
        today, tomorrow = parse_hours(text)
        for day in range(7):
            quiet[day].append(today)
            if tomorrow:
                quiet[(day + 1) % 7].append(tomorrow)
    return CalendarRules(name, zone, tuple(_rest(merge_windows(windows)) for windows in quiet))


def _rest(windows: Sequence[Window]) -> tuple[Window, ...]:
    edges = [0, *(edge for window in windows for edge in (window.opens, window.closes)), DAY_SECONDS]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple(Window(begin, end) for begin, end in pairs if begin < end)


def opening_at(waking: BusinessCalendar, now: datetime) -> datetime | None:
    """Return when somebody may next be told, None for now. What never opens again holds nothing back."""
    moment = to_epoch(now.replace(microsecond=0))
    try:
        opening = waking.next_open(moment)
    except NeverDueError:
        return None
    return None if opening == moment else from_epoch(opening)
