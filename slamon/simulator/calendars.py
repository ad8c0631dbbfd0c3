"""Time zones, calendars and holiday lists of the seeded desk; one span a day, part-day holidays, a row per year."""

from collections.abc import Iterator
from datetime import date, timedelta

from slamon.simulator.world import API, STAMP, Row, World

ZONES = (
    # id, ConnectWise's name, system zone, UTC offset in hours, has summer time, IANA
    (1, "GMT-5/Eastern Time: US & Canada", "Eastern Standard Time", -5.0, True, "America/New_York"),
    (2, "GMT-6/Central Time: US & Canada", "Central Standard Time", -6.0, True, "America/Chicago"),
    (4, "GMT-8/Pacific Time: US & Canada", "Pacific Standard Time", -8.0, True, "America/Los_Angeles"),
    (11, "GMT/Greenwich Mean Time: Dublin, London", "GMT Standard Time", 0.0, True, "Europe/London"),
    (12, "GMT+1/Western Europe: Berlin, Vienna", "W. Europe Standard Time", 1.0, True, "Europe/Berlin"),
    (19, "GMT+5:30/India Standard Time: Kolkata", "India Standard Time", 5.5, False, "Asia/Kolkata"),
    (25, "GMT+10/Canberra, Melbourne, Sydney", "AUS Eastern Standard Time", 10.0, True, "Australia/Sydney"),
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CALENDARS = (
    # id, name, opens, closes, days open, holiday list
    (1, "Standard 8-5", "08:00:00", "17:00:00", 5, 1),
    (2, "UK Office", "09:00:00", "17:30:00", 5, 2),
    (3, "Germany Office", "08:00:00", "17:00:00", 5, 3),
    (4, "India Office", "09:30:00", "18:30:00", 5, 4),
    (5, "Sydney Office", "08:00:00", "17:00:00", 5, 5),
    (6, "Extended 7-7", "07:00:00", "19:00:00", 6, 1),
    (7, "Retired calendar", "", "", 0, None),
)

HOLIDAY_LISTS = ((1, "US Holidays"), (2, "UK Holidays"), (3, "German Holidays"), (4, "India"), (5, "NSW"))
FIXED_HOLIDAYS: dict[int, tuple[tuple[str, str, str, str], ...]] = {
    # list: (name, month-day, closed from, closed until); empty times are a whole day
    1: (
        ("New Year's Day", "01-01", "", ""),
        ("Juneteenth", "06-19", "", ""),
        ("Independence Day", "07-04", "", ""),
        ("Thanksgiving", "11-thu4", "", ""),
        ("Christmas Eve", "12-24", "12:00:00", "17:00:00"),
        ("Christmas Day", "12-25", "", ""),
        ("New Year's Eve", "12-31", "14:00:00", "17:00:00"),
    ),
    2: (
        ("New Year's Day", "01-01", "", ""),
        ("Christmas Eve", "12-24", "13:00:00", "17:30:00"),
        ("Christmas Day", "12-25", "", ""),
        ("Boxing Day", "12-26", "", ""),
    ),
    3: (
        ("Neujahr", "01-01", "", ""),
        ("Tag der Arbeit", "05-01", "", ""),
        ("Tag der Deutschen Einheit", "10-03", "", ""),
        ("Heiligabend", "12-24", "12:00:00", "17:00:00"),
        ("Weihnachten", "12-25", "", ""),
        ("Zweiter Weihnachtstag", "12-26", "", ""),
    ),
    4: (
        ("Republic Day", "01-26", "", ""),
        ("Independence Day", "08-15", "", ""),
        ("Gandhi Jayanti", "10-02", "", ""),
        ("Year end", "12-31", "13:30:00", "18:30:00"),
    ),
    5: (
        ("New Year's Day", "01-01", "", ""),
        ("Australia Day", "01-26", "", ""),
        ("Anzac Day", "04-25", "", ""),
        ("Christmas Eve", "12-24", "12:00:00", "17:00:00"),
        ("Christmas Day", "12-25", "", ""),
    ),
}


def fill(world: World, years: range) -> None:
    """Put zones, holiday lists with the holidays of *years*, and calendars into *world*."""
    _zones(world)
    _calendars(world, years)


def _zones(world: World) -> None:
    for number, name, system_name, offset, summer, iana in ZONES:
        row: Row = {
            "id": number,
            "name": name,
            "timeZone": {"id": number, "name": system_name},
            "offset": offset,
            "defaultFlag": number == 1,
            "daylightSavingsFlag": summer,
            "_info": STAMP,
        }
        world.add("timeZoneSetups", row)
        world.zones[number] = iana


def _calendars(world: World, years: range) -> None:
    for number, name in HOLIDAY_LISTS:
        info = {**STAMP, "holidays_href": f"{API}/schedule/holidayLists/{number}/holidays"}
        world.add("holidayLists", {"id": number, "name": name, "_info": info})
    next_id = 100
    for number, holidays in FIXED_HOLIDAYS.items():
        for row in _holiday_rows(holidays, years):
            next_id += 1
            reference = world.reference("holidayList", number)
            world.add("holidays", {"id": next_id, **row, "holidayList": reference, "_info": STAMP})
    for number, name, opens, closes, days, list_id in CALENDARS:
        row = {"id": number, "name": name}
        if list_id:
            row["holidayList"] = world.reference("holidayList", list_id)
        for day in WEEKDAYS[:days]:
            row |= {f"{day}StartTime": opens, f"{day}EndTime": closes}
        world.add("calendars", {**row, "_info": STAMP})


def _holiday_rows(holidays: tuple[tuple[str, str, str, str], ...], years: range) -> Iterator[Row]:
    for year in years:
        for name, month_day, begins, ends in holidays:
            row: Row = {"name": name, "date": _on(year, month_day).isoformat(), "allDayFlag": not begins}
            if begins:
                row |= {"timeStart": begins, "timeEnd": ends}
            yield row


def _on(year: int, month_day: str) -> date:
    """Return the date of `MM-DD`, or of `11-thu4`, the fourth Thursday of November."""
    month, day = month_day.split("-")
    if day == "thu4":
        first = date(year, int(month), 1)
        return first + timedelta(days=(3 - first.weekday()) % 7 + 21)
    return date(year, int(month), int(day))
