"""ConnectWise as the source of a tenant's tickets: what the jobs ask for, in the client's terms."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime

from slamon.connectwise.client import Client
from slamon.connectwise.payload import read_audit_trail, read_batch, read_sightings
from slamon.connectwise.query import Condition, all_of, any_of, compare, equals, is_in
from slamon.connectwise.records import SIGHTING_FIELDS, AuditRecord
from slamon.connectwise.reference import fetch_reference
from slamon.core.reference import Reference
from slamon.errors import SourceRefusedError
from slamon.ports import AuditEntry, Batch, Sighting

IDS_PER_REQUEST = 100  # keeps an address with all its fields below 2000 characters


class ConnectWiseSource:
    """A TicketSource.

    Tickets asked for by id come from any board, so that one which moved
    out of scope is found where it went.
    """

    def __init__(self, client: Client, *, people: bool = False) -> None:
        self._client = client
        self._people = people

    async def fetch_reference(self) -> Reference:
        """Return boards, statuses, priorities, SLAs, calendars and companies, with warnings."""
        return await fetch_reference(self._client, people=self._people)

    async def fetch_tickets(
        self, *, since: datetime | None, with_open: bool = False, board_ids: Collection[int] | None = None
    ) -> AsyncIterator[Batch]:
        """Yield tickets changed at or after *since*, closed ones too; *with_open* or without *since*, all open ones.

        With *board_ids*, only tickets of these boards.
        *since* is compared with the server's `lastUpdated`, floored to the second.
        """
        changed = None if since is None else compare("lastUpdated", ">=", since)
        opened = equals("closedFlag", False) if with_open or since is None else None
        async for page in self._client.tickets.pages(all_of(any_of(changed, opened), _on(board_ids))):
            yield read_batch(page)

    async def fetch_open(self, *, board_ids: Collection[int] | None = None) -> AsyncIterator[Sequence[Sighting]]:
        """Yield which tickets are open, and when each was last changed."""
        where = all_of(equals("closedFlag", False), _on(board_ids))
        async for page in self._client.tickets.pages(where, fields=SIGHTING_FIELDS):
            yield read_sightings(page)

    async def fetch_tickets_by_id(self, ids: Collection[int]) -> AsyncIterator[Batch]:
        """Yield the tickets with these ids, in whatever state; those not found are absent."""
        wanted = sorted(set(ids))
        for at in range(0, len(wanted), IDS_PER_REQUEST):
            async for page in self._client.tickets.pages(is_in("id", wanted[at : at + IDS_PER_REQUEST])):
                yield read_batch(page)

    async def is_deleted(self, ticket_id: int) -> bool:
        """Say whether ConnectWise itself says that it has no such ticket.

        Raises:
            SourceRefusedError: It refuses to answer, or says 404 in other words: that proves nothing.
        """
        try:
            await self._client.tickets.get(ticket_id, fields=("id",))
        except SourceRefusedError as error:
            if error.status == 404 and error.code == "NotFound":
                return True
            raise
        return False

    async def fetch_audit_trail(self, ticket_id: int) -> Sequence[AuditEntry]:
        """Return the ticket's audit trail, oldest first."""
        records: list[AuditRecord] = []
        async for page in self._client.audit_trail(ticket_id):
            records.extend(page.good)
        return read_audit_trail(ticket_id, records)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()


def _on(board_ids: Collection[int] | None) -> Condition | None:
    return is_in("board/id", sorted(board_ids)) if board_ids else None
