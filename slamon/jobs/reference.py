"""Reference data: read, and believed only when it is sure that they are what ConnectWise has."""

from __future__ import annotations

from slamon.core.reference import Reference
from slamon.errors import PayloadError
from slamon.ports import TicketSource

TABLES = ("boards", "statuses", "priorities", "slas", "calendars", "companies", "agreements")


async def fetch_reference(source: TicketSource, known: Reference | None) -> Reference:
    """Return the reference data: those that are *known*, or others that two reads in a row agree on.

    Every promise hangs on them, and one empty list among good answers looks just
    like settings that were removed. They seldom change, so reading twice costs little.

    Raises:
        SourceError: They could not be read, or are not to be believed; the known ones hold.
    """
    fresh = await source.fetch_reference()
    if fresh == known:
        return fresh
    if fresh != await source.fetch_reference():
        raise PayloadError("reference data: two reads in a row do not agree; they are read again later")
    for name in TABLES if known is not None else ():
        before = len(getattr(known, name))
        if before and not getattr(fresh, name):
            raise PayloadError(
                f"reference data: there are no {name} any more, {before} are known; this is not believed."
                " Check the rights of the API member; if it is so, restart slamon"
            )
    return fresh
