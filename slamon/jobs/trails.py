"""Audit trails: who may have one worth reading, and reading several at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from slamon.core.observe import StatusChange
from slamon.core.ticket import Ticket
from slamon.errors import SourceError
from slamon.jobs.deps import PollDeps
from slamon.log import get_logger

log = get_logger(__name__)

AT_ONCE = 6


def may_have_a_trail(before: Ticket | None, now: Ticket) -> bool:
    """Say whether the audit trail may tell something: the ticket was touched since it entered, or since last seen."""
    return now.last_updated_at > (now.entered_at if before is None else before.last_updated_at)


async def fetch_trails(deps: PollDeps, tickets: Sequence[Ticket]) -> Mapping[int, list[StatusChange]]:
    """Return the status changes of each ticket whose trail could be read, oldest first."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def fetch(ticket: Ticket) -> tuple[int, list[StatusChange] | None]:
        async with gate:
            try:
                return ticket.id, deps.read_trail(await deps.source.fetch_audit_trail(ticket.id))
            except SourceError as error:
                deps.observer.count("slamon_audit_trails_unread_total", tenant=deps.settings.name)
                log.warning("no audit trail", tenant=deps.settings.name, ticket=ticket.id, error=str(error))
                return ticket.id, None

    found = await asyncio.gather(*(fetch(ticket) for ticket in tickets))
    return {ticket_id: changes for ticket_id, changes in found if changes is not None}
