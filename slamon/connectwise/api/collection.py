"""What every group of records can do: be listed, counted, fetched; the editable ones be written as well."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import msgspec

from slamon.connectwise.changes import Body, Document, Patch, patch_of, plain_body
from slamon.connectwise.listing import Listing
from slamon.connectwise.paging import PAGE_SIZE, forward_pages, keyset_pages
from slamon.connectwise.query import Condition, ListQuery, Order, all_of
from slamon.connectwise.ranges import Count, ranged_pages
from slamon.connectwise.request import Method, Request, Sender
from slamon.connectwise.rows import Rows, decode, decode_rows
from slamon.errors import PayloadError

R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wire:
    """What the groups of one client share: who sends, and how lists are read."""

    sender: Sender
    page_size: int = PAGE_SIZE
    parallel: int = 1


@dataclass(frozen=True)
class Collection(Generic[R]):
    """Records of one kind, read as *kind*. Every method may raise a SourceError.

    *fields* are asked for where the caller names none; without any, all come.
    *scope* narrows every list and count, such as to one company's records.
    """

    wire: Wire
    endpoint: str
    kind: type[R]
    ids: Mapping[str, object] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    scope: Condition | None = None
    search: str = ""

    def of(self, kind: type[T]) -> Collection[T]:
        """Return the same records read as *kind*, with all their fields: `dict`, or a Struct of your own."""
        return Collection(self.wire, self.endpoint, kind, self.ids, (), self.scope, self.search)

    def pages(
        self,
        where: Condition | None = None,
        *,
        child: Condition | None = None,
        custom: Condition | None = None,
        fields: tuple[str, ...] = (),
        in_order: bool = False,
        forward: bool = False,
    ) -> AsyncGenerator[Rows[R], None]:
        """Yield all records that the conditions select, page by page.

        Rows that do not fit the kind come back in `page.bad`. Each page is
        ordered by id; the pages come as they arrive, or *in_order*, one after
        the other. *forward* leaves the paging to the server (forward-only),
        for lists that take no conditions on ids.

        Raises:
            InputError: The conditions are too long for an address, and this list has no search.
        """
        listing = self._listing(self._query(where, child, custom, fields))
        if forward:
            return forward_pages(self.wire.sender, listing)
        if in_order:
            return keyset_pages(self.wire.sender, listing)
        return ranged_pages(self.wire.sender, listing, self.wire.parallel)

    async def page(
        self,
        where: Condition | None = None,
        *,
        child: Condition | None = None,
        custom: Condition | None = None,
        fields: tuple[str, ...] = (),
        order_by: tuple[str | Order, ...] = (),
        number: int = 1,
        size: int = 25,
    ) -> Rows[R]:
        """Return one page in any order, such as the first few by priority; *size* at most 1000.

        Pages by number shift when rows come and go: to read all records use `pages`.
        """
        query = replace(self._query(where, child, custom, fields), order_by=order_by, page=number, page_size=size)
        answer = await self.wire.sender.send(self._listing(query).request(query))
        return decode_rows(answer.body, self.kind)

    async def all(self, where: Condition | None = None, *, child: Condition | None = None) -> list[R]:
        """Return all records that the conditions select, ordered by id; for lists that fit into memory.

        Raises:
            PayloadError: A row does not fit the kind; `pages` gives the others.
        """
        rows: list[R] = []
        async for page in self.pages(where, child=child, in_order=True):
            if page.bad:
                raise PayloadError(f"GET {self.endpoint}: {page.bad[0].message}", reason="bad_shape")
            rows.extend(page.good)
        return rows

    async def count(
        self, where: Condition | None = None, *, child: Condition | None = None, custom: Condition | None = None
    ) -> int:
        """Return how many records the conditions select."""
        request = self._listing(self._query(where, child, custom, ())).count_request()
        return decode((await self.wire.sender.send(request)).body, Count).count

    async def get(self, record_id: int, *, fields: tuple[str, ...] = ()) -> R:
        """Return one record.

        Raises:
            SourceRefusedError: There is none (status 404), or it may not be read.
        """
        params = {"fields": ",".join(fields)} if fields else {}
        return await self._one(Request("GET", f"{self.endpoint}/{{record}}", self._with(record_id), params))

    def _query(
        self, where: Condition | None, child: Condition | None, custom: Condition | None, fields: tuple[str, ...]
    ) -> ListQuery:
        return ListQuery(
            all_of(self.scope, where),
            fields or self.fields,
            page_size=self.wire.page_size,
            child_conditions=child,
            custom_field_conditions=custom,
        )

    def _listing(self, query: ListQuery) -> Listing[R]:
        return Listing(self.kind, self.endpoint, self.ids, query, search=self.search)

    def _with(self, record_id: int) -> dict[str, object]:
        return {**self.ids, "record": record_id}

    async def _one(self, request: Request) -> R:
        """Return the one record a request is answered with."""
        answer = await self.wire.sender.send(request)
        done = "" if request.method == "GET" else "done, but the answer is "
        if not answer.body:
            raise PayloadError(f"{request}: {done or 'the answer is '}empty", reason="bad_shape")
        try:
            return decode(answer.body, self.kind)
        except PayloadError as error:
            raise PayloadError(f"{request}: {done}{error}", reason=error.reason) from error


@dataclass(frozen=True)
class Editable(Collection[R]):
    """Records that can be written too. A write that fails without an answer is repeated only if that does no harm."""

    def of(self, kind: type[T]) -> Editable[T]:
        """Return the same records read as *kind*, with all their fields: `dict`, or a Struct of your own."""
        return Editable(self.wire, self.endpoint, kind, self.ids, (), self.scope, self.search)

    async def create(self, body: Body) -> R:
        """Create a record and return it as ConnectWise has saved it.

        Raises:
            OutcomeUnknownError: It may or may not have been created; look before it is sent again.
            SourceRefusedError: ConnectWise will not have it.
        """
        return await self._write("POST", self.endpoint, self.ids, plain_body(body), repeatable=False)

    async def patch(self, record_id: int, changes: Patch | Document) -> R:
        """Change fields of a record and return it; a mapping replaces each field it names.

        Raises:
            InputError: A path leads inside a reference; nothing was sent.
            SourceRefusedError: ConnectWise will not have it.
        """
        patch = patch_of(changes)
        ids = self._with(record_id)
        return await self._write("PATCH", self._record, ids, patch.document(), repeatable=patch.repeatable)

    async def put(self, record_id: int, body: Body) -> R:
        """Replace a record as a whole and return it. **Every field that *body* leaves out becomes empty.**

        To change a few fields use `patch`.
        """
        return await self._write("PUT", self._record, self._with(record_id), plain_body(body), repeatable=True)

    async def delete(self, record_id: int) -> None:
        """Delete a record.

        Raises:
            SourceRefusedError: There is none (404), or it may not be deleted.
        """
        await self.wire.sender.send(Request("DELETE", self._record, self._with(record_id)))

    @property
    def _record(self) -> str:
        return f"{self.endpoint}/{{record}}"

    async def _write(
        self,
        method: Method,
        endpoint: str,
        ids: Mapping[str, object],
        document: dict[str, Any] | list[dict[str, Any]],
        *,
        repeatable: bool,
    ) -> R:
        body = msgspec.json.encode(document)
        return await self._one(Request(method, endpoint, ids, body=body, repeatable=repeatable))
