"""A typed client of the ConnectWise PSA API: its lists, page by page, as records.

Usable on its own:

    async with Client.open("https://na.myconnectwise.net", credentials) as client:
        async for page in client.tickets(equals("closedFlag", False)):
            for ticket in page.good:
                print(ticket.id, ticket.summary)

Every method may raise a SourceError; rows that do not fit their record come back in `page.bad`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from slamon.connectwise import records
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.discovery import Connection
from slamon.connectwise.limits import DEFAULT_LIMITS, Limits
from slamon.connectwise.listing import Listing
from slamon.connectwise.paging import PAGE_SIZE, steady_pages
from slamon.connectwise.payload import Rows, decode, decode_rows
from slamon.connectwise.query import Condition, ListQuery
from slamon.connectwise.ranges import ranged_pages
from slamon.connectwise.request import Request
from slamon.ports import Observer

T = TypeVar("T")

COMPANY_FIELDS = (
    *("id", "identifier", "name", "calendar/id", "calendar/name"),
    *("timeZoneSetup/id", "timeZoneSetup/name", "customFields"),
)

AGREEMENT_FIELDS = (
    *("id", "name", "company/id", "type/id", "type/name", "sla/id", "sla/name"),
    "cancelledFlag",
)


class Client:
    """Reads what slamon needs. Lists come in pages, each ordered by id; nothing is cached."""

    def __init__(self, connection: Connection, *, page_size: int = PAGE_SIZE, parallel: int = 1) -> None:
        self._connection = connection
        self._page_size = page_size
        self._parallel = parallel

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

    def tickets(
        self, where: Condition | None = None, fields: tuple[str, ...] = records.TICKET_FIELDS
    ) -> AsyncIterator[Rows[records.TicketRecord]]:
        """Yield the tickets that *where* selects, closed ones included unless it says otherwise."""
        return self._pages(records.TicketRecord, "/service/tickets", where=where, fields=fields)

    def boards(self) -> AsyncIterator[Rows[records.BoardRecord]]:
        """Yield the boards, inactive ones included."""
        return self._pages(records.BoardRecord, "/service/boards")

    def board_statuses(self, board_id: int) -> AsyncIterator[Rows[records.StatusRecord]]:
        """Yield the statuses of a board, inactive ones included."""
        return self._pages(records.StatusRecord, "/service/boards/{board}/statuses", {"board": board_id})

    def priorities(self) -> AsyncIterator[Rows[records.PriorityRecord]]:
        """Yield the priorities; `sort_order` ranks them, ids do not."""
        return self._pages(records.PriorityRecord, "/service/priorities")

    def slas(self) -> AsyncIterator[Rows[records.SlaRecord]]:
        """Yield the SLAs."""
        return self._pages(records.SlaRecord, "/service/SLAs")

    def sla_priorities(self, sla_id: int) -> AsyncIterator[Rows[records.SlaPriorityRecord]]:
        """Yield an SLA's rows by priority."""
        return self._pages(records.SlaPriorityRecord, "/service/SLAs/{sla}/priorities", {"sla": sla_id})

    def calendars(self) -> AsyncIterator[Rows[records.CalendarRecord]]:
        """Yield the calendars."""
        return self._pages(records.CalendarRecord, "/schedule/calendars")

    def holidays(self, list_id: int) -> AsyncIterator[Rows[records.HolidayRecord]]:
        """Yield the rows of a holiday list."""
        return self._pages(records.HolidayRecord, "/schedule/holidayLists/{list}/holidays", {"list": list_id})

    def companies(
        self, where: Condition | None = None, fields: tuple[str, ...] = COMPANY_FIELDS
    ) -> AsyncIterator[Rows[records.CompanyRecord]]:
        """Yield the companies that *where* selects."""
        return self._pages(records.CompanyRecord, "/company/companies", where=where, fields=fields)

    def agreements(
        self, where: Condition | None = None, fields: tuple[str, ...] = AGREEMENT_FIELDS
    ) -> AsyncIterator[Rows[records.AgreementRecord]]:
        """Yield the agreements that *where* selects, cancelled ones included."""
        return self._pages(records.AgreementRecord, "/finance/agreements", where=where, fields=fields)

    def time_zone_setups(self) -> AsyncIterator[Rows[records.ZoneRecord]]:
        """Yield the tenant's own names of time zones."""
        return self._pages(records.ZoneRecord, "/system/timeZoneSetups")

    async def company_defaults(self) -> records.DefaultsRecord | None:
        """Return the tenant's default calendar and server time zone; None if the list is empty."""
        answer = await self._connection.send(Request("GET", "/system/myCompany/other"))
        if answer.body.lstrip()[:1] == b"{":
            return decode(answer.body, records.DefaultsRecord)
        return next(iter(decode_rows(answer.body, records.DefaultsRecord).good), None)

    async def system_info(self) -> records.InfoRecord:
        """Return the server's version and time zone."""
        return decode((await self._connection.send(Request("GET", "/system/info"))).body, records.InfoRecord)

    def audit_trail(self, ticket_id: int) -> AsyncIterator[Rows[records.AuditRecord]]:
        """Yield a ticket's audit trail, in the server's order."""
        listing = Listing(
            records.AuditRecord,
            "/system/audittrail",
            query=ListQuery(page_size=self._page_size),
            params={"type": "Ticket", "id": ticket_id},
        )
        return steady_pages(self._connection, listing)

    def _pages(
        self,
        kind: type[T],
        endpoint: str,
        ids: dict[str, object] | None = None,
        *,
        where: Condition | None = None,
        fields: tuple[str, ...] = (),
    ) -> AsyncIterator[Rows[T]]:
        query = ListQuery(where, fields, page_size=self._page_size)
        return ranged_pages(self._connection, Listing(kind, endpoint, ids or {}, query), self._parallel)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._connection.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
