from __future__ import annotations

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import msgspec
import pytest

from slamon.connectwise.calendars import WHOLE_DAY, read_calendar
from slamon.connectwise.client import Client
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import Limits
from slamon.connectwise.records import CalendarRecord, HolidayRecord
from slamon.connectwise.reference import fetch_reference
from slamon.connectwise.zones import DISPLAYED, WINDOWS, iana_zone
from slamon.core.policy import Percents
from slamon.core.reference import (
    Agreement,
    Board,
    BoardStatus,
    Company,
    GoalHours,
    Holiday,
    OddDay,
    Priority,
    Reference,
    Sla,
    SourceCalendar,
)
from slamon.core.rules import Window
from slamon.core.ticket import Level, Ref
from slamon.errors import SourceRefusedError, SourceUnavailableError

from .server import Reply, Request, serving

H = 3600


def calendar(monday: tuple[str | None, str | None], *holidays: HolidayRecord) -> tuple[SourceCalendar, list[str]]:
    warnings: list[str] = []
    record = CalendarRecord(
        id=3,
        name="Standard",
        monday_start_time=monday[0],
        monday_end_time=monday[1],
        tuesday_start_time="08:00:00",
        tuesday_end_time="17:00:00",
    )
    return read_calendar(record, holidays, warnings), warnings


@pytest.mark.parametrize(
    ("start", "end", "window", "warning"),
    [
        ("08:30:00", "17:00:00", Window(8 * H + 1800, 17 * H), None),
        (None, None, None, None),
        ("00:00:00", "00:00:00", WHOLE_DAY, "read as the whole day"),
        ("00:00:00", "23:59:59", WHOLE_DAY, "read as the whole day"),
        ("00:00", "23:59", WHOLE_DAY, "read as the whole day"),
        ("18:00:00", "00:00:00", Window(18 * H, 24 * H), "read as open until midnight"),
        ("22:00:00", "06:00:00", None, "it ends before it starts"),
        ("09:00:00", "09:00:00", None, "it ends before it starts"),
        ("09:00:00", None, None, "not both"),
        ("nine", "17:00:00", None, "not a time"),
    ],
)
def test_a_day_of_a_calendar(start: str | None, end: str | None, window: Window | None, warning: str | None) -> None:
    read, warnings = calendar((start, end))

    assert read.week == (window, Window(8 * H, 17 * H), None, None, None, None, None)
    assert len(warnings) == (warning is not None)
    assert warning is None or (warning in warnings[0] and warnings[0].startswith("calendar 3 'Standard': Monday"))
    odd = OddDay(0, f"{start} to {end or ''}", refused=window is None)
    assert read.odd_days == ((odd,) if warning else ())


def test_a_calendar_that_is_never_open_is_told() -> None:
    warnings: list[str] = []
    read_calendar(CalendarRecord(id=4, name="Empty"), [], warnings)

    assert warnings == ["calendar 4 'Empty': has no open hours at all; its clocks never run"]


def holiday(**changes: object) -> HolidayRecord:
    return msgspec.convert({"id": 1, "name": "Christmas", "date": "2026-12-25", **changes}, HolidayRecord)


