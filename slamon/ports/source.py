"""Where tickets come from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from slamon.core.reference import Reference
from slamon.core.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row of the source that could not be understood: counted, logged, asked for again."""

    ticket_id: int | None
    reason: str  # short and from a small set: it becomes a metric label
    message: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What one page of a list brought. `answered_at` is the server's own clock, None if it did not say."""

    tickets: Sequence[Ticket]
    rejections: Sequence[Rejection] = ()
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """That a ticket is open, and when it was last changed; None where the source does not say."""

    ticket_id: int
    last_updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of a ticket's audit trail. `at` is aware, UTC."""

    at: datetime
    text: str
    kind: str = ""
    by: str = ""


class TicketSource(Protocol):
    """Where tickets come from. Every method may raise a SourceError; lists come page by page, in any order.

    With *board_ids*, only tickets of these boards. The same ticket may come twice.
    """

    async def fetch_reference(self) -> Reference: ...

    def fetch_tickets(
        self, *, since: datetime | None, with_open: bool = False, board_ids: Collection[int] | None = None
    ) -> AsyncIterator[Batch]:
        """Tickets changed at or after *since*, closed ones too; *with_open* or without *since*, all open ones."""

    def fetch_open(self, *, board_ids: Collection[int] | None = None) -> AsyncIterator[Sequence[Sighting]]:
        """Which tickets are open, and no more of them."""

    def fetch_tickets_by_id(self, ids: Collection[int]) -> AsyncIterator[Batch]:
        """The tickets with these ids, in whatever state and on whatever board; those not found are absent."""

    async def is_deleted(self, ticket_id: int) -> bool:
        """Whether the source itself says that it has no such ticket; that it does not answer proves nothing."""

    async def fetch_audit_trail(self, ticket_id: int) -> Sequence[AuditEntry]:
        """The ticket's audit trail, oldest first."""
