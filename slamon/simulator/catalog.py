"""
The set-up tables of the seeded desk: boards with statuses, priorities and SLAs; calendars are next door.

Some of it is wrong on purpose, as real instances are: "Waiting Scheduling" and "Waiting maintenance window" let the
clock run, Sales has no status that counts as a response alone and Internal IT none that counts as a plan, ">Cancelled"
closes a ticket without resolving it, "No SLA" has no goals, no SLA has a row for the fifth priority, one calendar has
no hours, and one company under "Silver local hours" has no calendar. Priority ids are not their rank.
"""

from dataclasses import dataclass

from slamon.simulator import calendars
from slamon.simulator.world import API, STAMP, Row, Workflow, World

LEVELS = {
    "N": "NotResponded",
    "A": "Responded",
    "P": "ResolutionPlan",
    "R": "Resolved",
    "W": "NoEscalation",
}

Statuses = tuple[tuple[int, str, str, bool], ...]

BOARDS: tuple[tuple[int, str, bool, Statuses, Workflow], ...] = (
    (
        1,
        "Service Desk",
        False,
        (
            (480, "New", "N", False),
            (481, "Acknowledged", "A", False),
            (482, "In Progress", "P", False),
            (483, "Waiting Customer", "W", False),
            (484, "Waiting Vendor", "W", False),
            (485, "Waiting Parts", "W", False),
            (486, "Waiting Scheduling", "P", False),
            (487, "Re-Opened", "A", False),
            (488, "Completed", "R", False),
            (489, ">Closed", "R", True),
        ),
        Workflow(480, 481, (482, 482, 486), (483, 483, 484, 485), 488, (489,), 487),
    ),
    (
        9,
        "Sales",
        False,
        ((510, "New", "N", False), (511, "Quote", "P", False), (512, "Won", "R", True), (513, "Lost", "R", True)),
        Workflow(510, 511, (511,), (), None, (512, 513), 511),
    ),
    (
        12,
        "Managed Services",
        False,
        (
            (530, "Alert", "N", False),
            (531, "Triage", "A", False),
            (532, "Resolution", "P", False),
            (533, "Waiting on vendor", "W", False),
            (534, "Waiting maintenance window", "A", False),
            (535, ">Closed", "R", True),
        ),
        Workflow(530, 531, (532, 532, 534), (533,), None, (535,), 532),
    ),
    (
        21,
        "Internal IT",
        False,
        (
            (570, "New", "N", False),
            (571, "In Progress", "A", False),
            (572, "On Hold", "W", False),
            (573, ">Closed", "R", True),
            (574, ">Cancelled", "W", True),
        ),
        Workflow(570, 571, (571,), (572,), None, (573, 573, 573, 574), 571),
    ),
    (
        30,
        "Projects",
        True,
        (
            (550, "New", "N", False),
            (551, "In Progress", "P", False),
            (552, "Waiting on client", "W", False),
            (553, "Completed", "R", True),
        ),
        Workflow(550, 551, (551,), (552,), None, (553,), 551),
    ),
)

PRIORITIES = (
    (6, "Priority 1 - Critical", 1, "Red", False),
    (15, "Priority 2 - High", 2, "Orange", False),
    (7, "Priority 3 - Medium", 3, "Yellow", True),
    (8, "Priority 4 - Low", 4, "Green", False),
    (12, "Priority 5 - Service Request", 5, "Blue", False),
)

Hours3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class SlaPlan:
    """One SLA: its calendar rule, its own goals, and those of the priorities (respond, plan, resolve hours)."""

    id: int
    name: str
    based_on: str
    goals: Hours3 | None
    rows: dict[int, Hours3]
    calendar: int | None = None
    default: bool = False


STANDARD_ROWS = {6: (1.0, 2.0, 4.0), 15: (2.0, 4.0, 8.0), 7: (4.0, 8.0, 24.0), 8: (8.0, 16.0, 72.0)}
SLAS = (
    SlaPlan(1, "Standard", "MyCalendar", (8.0, 16.0, 72.0), STANDARD_ROWS, default=True),
    SlaPlan(
        3,
        "Gold 24x7",
        "AllHours",
        (4.0, 24.0, 72.0),
        {6: (0.25, 1.0, 4.0), 15: (0.5, 2.0, 8.0), 7: (2.0, 8.0, 24.0), 8: (4.0, 24.0, 72.0)},
    ),
    SlaPlan(
        4,
        "Silver local hours",
        "Customer",
        (8.0, 16.0, 72.0),
        {6: (0.5, 1.5, 4.0), 15: (1.5, 4.0, 8.0), 7: (4.0, 8.0, 24.0), 8: (8.0, 16.0, 72.0)},
    ),
    SlaPlan(5, "Extended hours", "Custom", (6.0, 12.0, 48.0), {6: (0.75, 2.0, 4.5), 15: (1.0, 3.0, 8.0)}, 6),
    SlaPlan(6, "No SLA", "MyCalendar", None, {}),
)


