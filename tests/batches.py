"""Pages of tickets as one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from operator import attrgetter

from slamon.ports import Batch


async def together(batches: AsyncIterator[Batch]) -> Batch:
    """Return all pages as one batch, by id: pages come in any order."""
    pages = [batch async for batch in batches]
    tickets = sorted((t for page in pages for t in page.tickets), key=attrgetter("id"))
    return Batch(tickets, [r for page in pages for r in page.rejections])
