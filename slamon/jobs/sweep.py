"""The sweep: open tickets that ConnectWise no longer lists are asked for, one by one, before they count as gone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

from slamon.core.ticket import Event, Kind, Level, Origin, Ticket
from slamon.jobs.deps import PollDeps
from slamon.log import get_logger
from slamon.ports import Batch

log = get_logger(__name__)

# A sweep that finds more than this share of all open tickets gone is not believed.
GONE_SHARE = 0.1
GONE_ALWAYS = 5  # so few may vanish at once whatever their share


async def find_gone(deps: PollDeps, batch: Batch, now: datetime) -> tuple[list[Ticket], list[Event]]:
    """Return open tickets that ConnectWise no longer has. Absence from a list proves nothing: each is asked for."""
    tenant, store = deps.settings.name, deps.store
    open_ids = await asyncio.to_thread(store.load_open_ids, tenant)
    refused = {rejection.ticket_id for rejection in batch.rejections}
    missing = open_ids - {ticket.id for ticket in batch.tickets} - refused
    if not missing:
        return [], []
    answer = await deps.source.fetch_tickets_by_id(missing)
    there = {t.id for t in answer.tickets} | {r.ticket_id for r in answer.rejections}
    deps.state.retry_ids |= missing & there  # moved or closed meanwhile: the next poll reads them as any other
    gone = missing - there
    if len(gone) > max(GONE_ALWAYS, GONE_SHARE * len(open_ids)):
        log.error(
            "sweep refused",
            tenant=tenant,
            open=len(open_ids),
            gone=len(gone),
            remedy="check the rights of the API member and the boards in slamon.toml",
        )
        deps.observer.count("slamon_sweeps_refused_total", tenant=tenant)
        return [], []
    tickets = await asyncio.to_thread(store.load_tickets, tenant, gone)
    events = [
        Event(t.id, Kind.CANCELLED, now, t.last_updated_at, Origin.POLL, name="deleted", level=Level.OUT_OF_SCOPE)
        for t in tickets.values()
    ]
    return [replace(ticket, closed=True) for ticket in tickets.values()], events
