"""Service tickets and their notes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from slamon.connectwise.api.collection import Collection, Editable
from slamon.connectwise.api.records import NoteRecord
from slamon.connectwise.changes import Body, Document, Patch, patch_of, plain_body
from slamon.connectwise.listing import Listing
from slamon.connectwise.query import Condition, equals
from slamon.connectwise.ranges import ranged_pages
from slamon.connectwise.records import BoardRecord, StatusRecord, TicketRecord
from slamon.connectwise.refusals import Choices, InvalidStatusError, check_ticket, named_ticket_refusal
from slamon.connectwise.rows import Rows
from slamon.errors import InputError, SourceRefusedError

R = TypeVar("R")
T = TypeVar("T")

TICKETS = "/service/tickets"
CALCULATED = f"{TICKETS}/calculateSla"


@dataclass
class Memory:
    """What the ticket group remembers: boards by name, statuses by board, whether the server can calculate SLAs."""

    boards: dict[str, int] = field(default_factory=dict)
    statuses: dict[int, Choices] = field(default_factory=dict)
    calculates: bool = True


@dataclass(frozen=True)
class Tickets(Editable[R]):
    """Service tickets: `client.tickets`.

    Writes are checked first: a board and a company, a summary of at most 100
    characters, a status that the board has. ConnectWise may take a status of
    another board without a word, so the board's statuses are read before a
    status is set, once a board; where they cannot be read it decides alone.
    """

    memory: Memory = field(default_factory=Memory, repr=False, compare=False)

    def of(self, kind: type[T]) -> Tickets[T]:
        """Return the same tickets read as *kind*, with all their fields: `dict`, or a Struct of your own."""
        return Tickets(self.wire, self.endpoint, kind, self.ids, (), self.scope, self.search, self.memory)

    def found(
        self,
        where: Condition | None = None,
        *,
        child: Condition | None = None,
        custom: Condition | None = None,
        fields: tuple[str, ...] = (),
    ) -> AsyncGenerator[Rows[R], None]:
        """Yield the same as `pages`, always by `POST .../search`; `pages` does so when an address is too long."""
        listing = replace(self._listing(self._query(where, child, custom, fields)), always_search=True)
        return ranged_pages(self.wire.sender, listing, self.wire.parallel)

    async def calculated(
        self, where: Condition | None = None, *, fields: tuple[str, ...] = ()
    ) -> AsyncGenerator[Rows[R], None]:
        """Yield the same as `pages`, with the SLA minutes as they are now.

        The plain list shows them as they were at a ticket's last change. A
        server without `calculateSla` (404) gives its plain list instead.
        """
        query = self._query(where, None, None, fields)
        if self.memory.calculates:
            listing = Listing(self.kind, CALCULATED, self.ids, query, count=f"{TICKETS}/count")
            begun = False
            try:
                async with aclosing(ranged_pages(self.wire.sender, listing, self.wire.parallel)) as pages:
                    async for page in pages:
                        begun = True
                        yield page
                return
            except SourceRefusedError as error:
                if error.status != 404 or begun:
                    raise
                self.memory.calculates = False
        async with aclosing(ranged_pages(self.wire.sender, self._listing(query), self.wire.parallel)) as pages:
            async for page in pages:
                yield page

    def notes(self, ticket_id: int) -> Editable[NoteRecord]:
        """Return the notes of a ticket. A new one needs at least one flag that says where it is shown."""
        return Editable(self.wire, f"{TICKETS}/{{ticket}}/notes", NoteRecord, {"ticket": ticket_id})

    async def create(self, body: Body) -> R:
        """Create a ticket (a `NewTicket`, or a mapping in ConnectWise's spelling) and return it.

        Raises:
            RecordRefusedError: One of its kinds, such as BoardRequiredError.
            OutcomeUnknownError: It may or may not have been created; look before it is sent again.
        """
        fields = plain_body(body)
        check_ticket(fields, whole=True)
        await self._check_status(fields)
        try:
            return await super().create(fields)
        except SourceRefusedError as error:
            raise await self._named(error, fields) from error

    async def patch(self, record_id: int, changes: Patch | Document) -> R:
        """Change fields of a ticket and return it: `patch(1, {"status": by_name("In Progress")})`.

        Raises:
            RecordRefusedError: One of its kinds, such as InvalidStatusError.
            InputError: A path leads inside a reference; nothing was sent.
        """
        patch = patch_of(changes)
        fields = patch.values
        check_ticket(fields, whole=False)
        if fields.get("status") and not fields.get("board"):
            fields["board"] = await self._board_of(record_id)
        await self._check_status(fields)
        try:
            return await super().patch(record_id, patch)
        except SourceRefusedError as error:
            raise await self._named(error, fields) from error

    async def put(self, record_id: int, body: Body) -> R:
        """Replace a ticket as a whole and return it. **Every field that *body* leaves out becomes empty.**

        Raises:
            RecordRefusedError: One of its kinds.
        """
        fields = plain_body(body)
        check_ticket(fields, whole=True)
        await self._check_status(fields)
        try:
            return await super().put(record_id, fields)
        except SourceRefusedError as error:
            raise await self._named(error, fields) from error

    async def _board_of(self, ticket_id: int) -> dict[str, Any]:
        plain = Collection(self.wire, self.endpoint, TicketRecord)
        board = (await plain.get(ticket_id, fields=("id", "board/id"))).board
        return {"id": board.id} if board is not None and board.id is not None else {}

    async def _check_status(self, fields: Mapping[str, Any]) -> None:
        status = fields.get("status")
        board_id = await self._board_id(fields.get("board")) if isinstance(status, Mapping) else None
        if not isinstance(status, Mapping) or board_id is None:
            return
        for again in (False, True):
            statuses = await self._statuses(board_id, again=again)
            if not statuses or any(_is(status, number, name) for number, name in statuses):
                return
        raise InvalidStatusError(f"{_shown(status)} is no status of board {board_id}", statuses)

    async def _board_id(self, board: object) -> int | None:
        """Return the id of a board named by id or name; None where it cannot be found out."""
        number, name = (board.get("id"), board.get("name")) if isinstance(board, Mapping) else (None, None)
        if isinstance(number, int) or not isinstance(name, str):
            return number if isinstance(number, int) else None
        if name not in self.memory.boards:
            boards = Collection(self.wire, "/service/boards", BoardRecord)
            try:
                found = (await boards.page(equals("name", name), fields=("id",), size=1)).ids
            except (InputError, SourceRefusedError):  # a name that cannot be asked for, or no right to
                found = []
            if found:
                self.memory.boards[name] = found[0]
        return self.memory.boards.get(name)

    async def _statuses(self, board_id: int, *, again: bool) -> Choices:
        """Return the statuses of a board, known or read; none where they may not be read."""
        if again or board_id not in self.memory.statuses:
            rows = Collection(self.wire, "/service/boards/{board}/statuses", StatusRecord, {"board": board_id})
            try:
                self.memory.statuses[board_id] = tuple((row.id, row.name or "") for row in await rows.all())
            except SourceRefusedError as error:
                if error.status not in (403, 404):
                    raise
                self.memory.statuses[board_id] = ()
        return self.memory.statuses[board_id]

    async def _named(self, error: SourceRefusedError, fields: Mapping[str, Any]) -> SourceRefusedError:
        """Return the named refusal that *error* is, else *error* itself."""
        kind = named_ticket_refusal(error)
        if kind is None:
            return error
        if kind is not InvalidStatusError:
            return kind("the ticket was refused", cause=error)
        board_id = await self._board_id(fields.get("board"))
        statuses = await self._statuses(board_id, again=False) if board_id is not None else ()
        return InvalidStatusError("the ticket's status was refused", statuses, cause=error)


def _is(reference: Mapping[str, Any], number: int, name: str) -> bool:
    if reference.get("id") is not None:
        return str(reference["id"]) == str(number)
    return str(reference.get("name", "")).casefold() == name.casefold()


def _shown(reference: Mapping[str, Any]) -> str:
    return repr(reference.get("id", reference.get("name")))
