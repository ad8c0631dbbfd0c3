"""Which collections the server has, where they hang and which rows they show."""

from dataclasses import dataclass

from slamon.simulator.clock import iso
from slamon.simulator.errors import bad_argument, not_found
from slamon.simulator.world import Row, Ticket, World


@dataclass(frozen=True, slots=True)
class Parent:
    """The collection above: rows belong to it by their reference *key*."""

    key: str
    table: str
    label: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A collection: its *path* in lower case, the table behind it, and what its rows are called in a 404."""

    path: str
    table: str
    label: str
    parent: Parent | None = None


RESOURCES = (
    Resource("/service/boards", "boards", "Board"),
    Resource(
        "/service/boards/{parent:int}/statuses",
        "statuses",
        "Board Status",
        Parent("board", "boards", "Board"),
    ),
    Resource("/service/priorities", "priorities", "Priority"),
    Resource("/service/slas", "slas", "SLA"),
    Resource("/service/slas/{parent:int}/priorities", "slaPriorities", "SLA Priority", Parent("sla", "slas", "SLA")),
    Resource("/schedule/calendars", "calendars", "Calendar"),
    Resource("/schedule/holidaylists", "holidayLists", "Holiday List"),
    Resource(
        "/schedule/holidaylists/{parent:int}/holidays",
        "holidays",
        "Holiday",
        Parent("holidayList", "holidayLists", "Holiday List"),
    ),
    Resource("/company/companies", "companies", "company"),
    Resource("/company/companies/types", "companyTypes", "Company Type"),
    Resource("/company/companies/statuses", "companyStatuses", "Company Status"),
    Resource(
        "/company/companies/{parent:int}/sites", "sites", "Company Site", Parent("company", "companies", "company")
    ),
    Resource("/company/contacts", "contacts", "Contact"),
    Resource("/finance/agreements", "agreements", "Agreement"),
    Resource("/system/members", "members", "Member"),
    Resource("/system/locations", "locations", "Location"),
    Resource("/system/timezonesetups", "timeZoneSetups", "Time Zone Setup"),
)


def rows_of(world: World, resource: Resource, parent_id: int | None) -> list[Row]:
    """
    Return the rows of a collection in the order of their ids.

    Raises:
        ApiError: 404, the parent does not exist.
    """
    rows = world.rows(resource.table)
    parent = resource.parent
    if parent is None or parent_id is None:
        return rows
    if parent_id not in world.tables[parent.table]:
        raise not_found(parent.label, parent_id)
    return [row for row in rows if row[parent.key]["id"] == parent_id]


def ticket(world: World, number: int) -> Ticket:
    """Return one ticket, or raise the 404 ConnectWise gives."""
    if number not in world.tickets:
        raise not_found("Service Ticket", number)
    return world.tickets[number]


def audit_rows(world: World, kind: str, number: str) -> list[Row]:
    """Return a ticket's audit trail, newest first; empty for an id nobody has."""
    if not kind or not number:
        raise bad_argument("type and id are required.")
    if kind.lower() != "ticket":
        return []
    try:
        found = world.tickets.get(int(number))
    except ValueError:
        raise bad_argument("id must be a number.") from None
    entries = found.audit if found else []
    return [
        {
            "text": entry.text,
            "enteredDate": iso(entry.at),
            "enteredBy": entry.by,
            "auditType": entry.kind,
            "auditSubType": entry.sub_kind,
            "auditSource": "API" if entry.by == "apimember" else "PSA",
        }
        for entry in reversed(entries)
    ]
