"""Retelling: trails that were not read when their tickets were first stored, read now and told as histories."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from slamon.core.observe import StatusChange
from slamon.core.retelling import retell
from slamon.core.ticket import Event
from slamon.errors import SlamonError
from slamon.jobs.intake import Intake
from slamon.jobs.promises import find_start
from slamon.jobs.trails import after_failure
from slamon.log import get_logger
from slamon.ports import UnreadTrail

log = get_logger(__name__)

AT_ONCE = 50  # trails read and stored together


async def read_waiting_trails(intake: Intake) -> None:
    """Read trails that wait, the most urgent first, as long as this poll may; tell their tickets' histories anew."""
    deps, tenant, now = intake.deps, intake.progress.tenant, intake.progress.started_at
    while intake.trails.left > 0 and not intake.trails.silent:
        limit = min(AT_ONCE, intake.trails.left)
        waiting = await asyncio.to_thread(deps.store.load_unread_trails, tenant, now, limit)
        if not waiting:
            break
        trails = await intake.trails.read([wait.ticket_id for wait in waiting])
        await asyncio.to_thread(_retell, intake, waiting, trails, now)
    left = await asyncio.to_thread(deps.store.count_unread_trails, tenant)
    deps.observer.set("slamon_trails_waiting", left, tenant=tenant)


def _retell(
    intake: Intake, waiting: Sequence[UnreadTrail], trails: Mapping[int, Sequence[StatusChange]], now: datetime
) -> None:
    deps, tenant = intake.deps, intake.progress.tenant
    tickets = deps.store.load_tickets(tenant, trails)
    told: list[Event] = []
    for ticket in tickets.values():
        try:
            events = retell(ticket, deps.store.load_events(tenant, ticket.id), intake.desk, trails[ticket.id], now)
        except (SlamonError, ValueError, OverflowError) as error:  # one bad trail never stops a poll
            log.warning("audit trail not told", tenant=tenant, ticket=ticket.id, error=str(error))
            continue
        start = find_start(deps.settings, ticket, events) if events else None
        told += events if start is None else [*events, start]
    again = [after_failure(wait, now) for wait in waiting if wait.ticket_id not in trails]
    intake.save_told(told, again, trails.keys())
