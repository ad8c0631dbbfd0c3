"""Pages of a list, so that nothing is missed or seen twice while the list changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

from slamon.connectwise.payload import Rows, decode_rows
from slamon.connectwise.query import Condition, ListQuery, all_of, compare
from slamon.connectwise.request import Request, Sender
from slamon.errors import PayloadError

PAGE_SIZE = 1000  # the server's largest

T = TypeVar("T")


async def keyset_pages(
    sender: Sender,
    kind: type[T],
    endpoint: str,
    ids: Mapping[str, object] | None = None,
    *,
    where: Condition | None = None,
    fields: tuple[str, ...] = (),
    page_size: int = PAGE_SIZE,
) -> AsyncIterator[Rows[T]]:
    """Yield all pages, each asked for by `id > last`, in the order of ids.

    Numbered pages shift when a row before them comes or goes; these do not.
    The end is a short page that names no next one: a server that caps pages
    below what was asked for still gives all its rows.

    Raises:
        PayloadError: The server does not keep the order, or ignores the condition.
    """
    last: int | None = None
    while True:
        beyond = compare("id", ">", last) if last is not None else None
        query = ListQuery(all_of(where, beyond), fields, order_by=("id",), page_size=page_size)
        answer = await sender.send(Request("GET", endpoint, ids or {}, query.params()))
        page = decode_rows(answer.body, kind)
        _check_order(endpoint, page.ids, last)
        yield page
        if not page.count or (page.count < page_size and not answer.has_next):
            return
        if not page.ids:
            raise PayloadError(f"GET {endpoint}: a full page without a single id", reason="bad_shape")
        last = page.ids[-1]


def _check_order(endpoint: str, ids: list[int], last: int | None) -> None:
    """A page out of order would make us skip rows, one that starts again would never end."""
    previous = last
    for row_id in ids:
        if previous is not None and (row_id < previous or row_id == last):
            raise PayloadError(
                f"GET {endpoint}: id {row_id} came after {previous}, though rows with id > {last or 0}"
                " were asked for, ordered by id",
                reason="order",
            )
        previous = row_id


async def numbered_pages(
    sender: Sender,
    kind: type[T],
    endpoint: str,
    params: Mapping[str, str | int],
    *,
    page_size: int = PAGE_SIZE,
) -> AsyncIterator[Rows[T]]:
    """Yield all pages by number: for lists that have no ids to page by and only ever grow at one end."""
    page = 1
    while True:
        query = ListQuery(page=page, page_size=page_size)
        answer = await sender.send(Request("GET", endpoint, params={**params, **query.params()}))
        rows = decode_rows(answer.body, kind)
        yield rows
        if not rows.count or (rows.count < page_size and not answer.has_next):
            return
        page += 1