@pytest.mark.parametrize(
    ("record", "read", "warning"),
    [
        (holiday(), Holiday(date(2026, 12, 25), "Christmas"), None),
        (holiday(allDayFlag=True, timeStart="09:00:00"), Holiday(date(2026, 12, 25), "Christmas"), None),
        (
            holiday(allDayFlag=False, timeStart="12:00:00", timeEnd="17:00:00"),
            Holiday(date(2026, 12, 25), "Christmas", Window(12 * H, 17 * H)),
            None,
        ),
        (
            holiday(allDayFlag=False, timeStart="12:00:00", timeEnd="00:00:00"),
            Holiday(date(2026, 12, 25), "Christmas", Window(12 * H, 24 * H)),
            None,
        ),
        (
            holiday(allDayFlag=False, timeStart="17:00:00", timeEnd="12:00:00"),
            Holiday(date(2026, 12, 25), "Christmas"),
            "the whole day counts",
        ),
        (holiday(allDayFlag=False), Holiday(date(2026, 12, 25), "Christmas"), "the whole day counts"),
        (holiday(date="2026-12-25T00:00:00Z"), Holiday(date(2026, 12, 25), "Christmas"), None),
        (holiday(date="every year"), None, "left out, 'every year' is not a date"),
    ],
)
def test_a_holiday(record: HolidayRecord, read: Holiday | None, warning: str | None) -> None:
    found, warnings = calendar(("08:00:00", "17:00:00"), record)

    assert found.holidays == ((read,) if read else ())
    assert len(warnings) == (warning is not None)
    assert warning is None or warning in warnings[0]


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Eastern Standard Time", "America/New_York"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(GMT-05:00)  eastern time (US & Canada) ", "America/New_York"),
        ("(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London", "Europe/London"),
        ("(UTC+00:00) Dublin, Edinburgh, Lisbon, London", "Europe/London"),
        ("AUS Eastern Standard Time", "Australia/Sydney"),
        ("(UTC) Coordinated Universal Time", "Etc/UTC"),
        ("UTC", "Etc/UTC"),
        ("America/Indiana/Knox", "America/Indiana/Knox"),
        ("EST", None),  # an IANA name, but a fixed offset
        ("GMT", None),  # London, or no daylight saving? Not for us to choose
        ("Eastern", None),
        ("(UTC-05:00)", None),
        ("-05:00", None),
        ("Mars/Olympus_Mons", None),
        ("../../etc/passwd", None),
        ("", None),
        (None, None),
    ],
)
def test_names_of_zones(name: str | None, zone: str | None) -> None:
    assert iana_zone(name) == zone


def test_every_zone_of_the_table_exists() -> None:
    assert [ZoneInfo(zone).key for zone in WINDOWS.values()] == list(WINDOWS.values())
    assert set(DISPLAYED.values()) <= set(WINDOWS)


API = "/v4_6_release/apis/3.0"
DESK: dict[str, object] = {
    "/service/boards": [
        {"id": 1, "name": "Help Desk"},
        {"id": 2, "name": "Projects", "projectFlag": True, "inactiveFlag": True},
    ],
    "/service/boards/1/statuses": [
        {"id": 11, "name": "New", "escalationStatus": "NotResponded", "closedStatus": False, "defaultFlag": True},
        {"id": 12, "name": "Waiting Customer", "escalationStatus": "NoEscalation"},
        {"id": 13, "name": ">Closed", "escalationStatus": "Resolved", "closedStatus": True, "inactive": True},
    ],
    "/service/boards/2/statuses": [
        {"id": 21, "name": "New"},
        {"id": 22, "name": "Odd", "escalationStatus": "Sideways"},
        {"id": "nonsense", "name": "Broken"},
    ],
    "/service/priorities": [
        {"id": 7, "name": "Priority 3", "sortOrder": 3},
        {"id": 12, "name": "Unsorted"},
    ],
    "/service/SLAs": [
        {
            "id": 1,
            "name": "Standard",
            "basedOn": "MyCalendar",
            "defaultFlag": True,
            "respondHours": 1.5,
            "respondPercent": 95,
            "planWithinPercent": 0,
        },
        {"id": 2, "name": "Own", "basedOn": "Custom", "customCalendar": {"id": 5}, "resolutionHours": 8},
        {"id": 3, "name": "Lost", "basedOn": "Custom"},
        {"id": 4, "name": "Future", "basedOn": "MoonPhase"},
    ],
    "/service/SLAs/1/priorities": [
        {
            "id": 91,
            "priority": {"id": 7},
            "respondHours": 1,
            "planWithin": 2.25,
            "resolutionHours": 0,
            "planWithinPercent": 80,
            "resolutionPercent": 101,
        },
    ],
    "/schedule/calendars": [
        {
            "id": 5,
            "name": "Standard",
            "holidayList": {"id": 8, "name": "US"},
            "mondayStartTime": "08:00:00",
            "mondayEndTime": "17:00:00",
        },
    ],
    "/schedule/holidayLists/8/holidays": [{"id": 1, "name": "Christmas", "date": "2026-12-25"}],
    "/company/companies": [
        {
            "id": 250,
            "identifier": "ACME",
            "name": "Acme",
            "calendar": {"id": 5},
            "timeZoneSetup": {"id": 3, "name": "Our Denver"},
            "customFields": [{"id": 1, "caption": "SLA Tier", "value": "Gold"}],
        },
        {"id": 251, "identifier": "UMBRELLA", "name": "Umbrella", "timeZoneSetup": {"id": 4, "name": "Under\nground"}},
        {"id": 252, "identifier": "INITECH", "name": "Initech", "timeZoneSetup": {"id": 4, "name": "Under\nground"}},
        {"id": 253, "identifier": "PLAIN", "name": "Plain"},
    ],
    "/finance/agreements": [
        {"id": 71, "name": "Gold", "company": {"id": 250}, "type": {"id": 4, "name": "Managed"}, "sla": {"id": 1}},
        {"id": 72, "name": "Plain", "company": {"id": 251}},
        {"id": 73, "name": "Left", "company": {"id": 252}, "sla": {"id": 1}, "cancelledFlag": True},
    ],
    "/system/timeZoneSetups": [
        {"id": 3, "name": "Our Denver", "timeZone": {"id": 40, "name": "Mountain Standard Time"}},
        {"id": 4, "name": "Under\nground"},
    ],
    "/system/myCompany/other": [
        {"id": 1, "defaultCalendar": {"id": 5}, "serverTimeZone": {"id": 35, "name": "Eastern Standard Time"}}
    ],
    "/system/info": {"version": "v2025.1", "serverTimeZone": "Pacific Standard Time"},
}


