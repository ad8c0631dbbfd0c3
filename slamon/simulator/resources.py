"""Which collections the server has: where they hang, what they hold, and what a client may do to them."""

from dataclasses import dataclass

from slamon.simulator.clock import iso
from slamon.simulator.errors import bad_argument
from slamon.simulator.world import Row, World

READ = frozenset(("GET",))
ADD = READ | {"POST"}
ALL = ADD | {"PUT", "PATCH", "DELETE"}


@dataclass(frozen=True, slots=True)
class Parent:
    """The collection above: rows belong to it by their field *key*; *label* is what its rows are called in a 404."""

    key: str
    table: str
    label: str


@dataclass(frozen=True, slots=True)
class Collection:
    """
    One collection: its *path* in lower case, the *table* behind it, the kind of *record* it holds.

    *label* is what a row is called in a 404, *info* the shorter kind of record shown under `/info`.
    """

    path: str
    table: str
    record: str
    label: str
    methods: frozenset[str] = READ
    parent: Parent | None = None
    info: str = ""
    usages: bool = False

    @property
    def resource(self) -> str:
        """Return what a row is called in an error: `boardStatus`."""
        head = "sla" if self.record.startswith("SLA") else self.record[0].lower()
        return head + self.record.removeprefix("SLA" if self.record.startswith("SLA") else self.record[0])


TICKET = Parent("ticketId", "tickets", "Service Ticket")
BOARD = Parent("board", "boards", "Board")
SLA = Parent("sla", "slas", "SLA")
HOLIDAY_LIST = Parent("holidayList", "holidayLists", "Holiday List")
COMPANY = Parent("company", "companies", "company")
ASSOCIATION = "CompanyCompanyTypeAssociationCompanyTypeAssociation"
_TICKET, _BOARD, _SLA = "/service/tickets/{parent:int}", "/service/boards/{parent:int}", "/service/slas/{parent:int}"
_LIST, _COMPANY = "/schedule/holidaylists/{parent:int}", "/company/companies/{parent:int}"

COLLECTIONS = (
    Collection("/service/tickets", "tickets", "Ticket", "Service Ticket", ALL, info="TicketInfo"),
    Collection(f"{_TICKET}/notes", "notes", "ServiceNote", "Service Note", ALL, TICKET),
    Collection(f"{_TICKET}/tasks", "tasks", "ServiceTask", "Service Task", ALL, TICKET),
    # Nothing of what hangs on a ticket below is simulated: these lists are there, and empty.
    Collection(f"{_TICKET}/activities", "activities", "ActivityReference", "Activity", READ, TICKET),
    Collection(f"{_TICKET}/configurations", "configurations", "ConfigurationReference", "Configuration", READ, TICKET),
    Collection(f"{_TICKET}/documents", "documents", "DocumentReference", "Document", READ, TICKET),
    Collection(f"{_TICKET}/products", "products", "ProductReference", "Product", READ, TICKET),
    Collection(f"{_TICKET}/scheduleentries", "schedule", "ScheduleEntryReference", "Schedule Entry", READ, TICKET),
    Collection(f"{_TICKET}/timeentries", "timeEntries", "TimeEntryReference", "Time Entry", READ, TICKET),
    Collection("/service/tickets/changelogs", "changelogs", "TicketChangeLog", "Change Log"),
    Collection("/service/boards", "boards", "Board", "Board", ALL, usages=True),
    Collection(f"{_BOARD}/statuses", "statuses", "BoardStatus", "Board Status", ALL, BOARD, usages=True),
    Collection(f"{_BOARD}/teams", "boardTeams", "BoardTeam", "Board Team", ALL, Parent("boardId", "boards", "Board")),
    Collection(f"{_BOARD}/types", "boardTypes", "BoardType", "Board Type", ALL, BOARD),
    Collection("/service/priorities", "priorities", "Priority", "Priority", ALL, usages=True),
    Collection("/service/severities", "severities", "Severity", "Severity"),
    Collection("/service/impacts", "impacts", "Impact", "Impact"),
    Collection("/service/locations", "serviceLocations", "ServiceLocation", "Service Location"),
    Collection("/service/slas", "slas", "SLA", "SLA", ALL, info="SLAInfo", usages=True),
    Collection(f"{_SLA}/priorities", "slaPriorities", "SLAPriority", "SLA Priority", ALL, SLA),
    Collection("/schedule/calendars", "calendars", "Calendar", "Calendar", ALL, info="CalendarInfo", usages=True),
    Collection(
        "/schedule/holidaylists",
        "holidayLists",
        "HolidayList",
        "Holiday List",
        ALL,
        info="HolidayListInfo",
        usages=True,
    ),
    Collection(f"{_LIST}/holidays", "holidays", "Holiday", "Holiday", ALL, HOLIDAY_LIST, info="HolidayInfo"),
    Collection("/company/companies", "companies", "Company", "company", ALL, usages=True),
    Collection("/company/companies/types", "companyTypes", "CompanyType", "Company Type", ALL),
    Collection("/company/companies/statuses", "companyStatuses", "CompanyStatus", "Company Status", ALL),
    Collection(f"{_COMPANY}/sites", "sites", "CompanySite", "Company Site", ALL, COMPANY),
    Collection(f"{_COMPANY}/notes", "companyNotes", "CompanyNote", "Company Note", ALL, COMPANY),
    Collection(
        f"{_COMPANY}/typeassociations", "typeAssociations", ASSOCIATION, "Type Association", ADD | {"DELETE"}, COMPANY
    ),
    Collection("/company/contacts", "contacts", "Contact", "Contact"),
    Collection("/finance/agreements", "agreements", "Agreement", "Agreement"),
    Collection("/system/members", "members", "Member", "Member"),
    Collection("/system/locations", "locations", "Location", "Location"),
    Collection("/system/timezonesetups", "timeZoneSetups", "TimeZoneSetup", "Time Zone Setup"),
    Collection("/system/mycompany/other", "others", "Other", "Other"),
    Collection("/system/callbacks", "callbacks", "CallbackEntry", "Callback", ALL),
)


def audit_rows(world: World, kind: str, number: str) -> list[Row]:
    """
    Return a record's audit trail, newest first; empty for an id nobody has and for anything but a ticket.

    Raises:
        ApiError: 400, type or id is missing or of no use.
    """
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
