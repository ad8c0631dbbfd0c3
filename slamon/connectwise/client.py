"""A typed client of the ConnectWise PSA API.

Usable on its own:

    async with Client.open("https://na.myconnectwise.net", credentials) as client:
        async for page in client.tickets.pages(equals("closedFlag", False)):
            for ticket in page.good:
                print(ticket.id, ticket.summary)
        ticket = await client.tickets.patch(17, {"status": by_name("In Progress")})

Each group (`tickets`, `companies`, `boards` ...) reads its records as the Structs of slamon, with the
fields slamon knows; `client.tickets.of(dict)` gives all fields. Every method may raise a SourceError.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from slamon.connectwise import records
from slamon.connectwise.api import records as more
from slamon.connectwise.api.collection import Collection, Editable, Wire
from slamon.connectwise.api.companies import COMPANIES, Companies
from slamon.connectwise.api.tables import Boards, HolidayLists, Slas
from slamon.connectwise.api.tickets import TICKETS, Tickets
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.discovery import Connection
from slamon.connectwise.limits import DEFAULT_LIMITS, Limits
from slamon.connectwise.listing import Listing
from slamon.connectwise.paging import PAGE_SIZE, steady_pages
from slamon.connectwise.query import ListQuery
from slamon.connectwise.request import Request
from slamon.connectwise.rows import Rows, decode, decode_rows
from slamon.ports import Observer

COMPANY_FIELDS = (
    *("id", "identifier", "name", "status/id", "status/name", "deletedFlag"),
    *("calendar/id", "calendar/name", "timeZoneSetup/id", "timeZoneSetup/name", "territoryManager/id", "customFields"),
)

AGREEMENT_FIELDS = (
    *("id", "name", "company/id", "type/id", "type/name", "sla/id", "sla/name"),
    "cancelledFlag",
)


class Client:
    """All of ConnectWise that slamon knows, in groups. Nothing is cached but the statuses of boards."""

    def __init__(self, connection: Connection, *, page_size: int = PAGE_SIZE, parallel: int = 1) -> None:
        self._connection = connection
        self._wire = wire = Wire(connection, page_size, parallel)
        self.tickets = Tickets(
            wire, TICKETS, records.TicketRecord, fields=records.TICKET_FIELDS, search=f"{TICKETS}/search"
        )
        self.boards = Boards(wire, "/service/boards", records.BoardRecord)
        self.priorities = Collection(wire, "/service/priorities", records.PriorityRecord)
        self.slas = Slas(wire, "/service/SLAs", records.SlaRecord)
        self.calendars = Collection(wire, "/schedule/calendars", records.CalendarRecord)
        self.holiday_lists = HolidayLists(wire, "/schedule/holidayLists", more.HolidayListRecord)
        self.companies = Companies(wire, COMPANIES, records.CompanyRecord, fields=COMPANY_FIELDS)
        self.contacts = Collection(wire, "/company/contacts", more.ContactRecord)
        self.configurations = Collection(wire, "/company/configurations", more.ConfigurationRecord)
        self.agreements = Collection(wire, "/finance/agreements", records.AgreementRecord, fields=AGREEMENT_FIELDS)
        self.projects = Collection(wire, "/project/projects", more.ProjectRecord)
        self.members = Collection(wire, "/system/members", more.MemberRecord)
        self.locations = Collection(wire, "/system/locations", more.LocationRecord)
        self.time_zones = Collection(wire, "/system/timeZoneSetups", records.ZoneRecord)
        self.callbacks = Editable(wire, "/system/callbacks", more.CallbackRecord)

    @classmethod
    def open(
        cls,
        url: str,
        credentials: Credentials,
        *,
        limits: Limits = DEFAULT_LIMITS,
        ca_file: Path | None = None,
        tenant: str = "",
        observer: Observer | None = None,
        page_size: int = PAGE_SIZE,
    ) -> Self:
        """Return a client of the API at *url* (the API's address or the site's); sends nothing yet.

        Raises:
            ConfigError: *url* or *ca_file* cannot be used.
        """
        connection = Connection(url, credentials, limits=limits, ca_file=ca_file, tenant=tenant, observer=observer)
        return cls(connection, page_size=page_size, parallel=limits.parallel)

    def __repr__(self) -> str:
        return f"Client({self._connection!r})"

    def at(self, endpoint: str, ids: Mapping[str, object] | None = None) -> Editable[dict[str, Any]]:
        """Return any other list of the API: `at("/company/companies/{company}/notes", {"company": 7})`."""
        return Editable(self._wire, endpoint, dict, ids or {})

    async def company_defaults(self) -> records.DefaultsRecord | None:
        """Return the tenant's default calendar and server time zone (`myCompany/other`); None if the list is empty."""
        answer = await self._connection.send(Request("GET", "/system/myCompany/other"))
        if answer.body.lstrip()[:1] == b"{":
            return decode(answer.body, records.DefaultsRecord)
        return next(iter(decode_rows(answer.body, records.DefaultsRecord).good), None)

    async def system_info(self) -> records.InfoRecord:
        """Return the server's version and time zone; the usual way to see whether a login works."""
        return decode((await self._connection.send(Request("GET", "/system/info"))).body, records.InfoRecord)

    async def company_info(self) -> records.CompanyInfo:
        """Return what the site tells without a login: the codebase and its version.

        Raises:
            SourceRefusedError: The site knows no such company (status 404).
        """
        return await self._connection.fetch_company_info()

    def audit_trail(self, record_id: int, kind: str = "Ticket") -> AsyncGenerator[Rows[records.AuditRecord], None]:
        """Yield the audit trail of a ticket, or of another *kind* of record, in the server's order.

        Raises:
            SourceUnavailableError: It changed each time it was read.
        """
        listing = Listing(
            records.AuditRecord,
            "/system/audittrail",
            query=ListQuery(page_size=self._wire.page_size),
            params={"type": kind, "id": record_id},
        )
        return steady_pages(self._connection, listing)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._connection.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
