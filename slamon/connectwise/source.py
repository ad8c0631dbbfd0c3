"""ConnectWise as the source of a tenant's tickets: what the jobs ask for, in the client's terms."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from slamon.connectwise.client import Client
from slamon.connectwise.payload import BatchReader, read_audit_trail
from slamon.connectwise.query import Condition, all_of, compare, equals, is_in
from slamon.connectwise.records import AuditRecord
from slamon.connectwise.reference import fetch_reference
from slamon.core.reference import Reference
from slamon.ports import AuditEntry, Batch

IDS_PER_REQUEST = 100  # keeps an address with all its fields below 2000 characters


class ConnectWiseSource:
    """A TicketSource.

    Tickets asked for by id come from any board, so that one which moved
    out of scope is found where it went.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def fetch_reference(self) -> Reference:
        """Return boards, statuses, priorities, SLAs, calendars and companies, with warnings."""
        return await fetch_reference(self._client)

    async def fetch_tickets(self, *, since: datetime | None, board_ids: Collection[int] | None = None) -> Batch:
        """Return tickets changed at or after *since*, closed ones included; without *since*, all that are open.

        With *board_ids*, only tickets of these boards.
        *since* is compared with the server's `lastUpdated`, floored to the second.
        """
        wanted = equals("closedFlag", False) if since is None else compare("lastUpdated", ">=", since)
        scope = is_in("board/id", sorted(board_ids)) if board_ids else None
        return await self._collect([all_of(wanted, scope)])

    async def fetch_tickets_by_id(self, ids: Collection[int]) -> Batch:
        """Return the tickets with these ids, in whatever state; those that are gone are absent."""
        wanted = sorted(set(ids))
        chunks = (wanted[at : at + IDS_PER_REQUEST] for at in range(0, len(wanted), IDS_PER_REQUEST))
        return await self._collect([is_in("id", chunk) for chunk in chunks])

    async def fetch_audit_trail(self, ticket_id: int) -> Sequence[AuditEntry]:
        """Return the ticket's audit trail, oldest first."""
        records: list[AuditRecord] = []
        async for page in self._client.audit_trail(ticket_id):
            records.extend(page.good)
        return read_audit_trail(ticket_id, records)

    async def _collect(self, selections: Sequence[Condition | None]) -> Batch:
        reader = BatchReader()
        for where in selections:
            async for page in self._client.tickets.pages(where):
                reader.add(page)
        return reader.batch()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()
