"""Write-back by way of the client: notes and three fields of a ticket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from slamon.connectwise.changes import by_id, by_identifier, by_name
from slamon.connectwise.client import Client
from slamon.connectwise.discovery import Connection
from slamon.connectwise.drafts import NewNote
from slamon.ports.writeback import FIELDS, Named

_FIELDS = (
    *("id", "priority/id", "priority/name", "status/id", "status/name", "board/id"),
    *("owner/id", "owner/identifier", "owner/name"),
)


class ClientDesk:
    """A `TicketDesk` on a client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def fields(self, ticket_id: int) -> Mapping[str, Named]:
        row = await self._client.tickets.of(dict).get(ticket_id, fields=_FIELDS)
        return {name: _named(row.get(name), by="identifier" if name == "owner" else "name") for name in FIELDS}

    async def note_texts(self, ticket_id: int) -> Sequence[str]:
        return [note.text or "" for note in await self._client.tickets.notes(ticket_id).all()]

    async def add_internal_note(self, ticket_id: int, text: str) -> None:
        note = NewNote(text=text, internal_analysis_flag=True, process_notifications=False)
        await self._client.tickets.notes(ticket_id).create(note)

    async def set_fields(self, ticket_id: int, changes: Mapping[str, int | str]) -> None:
        await self._client.tickets.patch(ticket_id, {name: _reference(name, value) for name, value in changes.items()})


@asynccontextmanager
async def client_desk(connection: Connection) -> AsyncIterator[ClientDesk]:
    """Yield a desk on *connection*, which is closed with it."""
    async with Client(connection) as client:
        yield ClientDesk(client)


def _named(reference: Any, *, by: str) -> Named:  # noqa: ANN401  (a JSON value)
    if not isinstance(reference, Mapping):
        return Named()
    return Named(reference.get("id"), str(reference.get(by) or reference.get("name") or ""))


def _reference(name: str, value: int | str) -> dict[str, Any]:
    if isinstance(value, int):
        return by_id(value)
    return by_identifier(value) if name == "owner" else by_name(value)
