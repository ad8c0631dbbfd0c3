"""Calendars and holiday lists: hours that say what they mean, and rows for the year that comes."""

from __future__ import annotations

from collections.abc import Iterator

from slamon.core.lint.finding import CALENDARS, HOLIDAYS, Finding, Rule, Severity, listed
from slamon.core.lint.view import View
from slamon.core.reference import SourceCalendar
from slamon.core.rules import DAY_SECONDS, Window

OCTOBER = 10  # from this month on, next year's holidays should be there
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ALMOST_MIDNIGHT = (DAY_SECONDS - 60, DAY_SECONDS - 1)

NO_HOURS = Rule(
    "calendar_no_hours",
    CALENDARS,
    "A calendar that never opens counts nothing: goals on it are never due, and slamon refuses them.",
    "Give it hours, or take it away from what uses it.",
)
REFUSED = Rule(
    "calendar_hours_refused",
    CALENDARS,
    "Hours that end before they start, or have only one end, cannot be read; the day counts as closed.",
    "Mend them. ConnectWise has one span a day; night hours can be written as a [calendar.NAME] in slamon.toml.",
)
ENDS_2359 = Rule(
    "calendar_ends_2359",
    CALENDARS,
    "A day that ends at 23:59 loses a minute. slamon reads 00:00 to 23:59 as the whole day; ConnectWise may not,"
    " and other hours that end there do lose it.",
    "End the day at 00:00, or base the SLA on AllHours.",
)
NO_LIST = Rule(
    "calendar_no_holidays",
    CALENDARS,
    "Without a holiday list, public holidays count as working days.",
    "Choose a holiday list, or write a [calendar.NAME] with holidays in slamon.toml.",
)
NO_YEAR = Rule(
    "holiday_list_ends",
    HOLIDAYS,
    "ConnectWise keeps each year's holidays as rows of their own. A year without rows has no holidays;"
    " slamon does not make any up.",
    "Add the rows of the missing year.",
)
RULES = (NO_HOURS, REFUSED, ENDS_2359, NO_LIST, NO_YEAR)


def lint_calendars(view: View) -> Iterator[Finding]:
    """Yield what is wrong with calendars and with the holiday lists they name."""
    lists: dict[int, tuple[str, list[str], set[int]]] = {}
    for calendar in view.reference.calendars.values():
        used = calendar.id in view.used_calendars
        yield from _hours(calendar, used)
        if not any(calendar.week):
            continue  # its holidays do not matter
        if calendar.holiday_list is None:
            always = all(window == Window(0, DAY_SECONDS) for window in calendar.week)
            severity = Severity.WARNING if used and not always else Severity.NOTICE
            yield NO_LIST.found(severity, _called(calendar), f"has no holiday list; {_use(used)}")
        else:
            key, name = calendar.holiday_list.id, calendar.holiday_list.name
            lists.setdefault(key, (name, [], {h.on.year for h in calendar.holidays}))[1].append(calendar.name)
    for name, calendars, years in lists.values():
        yield from _years(view, f"holiday list {name!r}", calendars, years)


def _hours(calendar: SourceCalendar, used: bool) -> Iterator[Finding]:
    refused = [f"{DAYS[odd.day]} {odd.written}" for odd in calendar.odd_days if odd.refused]
    if not any(calendar.week):
        severity = Severity.ERROR if used else Severity.NOTICE
        yield NO_HOURS.found(severity, _called(calendar), f"has no open hours on any day; {_use(used)}")
    if refused:
        yield REFUSED.found(Severity.WARNING, _called(calendar), f"refused: {', '.join(refused)}")
    whole = [DAYS[odd.day] for odd in calendar.odd_days if not odd.refused and "23:59" in odd.written]
    short = [DAYS[n] for n, window in enumerate(calendar.week) if window and window.closes in _ALMOST_MIDNIGHT]
    if short:
        yield ENDS_2359.found(Severity.WARNING, _called(calendar), f"closes a minute early: {', '.join(short)}")
    if whole:
        yield ENDS_2359.found(Severity.NOTICE, _called(calendar), f"read as the whole day: {', '.join(whole)}")


def _years(view: View, subject: str, calendars: list[str], years: set[int]) -> Iterator[Finding]:
    this, used_by = view.on.year, f"used by {listed(calendars)}"
    if this not in years:
        yield NO_YEAR.found(Severity.WARNING, subject, f"has no rows for {this}; {used_by}")
    if this + 1 not in years:
        severity = Severity.WARNING if view.on.month >= OCTOBER else Severity.NOTICE
        yield NO_YEAR.found(severity, subject, f"has no rows for {this + 1}; {used_by}")


def _use(used: bool) -> str:
    return "clocks count on it" if used else "nothing uses it"


def _called(calendar: SourceCalendar) -> str:
    return f"calendar {calendar.name!r}"
