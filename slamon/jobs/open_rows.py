"""Going through all open tickets of a tenant without holding them all."""

from __future__ import annotations

from collections.abc import Iterator

from slamon.ports import OpenRow, Store

CHUNK = 10_000  # rows held at a time


def walk_open_rows(store: Store, tenant: str) -> Iterator[OpenRow]:
    """Yield the open tickets that have been read, as they are counted, by id."""
    after = -1
    while rows := store.load_open_rows(tenant, after=after, limit=CHUNK):
        yield from rows
        after = rows[-1].ticket_id
