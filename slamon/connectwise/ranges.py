"""Several pages of one list under way at once: the ids are divided into spans, each paged on its own."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar

from msgspec import Struct

from slamon.connectwise.listing import Listing
from slamon.connectwise.paging import Page, Span, fetch_page, keyset_pages
from slamon.connectwise.query import descending
from slamon.connectwise.request import Sender
from slamon.connectwise.rows import Rows, decode, decode_rows
from slamon.errors import InputError, PayloadError, SourceRefusedError

FILL = 0.9  # of a page, how much of a span's rows are planned for it: ids are never spread quite evenly

T = TypeVar("T")


class Count(Struct):
    """The answer of `.../count`."""

    count: int


class _Identified(Struct):
    id: int


async def ranged_pages(sender: Sender, listing: Listing[T], parallel: int) -> AsyncGenerator[Rows[T], None]:
    """Yield all pages as they come, up to *parallel* under way at once; the order of pages is not that of ids.

    A list of one page costs one request. Else the ids after it are divided
    into spans that touch but never overlap, so that no row is skipped or seen
    twice whatever comes and goes; the last span has no upper bound and brings
    what is new. The first few are as wide as the first page suggests; they are
    under way while the largest id and the number of rows are asked for, by
    which the others are planned. A span that turns out fuller than thought is
    divided again when there is room. No more than *parallel* pages are held
    besides those being yielded.

    Raises:
        PayloadError: The server does not keep the order, or ignores the condition.
    """
    first = await fetch_page(sender, listing, Span())
    yield first.rows
    if first.rest is None:
        return
    many = parallel > 1
    others = _swarm(sender, listing, first, parallel) if many else keyset_pages(sender, listing, first.rest)
    async with aclosing(others) as pages:  # a reader that stops early leaves nothing under way
        async for rows in pages:
            yield rows


async def _swarm(sender: Sender, listing: Listing[T], first: Page[T], parallel: int) -> AsyncGenerator[Rows[T], None]:
    size = listing.query.page_size
    *early, open_end = spans_like(first.rows.ids, parallel - 2, size)  # two requests ask for the plan
    waiting = deque(early)
    running: set[asyncio.Task[Page[T]]] = set()

    def fill() -> None:
        while waiting and len(running) < parallel:
            running.add(asyncio.create_task(fetch_page(sender, listing, waiting.popleft())))

    try:
        fill()
        largest, total = await asyncio.gather(_largest_id(sender, listing), _count(sender, listing))
        left = None if total is None else total - first.rows.count
        parts = parallel if left is None else parts_of(open_end, left, first.rows.ids[-1], largest, size)
        waiting.extend(divide(open_end, parts, largest))
        fill()
        while running:
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            pages = [task.result() for task in done]
            running -= done
            for rest in (page.rest for page in pages if page.rest is not None):
                room = parallel - len(running) - len(waiting)
                wide = (rest.until or largest) - (rest.after or 0) > size
                waiting.extendleft(reversed(divide(rest, room if wide else 1, largest)))
            fill()  # before the reader, who takes time as well
            for page in pages:
                yield page.rows
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def spans_like(ids: list[int], count: int, size: int) -> list[Span]:
    """Return *count* spans after *ids* that are a little less than full if ids go on as densely, and the open rest.

    As many ids as a page of *size* has rows are never too many.
    """
    width = max(size, math.ceil((ids[-1] - ids[0] + 1) / len(ids) * size * FILL))
    marks = [ids[-1] + width * place for place in range(max(0, count) + 1)]
    return [*map(Span, marks, marks[1:]), Span(marks[-1])]


def parts_of(rest: Span, left: int, after: int, largest: int, size: int) -> int:
    """Return in how many parts to divide *rest* if *left* rows lie evenly between the ids *after* and *largest*."""
    ids = max(0, largest - (rest.after or 0))
    rows = left * ids / max(1, largest - after)
    return max(1, min(math.ceil(rows / (size * FILL)), math.ceil(ids / size)))


def divide(span: Span, parts: int, largest: int) -> list[Span]:
    """Return *span* in up to *parts* that follow each other without gap or overlap; `largest` stands for no bound."""
    low, high = span.after or 0, largest if span.until is None else span.until
    parts = max(1, min(parts, high - low))
    marks = [low + (high - low) * part // parts for part in range(1, parts)]
    return [Span(after, until) for after, until in zip([span.after, *marks], [*marks, span.until], strict=True)]


async def _largest_id(sender: Sender, listing: Listing[T]) -> int:
    """Return the largest id there is now, 0 if all rows are gone."""
    query = replace(listing.query, fields=("id",), order_by=(descending("id"),), page_size=1)
    answer = await sender.send(listing.request(query))
    return max((row.id for row in decode_rows(answer.body, _Identified).good), default=0)


async def _count(sender: Sender, listing: Listing[T]) -> int | None:
    """Return how many rows there are now; None where the server does not count."""
    try:
        return decode((await sender.send(listing.count_request())).body, Count).count
    except (SourceRefusedError, PayloadError, InputError):
        return None
