"""Pages of tickets as one."""

from __future__ import annotations

from collections.abc import AsyncIterator

from slamon.ports import Batch


async def together(batches: AsyncIterator[Batch]) -> Batch:
    """Return all pages as one batch."""
    pages = [batch async for batch in batches]
    return Batch([t for page in pages for t in page.tickets], [r for page in pages for r in page.rejections])
