"""What write-back may do in ConnectWise: look at a ticket, add an internal note, set three of its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

FIELDS = ("priority", "owner", "status")


@dataclass(frozen=True, slots=True)
class Named:
    """A record that a ticket refers to: id and name, of a member also the identifier as `name`."""

    id: int | None = None
    name: str = ""

    def is_called(self, wanted: int | str) -> bool:
        """Say whether this is what the settings call *wanted*, a name or an id."""
        return wanted == self.id if isinstance(wanted, int) else wanted.casefold() == self.name.casefold()


class TicketDesk(Protocol):
    """One tenant's tickets, for writing. Every method may raise a SourceError."""

    async def fields(self, ticket_id: int) -> Mapping[str, Named]:
        """Return what the FIELDS of a ticket are now."""

    async def note_texts(self, ticket_id: int) -> Sequence[str]:
        """Return the texts of all notes of a ticket."""

    async def add_internal_note(self, ticket_id: int, text: str) -> None: ...

    async def set_fields(self, ticket_id: int, changes: Mapping[str, int | str]) -> None:
        """Set some of the FIELDS, to names or ids, all in one request."""


OpenDesk = Callable[[], AbstractAsyncContextManager[TicketDesk]]
