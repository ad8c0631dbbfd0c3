"""A ticket's row: how it is first filled in, and how the SLA state is written into it."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from slamon.simulator.clock import iso
from slamon.simulator.sla import RESOLVED, SlaState, in_sla, spent
from slamon.simulator.world import API, Row, World

ESCALATION_LEVELS = (0, 5, 10, 15)
"""10 and 15 were seen for ResolutionPlan and Resolved; 0 and 5 follow the pattern. Omitted while waiting: unknown."""

STAGE_NAMES = ("Respond", "Plan", "Resolve")
GOAL_DATES = ("respondByGoalUTC", "resplanGoalUTC", "resolutionGoalUTC")
GOAL_HOURS = ("respondedHours", "resplanHours", "resolutionHours")
REACHED_DATES = ("dateResponded", "dateResplan", "dateResolved")
REACHED_BY = ("respondedBy", "resplanBy", "resolvedBy")
SLA_FIELDS = (
    *GOAL_DATES,
    *GOAL_HOURS,
    *REACHED_DATES,
    *REACHED_BY,
    "slaStatus",
    "escalationLevel",
    "escalationStartDateUTC",
)
"""What a ticket has only under an SLA, beside its minutes."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What must be known to open a ticket; ids of set-up rows. *required_at* is the customer's due date."""

    summary: str
    company: int
    board: int
    priority: int
    status: int
    contact: int | None = None
    agreement: int | None = None
    sla: int | None = None
    site: Row | None = None
    severity: str = "Medium"
    impact: str = "Medium"
    description: str = ""
    required_at: int | None = None


def new_row(world: World, draft: Draft, number: int, at: int, by: str, guid: int) -> Row:
    """Return the row of a ticket entered at *at* by *by*; nulls are left out, as ConnectWise does."""
    company = world.tables["companies"][draft.company]
    project = world.tables["boards"][draft.board]["projectFlag"]
    stamp = iso(at)
    row: Row = {
        "id": number,
        "summary": draft.summary,
        "recordType": "ProjectTicket" if project else "ServiceTicket",
        "board": world.reference("board", draft.board),
        "status": world.reference("status", draft.status),
        "company": world.reference("company", draft.company),
        "siteName": "Main",
        "addressLine1": company.get("addressLine1", ""),
        "city": company.get("city", ""),
        "priority": world.reference("priority", draft.priority),
        "serviceLocation": world.reference("serviceLocation", 4),
        "source": world.reference("source", 3),
        "severity": draft.severity,
        "impact": draft.impact,
        "allowAllClientsPortalView": False,
        "customerUpdatedFlag": False,
        "automaticEmailContactFlag": True,
        "automaticEmailResourceFlag": False,
        "automaticEmailCcFlag": False,
        "closedFlag": False,
        "actualHours": 0.0,
        "approved": True,
        "estimatedTimeCost": 0.0,
        "billingMethod": "ActualRates",
        "resolveMinutes": 0,
        "resPlanMinutes": 0,
        "respondMinutes": 0,
        "isInSla": draft.sla is not None,
        "resources": "",
        "hasChildTicket": False,
        "hasMergedChildTicketFlag": False,
        "billTime": "NoDefault",
        "location": world.reference("location", 11),
        "mobileGuid": str(UUID(int=guid, version=4)),
        "_info": {"lastUpdated": stamp, "updatedBy": by, "dateEntered": stamp, "enteredBy": by},
    }
    _optional_references(world, draft, row)
    return row


def _optional_references(world: World, draft: Draft, row: Row) -> None:
    if draft.site is not None:
        row["site"] = draft.site
    if draft.contact is not None:
        row["contact"] = world.reference("contact", draft.contact)
        row["contactName"] = row["contact"]["name"]
    if draft.agreement is not None:
        row["agreement"] = world.reference("agreement", draft.agreement)
        row["agreementType"] = "Managed Services"
    if draft.sla is not None:
        row["sla"] = world.reference("sla", draft.sla)
    if draft.required_at is not None:
        row["requiredDate"] = iso(draft.required_at)


