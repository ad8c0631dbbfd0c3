"""A ticket's ledger from the store: the events, and every version of terms and calendars that they name."""

from __future__ import annotations

from datetime import datetime

from slamon.core.ledger import Ledger, build_ledger
from slamon.errors import HistoryError
from slamon.ports import Store


def load_ledger(store: Store, tenant: str, ticket_id: int, as_of: datetime) -> Ledger:
    """Return the ledger of one ticket at *as_of*.

    Raises:
        HistoryError: The ticket is not known, or had not entered at *as_of*.
    """
    events = store.load_events(tenant, ticket_id)
    if not events:
        raise HistoryError(f"ticket {tenant}/{ticket_id} is not known; slamon has not seen it in a poll")
    terms = store.load_terms({event.terms for event in events if event.terms})
    calendars = store.load_calendars({each.calendar for each in terms.values()})
    return build_ledger(events, terms, calendars, as_of)
