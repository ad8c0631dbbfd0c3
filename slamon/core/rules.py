"""A calendar as people write it: local hours of a week, holidays and one-off openings in one time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

DAY_SECONDS = 86_400
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open span of one local day, in seconds of its wall clock: 0 <= opens < closes <= 86400."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class DatedSpan:
    """A window on one local date: a holiday (closed) or a one-off opening (open). `name` is for people."""

    on: date
    window: Window = Window(0, DAY_SECONDS)
    name: str = ""


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """The local rules of a calendar. `week` holds seven days, Monday first."""

    name: str
    zone: str
    week: tuple[tuple[Window, ...], ...]
    holidays: tuple[DatedSpan, ...] = ()
    openings: tuple[DatedSpan, ...] = ()
