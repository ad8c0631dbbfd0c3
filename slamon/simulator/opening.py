"""Which opening hours an SLA counts for which company: ConnectWise's `basedOn` rule."""

from datetime import date
from zoneinfo import ZoneInfo

from slamon.simulator.calendars import WEEKDAYS
from slamon.simulator.hours import DAY_SECONDS, AllHours, Hours, Span, WeekHours, local_seconds
from slamon.simulator.world import Row, World

MY_CALENDAR = 1
"""The default calendar of /system/myCompany/other."""


def hours_for(world: World, sla: Row, company: Row) -> Hours:
    """
    Return the opening hours of *sla* for *company*.

    `Customer` takes the company's calendar in the company's zone and, without one, MyCalendar; all others count in
    the server's zone; `AllHours` is 24x7 and knows no holidays.
    """
    if sla["basedOn"] == "AllHours":
        return AllHours()
    calendar, zone = MY_CALENDAR, world.server_zone
    if sla["basedOn"] == "Custom" and "customCalendar" in sla:
        calendar = sla["customCalendar"]["id"]
    elif sla["basedOn"] == "Customer" and "calendar" in company:
        calendar = company["calendar"]["id"]
        zone = world.zones[company["timeZoneSetup"]["id"]] if "timeZoneSetup" in company else zone
    return calendar_hours(world, calendar, zone)


def calendar_hours(world: World, calendar_id: int, zone: str) -> Hours:
    """Return the hours of a calendar in a zone; built once."""
    known = world.hours.get((calendar_id, zone))
    if known is None:
        row = world.tables["calendars"][calendar_id]
        week = [_span(row, day) for day in WEEKDAYS]
        known = world.hours[calendar_id, zone] = WeekHours(week, _holidays(world, row), ZoneInfo(zone))
    return known


def _span(calendar: Row, day: str) -> Span | None:
    if f"{day}StartTime" not in calendar or f"{day}EndTime" not in calendar:
        return None
    opens = local_seconds(calendar[f"{day}StartTime"])
    closes = local_seconds(calendar[f"{day}EndTime"])
    return opens, closes or DAY_SECONDS  # 00:00:00 as an end is midnight at the end of the day


def _holidays(world: World, calendar: Row) -> dict[date, list[Span]]:
    found: dict[date, list[Span]] = {}
    if "holidayList" not in calendar:
        return found
    for row in world.tables["holidays"].values():
        if row["holidayList"]["id"] == calendar["holidayList"]["id"]:
            whole = row["allDayFlag"]
            begins = 0 if whole else local_seconds(row["timeStart"])
            ends = DAY_SECONDS if whole else local_seconds(row["timeEnd"])
            found.setdefault(date.fromisoformat(row["date"]), []).append((begins, ends))
    return found
