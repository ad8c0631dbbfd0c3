"""Rederive: stored readings against what the events say, found by the clock and by the independent checker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from slamon.core.reading import Reading
from slamon.errors import SlamonError
from slamon.jobs.recheck import examine
from slamon.ports import Store


def rederive(
    store: Store, tenant: str, ids: Iterable[int], as_of: datetime, seen: Callable[[], None] = lambda: None
) -> Iterator[tuple[int, str]]:
    """Yield (ticket, what does not agree) for those of *ids* whose stored reading stands at *as_of*.

    *seen* is called after each ticket. A daemon may go on meanwhile: what is no longer so when it was looked at says
    nothing.
    """
    for ticket_id in ids:
        for stored in store.load_readings(tenant, [ticket_id]).values():
            try:
                findings = examine(store, tenant, ticket_id, stored, as_of)
            except (SlamonError, ValueError, KeyError) as error:
                findings = [f"cannot be derived: {error}"]
            if findings and _stands(store, tenant, stored, as_of):
                yield ticket_id, str(findings[0])
        seen()


def _stands(store: Store, tenant: str, stored: Reading, as_of: datetime) -> bool:
    """Say whether *stored* is still the newest reading of its ticket, with no event since."""
    newest = store.load_readings(tenant, [stored.ticket_id]).get(stored.ticket_id)
    return stored == newest and stored.as_of <= as_of and stored.ticket_id not in store.load_due_ids(tenant, as_of)
