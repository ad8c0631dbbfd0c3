"""ConnectWise's calendars and holidays, read into core types; what is odd becomes a warning, one line each."""

from __future__ import annotations

from collections.abc import Iterable

from slamon.clean import clean_line, shown
from slamon.connectwise.dates import parse_local_date, parse_time
from slamon.connectwise.records import CalendarRecord, HolidayRecord
from slamon.core.reference import Holiday, OddDay, SourceCalendar
from slamon.core.rules import DAY_SECONDS, Window
from slamon.core.ticket import Ref

WHOLE_DAY = Window(0, DAY_SECONDS)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# 24:00 cannot be written in ConnectWise, so people write one of these for the end of the day.
_MIDNIGHTS = (0, 86_340, 86_399, DAY_SECONDS)  # 00:00, 23:59, 23:59:59, 24:00


def read_calendar(record: CalendarRecord, holidays: Iterable[HolidayRecord], warnings: list[str]) -> SourceCalendar:
    """Return the calendar with the holidays of its list; what was odd is appended to *warnings*."""
    label = f"calendar {record.id} {shown(record.name)}"
    week: list[Window | None] = []
    odd: list[OddDay] = []
    for number, day in enumerate(DAYS):
        start, end = getattr(record, f"{day}_start_time"), getattr(record, f"{day}_end_time")
        told = len(warnings)
        week.append(_read_day(f"{label}: {day.capitalize()}", start, end, warnings))
        if len(warnings) > told:
            odd.append(OddDay(number, f"{clean_line(start)} to {clean_line(end)}", refused=week[-1] is None))
    if not any(week):
        warnings.append(f"{label}: has no open hours at all; its clocks never run")
    read = (_read_holiday(label, holiday, warnings) for holiday in holidays)
    closed = sorted((h for h in read if h is not None), key=lambda h: (h.on, h.name))
    named = record.holiday_list
    holiday_list = Ref(named.id, clean_line(named.name)) if named is not None and named.id else None
    return SourceCalendar(
        record.id, clean_line(record.name), tuple(week), tuple(closed), holiday_list, odd_days=tuple(odd)
    )


def _read_day(label: str, start: str | None, end: str | None, warnings: list[str]) -> Window | None:
    """Return a day's window, None if it is closed or its hours cannot be used."""
    try:
        opens, closes = parse_time(start), parse_time(end)
    except ValueError as error:
        warnings.append(f"{label}: {shown(start)} to {shown(end)} refused, {error}; no hours count that day")
        return None
    if opens is None and closes is None:
        return None
    if opens is None or closes is None:
        warnings.append(f"{label}: has a start or an end, but not both; no hours count that day")
        return None
    if opens == 0 and closes in _MIDNIGHTS:
        warnings.append(f"{label}: {shown(start)} to {shown(end)} is read as the whole day")
        return WHOLE_DAY
    if closes == 0:
        warnings.append(f"{label}: {shown(start)} to {shown(end)} is read as open until midnight")
        return Window(opens, DAY_SECONDS)
    if closes <= opens:
        warnings.append(
            f"{label}: {shown(start)} to {shown(end)} refused, it ends before it starts; no hours count that day."
            " ConnectWise has one span a day: describe night hours in slamon's own calendars"
        )
        return None
    return Window(opens, closes)


def _read_holiday(label: str, record: HolidayRecord, warnings: list[str]) -> Holiday | None:
    """Return the holiday: a whole local day, or a part of it when `allDayFlag` is false."""
    name = f"{label}: holiday {record.id} {shown(record.name)}"
    try:
        on = parse_local_date(record.date)
    except ValueError:
        on = None
    if on is None:
        warnings.append(f"{name}: left out, {shown(record.date)} is not a date")
        return None
    if record.all_day_flag is not False:
        return Holiday(on, clean_line(record.name))
    try:
        opens, closes = parse_time(record.time_start), parse_time(record.time_end)
    except ValueError:
        opens = closes = None
    if closes == 0:
        closes = DAY_SECONDS
    if opens is None or closes is None or closes <= opens:
        warnings.append(
            f"{name}: {shown(record.time_start)} to {shown(record.time_end)} is no part of a day;"
            " the whole day counts as a holiday"
        )
        return Holiday(on, clean_line(record.name))
    return Holiday(on, clean_line(record.name), None if (opens, closes) == (0, DAY_SECONDS) else Window(opens, closes))
