"""Retelling: trails that were not read when their tickets were first stored, read now and told as histories."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from slamon.core.doubt import Doubt, doubt_whole
from slamon.core.retelling import retell
from slamon.core.ticket import Event, Kind, Ticket
from slamon.core.trail import Trail
from slamon.errors import SlamonError
from slamon.jobs.intake import Intake
from slamon.jobs.promises import find_start, promise_life
from slamon.jobs.trails import after_doubt, after_failure
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


async def show_waiting_trails(intake: Intake) -> None:
    """Say in the metrics how many trails are still to be read."""
    deps, tenant = intake.deps, intake.progress.tenant
    left = await asyncio.to_thread(deps.store.count_unread_trails, tenant)
    deps.observer.set("slamon_trails_waiting", left, tenant=tenant)


def _retell(intake: Intake, waiting: Sequence[UnreadTrail], trails: Mapping[int, Trail], now: datetime) -> None:
    deps, tenant = intake.deps, intake.progress.tenant
    tickets = deps.store.load_tickets(tenant, trails)
    known = deps.store.load_events_of(tenant, list(tickets))
    told: list[Event] = []
    again = {wait.ticket_id: after_failure(wait, now) for wait in waiting if wait.ticket_id not in trails}
    for wait in waiting:
        ticket = tickets.get(wait.ticket_id)
        if ticket is None:
            continue
        try:
            trail, history = trails[ticket.id], known[ticket.id]
            doubt = doubt_whole(ticket, trail, intake.desk, history)
            if not intake.trails.judge(doubt, wait.tries):
                again[ticket.id] = after_doubt(wait, now)
            if doubt is not Doubt.GRAVE or ticket.id not in again:
                told += _tell(intake, ticket, history, trail, now)
        except (SlamonError, ValueError, OverflowError) as error:  # one bad trail never stops a poll
            log.warning("audit trail not told", tenant=tenant, ticket=ticket.id, error=str(error))
    intake.save_told(told, list(again.values()), trails.keys() - again.keys())


def _tell(intake: Intake, ticket: Ticket, told: Sequence[Event], trail: Trail, now: datetime) -> list[Event]:
    """Return the history of *ticket* anew, with its promises and its start; nothing if it stays as told."""
    _, holds = intake.chooser.choose(ticket)
    events = retell(ticket, told, intake.desk, trail, now, holds)
    if not events:
        return []
    if not any(event.kind is Kind.TERMS for event in events):
        promises = promise_life(intake.chooser, ticket, events)
        intake.keep_versions(promises)
        events += promises.events
    start = find_start(intake.deps.settings, ticket, events)
    return events if start is None else [*events, start]