def desk(**changes: object) -> Callable[[Request], Reply]:
    """Serve DESK; *changes* replace an answer (`/` in a path is written `_`), a Reply as it stands."""
    replaced = {key.replace("_", "/"): value for key, value in changes.items()}

    def handler(request: Request) -> Reply:
        path = request.path.removeprefix(API)
        answer = replaced.get(path, DESK.get(path, []))
        return answer if isinstance(answer, Reply) else Reply(answer)  # type: ignore[arg-type]

    return handler


async def fetch(handler: Callable[[Request], Reply], credentials: Credentials, limits: Limits) -> Reference:
    async with serving(handler) as server, Client.open(server.url, credentials, limits=limits) as client:
        return await fetch_reference(client)


@pytest.mark.anyio
async def test_a_whole_desk_is_read(credentials: Credentials, quick: Limits) -> None:
    reference = await fetch(desk(), credentials, quick)

    assert reference.boards == {1: Board(1, "Help Desk"), 2: Board(2, "Projects", project=True, inactive=True)}
    assert reference.statuses == {
        11: BoardStatus(11, 1, "New", Level.NOT_RESPONDED, default=True),
        12: BoardStatus(12, 1, "Waiting Customer", Level.WAITING),
        13: BoardStatus(13, 1, ">Closed", Level.RESOLVED, closed=True, inactive=True),
        21: BoardStatus(21, 2, "New", None),
        22: BoardStatus(22, 2, "Odd", None),
    }
    assert reference.priorities == {7: Priority(7, "Priority 3", 3), 12: Priority(12, "Unsorted", 0)}
    assert reference.slas == {
        1: Sla(
            *(1, "Standard", "MyCalendar", GoalHours(1.5), {7: GoalHours(1, 2.25, 0)}),
            default=True,
            percents=Percents(respond=95),  # 0 is none, and more than all is no share
            row_percents=((7, Percents(plan=80)),),
        ),
        2: Sla(2, "Own", "Custom", GoalHours(resolve=8), custom_calendar_id=5),
        3: Sla(3, "Lost", "Custom", GoalHours()),
    }
    week = (Window(8 * H, 17 * H), *[None] * 6)
    closed = (Holiday(date(2026, 12, 25), "Christmas"),)
    assert reference.calendars == {5: SourceCalendar(5, "Standard", week, closed, Ref(8, "US"))}
    assert reference.companies == {
        250: Company(250, "ACME", "Acme", 5, "America/Denver", {"SLA Tier": "Gold"}),
        251: Company(251, "UMBRELLA", "Umbrella"),
        252: Company(252, "INITECH", "Initech"),
        253: Company(253, "PLAIN", "Plain"),
    }
    assert (reference.default_calendar_id, reference.server_zone) == (5, "America/New_York")
    assert reference.agreements == {
        71: Agreement(71, "Gold", 250, Ref(4, "Managed"), Ref(1, "")),
        72: Agreement(72, "Plain", 251),
    }
    assert reference.unread == frozenset()
    assert sorted(reference.warnings) == [
        "SLA 3 'Lost': is based on a custom calendar but names none",
        "SLA 4 'Future': left out, it is based on 'MoonPhase', which is not known",
        "priority 12 'Unsorted': has no sort order; it is shown first",
        "row None: Expected `int`, got `str` - at `$.id`",
        "status 22 'Odd': escalation status 'Sideways' is not known",
        "time zone 'Under ground' of 2 companies is not known; name their zone in slamon's settings",
    ]