def fill(world: World, years: range) -> None:
    """Put all set-up tables into *world*, holidays for the given *years*."""
    calendars.fill(world, years)
    _boards(world)
    world.priority_ids = tuple(rank if world.compat else number for number, _, rank, _, _ in PRIORITIES)
    for number, (_, name, rank, color, default) in zip(world.priority_ids, PRIORITIES, strict=True):
        row = {"id": number, "name": name, "color": color, "sortOrder": rank, "defaultFlag": default}
        row |= {
            "imageLink": f"{API}/service/priorities/{number}/image",
            "urgencySortOrder": "",
            "_info": STAMP,
        }
        world.add("priorities", row)
    for plan in SLAS:
        _sla(world, plan)
    _choices(world)


def _choices(world: World) -> None:
    """Put in what a ticket or a company can be marked with."""
    for table in ("severities", "impacts"):
        for number, name in enumerate(("Low", "Medium", "High"), 1):
            row = {"id": number, "name": name, "description": name, "defaultFlag": number == 2, "_info": STAMP}
            world.add(table, row)
    for number, name, where in ((1, "On-Site", "OnSite"), (4, "Remote", "Remote")):
        row = {"id": number, "name": name, "where": where, "defaultFlag": where == "Remote", "_info": STAMP}
        world.add("serviceLocations", row)
    for number, name in ((1, "Call"), (3, "Email Connector"), (4, "Portal")):
        world.add("sources", {"id": number, "name": name})
    world.add("departments", {"id": 5, "identifier": "Engineering", "name": "Engineering"})
    for number, name in enumerate(MARKETS, 1):
        world.add("markets", {"id": number, "name": name})


def _team(world: World, board: int) -> Row:
    """Return the one team of a board: who leads it and who is in it."""
    return {
        "id": 100 + board,
        "name": "First line",
        "teamLeader": world.reference("member", 150),
        "members": [150, 151, 152],
        "defaultFlag": True,
        "notifyOnTicketDelete": False,
        "defaultRoundRobinFlag": False,
        "roundRobinFlag": False,
        "boardId": board,
        "locationId": 11,
        "businessUnitId": 5,
        "_info": STAMP,
    }


def staff_boards(world: World) -> None:
    """Give every board a service manager, a team and types of tickets; members must be there."""
    for number in world.tables["boards"]:
        world.tables["boards"][number]["serviceManagerMember"] = world.reference("member", 150)
        world.add("boardTeams", _team(world, number))
        for order, (name, category) in enumerate((("Incident", "Reactive"), ("Maintenance", "Proactive"))):
            row = {"id": number * 10 + order, "name": name, "category": category, "defaultFlag": order == 0}
            row |= {"inactiveFlag": False, "requestForChangeFlag": False, "board": world.reference("board", number)}
            world.add("boardTypes", {**row, "_info": STAMP})


MARKETS = ("Health care", "Legal", "Manufacturing", "Retail")


def _boards(world: World) -> None:
    for number, name, project, statuses, workflow in BOARDS:
        info = {**STAMP, "statuses_href": f"{API}/service/boards/{number}/statuses"}
        row = {
            "id": number,
            "name": name,
            "inactiveFlag": False,
            "projectFlag": project,
            "location": {"id": 11, "name": "Main Office", "_info": {"location_href": f"{API}/system/locations/11"}},
            "department": {"id": 5, "identifier": "Engineering", "name": "Engineering"},
            "billTime": "NoDefault",
            "notifyEmailFrom": "",
            "_info": info,
        }
        world.add("boards", row)
        world.workflows[number] = workflow
        for order, (status_id, given, level, closed) in enumerate(statuses):
            name_shown = given.removeprefix(">") if world.compat else given
            world.add("statuses", _status(world, number, order, status_id, name_shown, LEVELS[level], closed))


def _status(world: World, board: int, order: int, number: int, name: str, level: str, closed: bool) -> Row:
    return {
        "id": number,
        "name": name,
        "board": world.reference("board", board),
        "sortOrder": order,
        "displayOnBoard": not closed,
        "inactive": False,
        "closedStatus": closed,
        "timeEntryNotAllowed": False,
        "defaultFlag": order == 0,
        "escalationStatus": level,
        "customerPortalDescription": "",
        "customerPortalFlag": False,
        "_info": STAMP,
    }


def _sla(world: World, plan: SlaPlan) -> None:
    row: Row = {"id": plan.id, "name": plan.name, "basedOn": plan.based_on, "defaultFlag": plan.default}
    if plan.calendar:
        row["customCalendar"] = world.reference("calendar", plan.calendar)
    row |= {"applicationOrder": plan.id, **_goal_fields(plan.goals)}
    info = {**STAMP, "priorities_href": f"{API}/service/SLAs/{plan.id}/priorities"}
    world.add("slas", {**row, "_info": info})
    for number, goals in plan.rows.items():
        world.add(
            "slaPriorities",
            {
                "id": plan.id * 100 + number,
                "priority": world.reference("priority", _priority_id(world, number)),
                **_goal_fields(goals),
                "sla": world.reference("sla", plan.id),
                "_info": STAMP,
            },
        )


def _priority_id(world: World, number: int) -> int:
    """Return the id of the priority that the plans above call *number*."""
    return world.priority_ids[[plan[0] for plan in PRIORITIES].index(number)]


def _goal_fields(goals: Hours3 | None) -> Row:
    if goals is None:
        return {}
    respond, plan, resolve = goals
    return {
        "respondHours": respond,
        "respondPercent": 95,
        "planWithin": plan,
        "planWithinPercent": 90,
        "resolutionHours": resolve,
        "resolutionPercent": 90,
    }
