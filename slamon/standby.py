"""Standing by: a daemon that does not watch a tenant shows what the one that does has stored."""

from __future__ import annotations

from datetime import datetime

from slamon.jobs.tenant import TenantSettings, desk_zone
from slamon.metrics import Metrics, count_board
from slamon.opencounts import load_counts
from slamon.ports import Poll, Store


def show_stored(
    store: Store, settings: TenantSettings, metrics: Metrics, now: datetime
) -> tuple[Poll | None, Poll | None]:
    """Show the tenant's tickets as they stand in the store; return its last poll that worked, and its last of all."""
    tenant = settings.name
    good, last = store.load_last_poll(tenant, successful=True), store.load_last_poll(tenant)
    reference = store.load_reference(good.reference) if good is not None and good.reference else None
    counts = load_counts(store, tenant, None, settings.companies)
    metrics.publish(
        count_board(
            counts.board,
            tenant=tenant,
            transitions=counts.transitions,
            boards=[board.name for board in reference.boards.values()] if reference is not None else (),
            unmapped_statuses=None,
            tickets_without_policy=None,
            totals=counts.totals,
            slo=counts.slo(store, tenant, now, desk_zone(settings, reference)),
            worst=settings.worst_tickets,
        )
    )
    metrics.set("slamon_db_up", 1)
    metrics.set("slamon_trails_waiting", store.count_unread_trails(tenant), tenant=tenant)
    return good, last
