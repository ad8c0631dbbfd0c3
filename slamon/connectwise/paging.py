"""Pages of a list, so that nothing is missed or seen twice while the list changes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from slamon.connectwise.answers import Answer
from slamon.connectwise.listing import Listing
from slamon.connectwise.query import Condition, all_of, compare
from slamon.connectwise.request import Request, Sender
from slamon.connectwise.rows import Rows, decode_rows
from slamon.errors import PayloadError, SourceUnavailableError

PAGE_SIZE = 1000  # the server's largest
STEADY_TRIES = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span:
    """The ids above `after`, up to and with `until`; None is no bound."""

    after: int | None = None
    until: int | None = None

    @property
    def condition(self) -> Condition | None:
        return all_of(
            compare("id", ">", self.after) if self.after is not None else None,
            compare("id", "<=", self.until) if self.until is not None else None,
        )


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page, and the span that is left after it; None: it was the last."""

    rows: Rows[T]
    rest: Span | None


async def fetch_page(sender: Sender, listing: Listing[T], span: Span) -> Page[T]:
    """Return the first page of a span, in the order of ids.

    The end is a short page that names no next one: a server that caps pages
    below what was asked for still gives all its rows.

    Raises:
        PayloadError: The server does not keep the order, or ignores the condition.
    """
    query = replace(listing.where(span.condition).query, order_by=("id",))
    rows, answer = await _ask(sender, listing.request(query), listing.kind)
    _check_order(listing.endpoint, rows.ids, span)
    if _is_last(rows, answer, query.page_size):
        return Page(rows, None)
    last = _last_id(listing.endpoint, rows)
    return Page(rows, None if last == span.until else Span(last, span.until))  # ids are whole: no room for another


async def keyset_pages(sender: Sender, listing: Listing[T], span: Span = Span()) -> AsyncGenerator[Rows[T], None]:
    """Yield all pages of a span, each asked for by `id > last`, in the order of ids.

    Numbered pages shift when a row before them comes or goes; these do not.

    Raises:
        PayloadError: The server does not keep the order, or ignores the condition.
    """
    left: Span | None = span
    while left is not None:
        page = await fetch_page(sender, listing, left)
        yield page.rows
        left = page.rest


async def forward_pages(sender: Sender, listing: Listing[T]) -> AsyncGenerator[Rows[T], None]:
    """Yield all pages by forward-only paging, where the server itself goes on after the last id.

    For lists that take no conditions on ids. A server that answers with
    numbered pages instead is asked by `id > last` from the start.
    """
    query, last = replace(listing.query, page_id=0), 0
    while True:
        rows, answer = await _ask(sender, listing.request(query, forward_only=True), listing.kind)
        if last == 0 and answer.next_id is None:
            if _is_last(rows, answer, query.page_size):
                yield rows  # all there is, in whatever order
                return
            async with aclosing(keyset_pages(sender, listing)) as pages:
                async for page in pages:
                    yield page
            return
        _check_order(listing.endpoint, rows.ids, Span(last))
        yield rows
        if not rows.count or (rows.count < query.page_size and answer.next_id is None):
            return
        last = answer.next_id if answer.next_id is not None else _last_id(listing.endpoint, rows)
        query = replace(query, page_id=last)


async def steady_pages(sender: Sender, listing: Listing[T]) -> AsyncGenerator[Rows[T], None]:
    """Yield all pages by number: for lists without ids that only ever grow at one end.

    Growth at the front would shift the pages while they are read. So the
    first one is read again at the end, and all of them if it has changed;
    until then nothing is yielded.

    Raises:
        SourceUnavailableError: It had changed each time.
    """
    for _ in range(STEADY_TRIES):
        pages = [page async for page in _numbered_pages(sender, listing)]
        if len(pages) == 1 or (await _numbered_page(sender, listing, 1))[0] == pages[0]:
            for page in pages:
                yield page
            return
    raise SourceUnavailableError(f"GET {listing.endpoint}: the list changed each time it was read; try again later")


async def _numbered_pages(sender: Sender, listing: Listing[T]) -> AsyncGenerator[Rows[T], None]:
    number = 1
    while True:
        rows, answer = await _numbered_page(sender, listing, number)
        if rows.count or number == 1:
            yield rows
        if _is_last(rows, answer, listing.query.page_size):
            return
        number += 1


async def _numbered_page(sender: Sender, listing: Listing[T], number: int) -> tuple[Rows[T], Answer]:
    return await _ask(sender, listing.request(replace(listing.query, page=number)), listing.kind)


async def _ask(sender: Sender, request: Request, kind: type[T]) -> tuple[Rows[T], Answer]:
    """Return the rows of one page, and the answer they came in."""
    return await sender.read(request, lambda answer: (decode_rows(answer.body, kind, answer.answered_at), answer))


def _is_last(rows: Rows[T], answer: Answer, page_size: int) -> bool:
    return not rows.count or (rows.count < page_size and not answer.has_next)


def _last_id(endpoint: str, rows: Rows[T]) -> int:
    if not rows.ids:
        raise PayloadError(f"GET {endpoint}: a full page without a single id", reason="bad_shape")
    return rows.ids[-1]


def _check_order(endpoint: str, ids: list[int], span: Span) -> None:
    """A page out of order would make us skip rows, one that starts again would never end."""
    previous = span.after
    for row_id in ids:
        if previous is not None and (row_id < previous or row_id == span.after):
            raise PayloadError(
                f"GET {endpoint}: id {row_id} came after {previous}, though rows with id > {span.after or 0}"
                " were asked for, ordered by id",
                reason="order",
            )
        previous = row_id
    if span.until is not None and ids and ids[-1] > span.until:
        raise PayloadError(
            f"GET {endpoint}: id {ids[-1]} came, though rows with id <= {span.until} were asked for", reason="order"
        )