@pytest.mark.anyio
async def test_the_servers_zone_comes_from_either_place_and_is_never_guessed(
    credentials: Credentials, quick: Limits
) -> None:
    async def zone(**changes: object) -> tuple[str | None, list[str]]:
        reference = await fetch(desk(**changes), credentials, quick)
        return reference.server_zone, [line for line in reference.warnings if "server time zone" in line]

    assert await zone(_system_myCompany_other=[]) == ("America/Los_Angeles", [])
    assert await zone(_system_myCompany_other={"serverTimeZone": "GMT Standard Time"}) == ("Europe/London", [])
    assert await zone(_system_myCompany_other=[], _system_info={"serverTimeZone": "Somewhere"}) == (
        None,
        [
            (
                "server time zone: ConnectWise says 'Somewhere', which is not a known zone;"
                " name the zone of its calendars in slamon's settings"
            )
        ],
    )


@pytest.mark.anyio
async def test_tables_the_member_may_not_see_are_told_and_left_empty(credentials: Credentials, quick: Limits) -> None:
    closed = Reply({"code": "Forbidden", "message": "no"}, 403)
    reference = await fetch(
        desk(
            _service_SLAs=closed,
            _schedule_calendars=closed,
            _company_companies=closed,
            _finance_agreements=closed,
            _system_timeZoneSetups=Reply(b"", 404),
            _system_myCompany_other=closed,
            _system_info=closed,
            _service_boards_2_statuses=Reply(b"", 404),
        ),
        credentials,
        quick,
    )

    assert set(reference.boards) == {1, 2}
    assert set(reference.statuses) == {11, 12, 13}
    assert (reference.slas, reference.calendars, reference.companies, reference.agreements) == ({}, {}, {}, {})
    told = "\n".join(reference.warnings)
    tables = {"SLAs", "calendars", "companies", "agreements", "time zones", "company defaults", "system information"}
    assert reference.unread == tables
    for what in tables:
        assert f"{what} cannot be read" in told
    assert "statuses of board 2 cannot be read" in told


@pytest.mark.anyio
async def test_what_slamon_cannot_do_without_is_an_error(credentials: Credentials, quick: Limits) -> None:
    with pytest.raises(SourceRefusedError, match="GET /service/boards: 403"):
        await fetch(desk(_service_boards=Reply(b"", 403)), credentials, quick)
    with pytest.raises(SourceRefusedError, match="GET /service/boards/1/statuses: 401"):
        await fetch(desk(_service_boards_1_statuses=Reply(b"", 401)), credentials, quick)
    with pytest.raises(SourceRefusedError, match="GET /service/SLAs: 401"):
        await fetch(desk(_service_SLAs=Reply(b"", 401)), credentials, quick)
    with pytest.raises(SourceUnavailableError, match="GET /company/companies: 500"):
        await fetch(desk(_company_companies=Reply(b"", 500)), credentials, quick)