def write_sla(world: World, row: Row, state: SlaState, now: int) -> None:
    """Write everything *state* says at *now* into *row*: counters, dates, deadlines, the status text."""
    reached, waiting = state.reached, state.waiting_since is not None
    respond, plan, resolve = (_minutes(seconds) for seconds in spent(state, now))
    row |= {"respondMinutes": respond, "resPlanMinutes": plan, "resolveMinutes": resolve}
    row |= {
        "respondedSkippedMinutes": _minutes(state.skipped[0]),
        "resplanSkippedMinutes": _minutes(state.skipped[1]),
        "minutesBeforeWaiting": _minutes(state.used),
        "minutesWaiting": _minutes(state.waited),
        "escalationStartDateUTC": iso(state.since),
        "isInSla": in_sla(state, now),
    }
    put(row, "escalationLevel", None if waiting else ESCALATION_LEVELS[reached])
    for stage in range(3):
        at, due = state.reached_at[stage], state.due[stage]
        put(row, REACHED_DATES[stage], None if at is None else iso(at))
        put(row, GOAL_DATES[stage], None if due is None else iso(due))
        put(row, GOAL_HOURS[stage], state.goals[stage])
    put(row, "slaStatus", sla_status(state, world.display_zone))


def sla_status(state: SlaState, zone: str) -> str | None:
    """Return ConnectWise's text: `Resolve by Tue 10/04 11:00 PM UTC-05`, `Waiting`, `Resolved`; None without a goal."""
    if state.waiting_since is not None:
        return "Waiting"
    if state.reached == RESOLVED:
        return "Resolved"
    due = state.due[state.reached]
    if due is None:
        return None
    return f"{STAGE_NAMES[state.reached]} by {_display(due, zone)}"


@lru_cache(maxsize=5_000)
def _display(at: int, zone: str) -> str:
    """Return `Tue 10/04 11:00 PM UTC-05`: no year, no seconds, the offset of that day."""
    local = datetime.fromtimestamp(at, ZoneInfo(zone))
    hour = local.hour % 12 or 12
    offset = local.strftime("%z")
    minutes = "" if offset.endswith("00") else f":{offset[3:]}"
    half = "AM" if local.hour < 12 else "PM"
    day = f"{DAY_NAMES[local.weekday()]} {local.month:02}/{local.day:02}"
    return f"{day} {hour}:{local.minute:02} {half} UTC{offset[:3]}{minutes}"


DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def current(world: World, row: Row, state: SlaState | None, now: int) -> Row:
    """Return *row* with its SLA figures as of *now*; the stored row keeps those of its last write."""
    if state is None:
        return row
    fresh = dict(row)
    write_sla(world, fresh, state, now)
    return fresh


def with_links(row: Row) -> Row:
    """Return *row* with the links ConnectWise adds to a ticket's `_info`."""
    number = row["id"]
    own = f"{API}/service/tickets/{number}"
    charge = f"(chargeToType='ServiceTicket' OR chargeToType='ProjectTicket') AND chargeToId={number}"
    info = {
        **row["_info"],
        "activities_href": f"{API}/sales/activities?conditions=ticket/id={number}",
        "scheduleentries_href": f"{API}/schedule/entries?conditions=type/id=4 AND objectId={number}",
        "documents_href": f"{API}/system/documents?recordType=Ticket&recordId={number}",
        "configurations_href": f"{own}/configurations",
        "tasks_href": f"{own}/tasks",
        "notes_href": f"{own}/notes",
        "timeentries_href": f"{API}/time/entries?conditions={charge}",
        "expenseEntries_href": f"{API}/expense/entries?conditions={charge}",
    }
    return {**row, "_info": info}


def put(row: Row, key: str, value: object) -> None:
    """Set a field, or take it out when *value* is None: a null is never sent."""
    if value is None:
        row.pop(key, None)
    else:
        row[key] = value


def _minutes(seconds: int) -> int:
    return round(seconds / 60)
