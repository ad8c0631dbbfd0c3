"""Poll: ask ConnectWise what changed, write down what happened, move the watermark once all of it is stored."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from slamon.core.observe import Desk, observe
from slamon.core.ticket import Event, Ticket
from slamon.errors import SlamonError, SourceError, SourceRefusedError
from slamon.jobs.deps import PollDeps
from slamon.jobs.promises import choose_promises
from slamon.jobs.sweep import find_gone
from slamon.jobs.trails import fetch_trails, may_have_a_trail
from slamon.log import get_logger
from slamon.ports import Batch, Poll, Rejection

log = get_logger(__name__)


async def poll(deps: PollDeps) -> Poll:
    """Run one poll and return its record, stored; a source that fails makes a failed poll, not an exception."""
    tenant, started_at, began = deps.settings.name, deps.now(), time.monotonic()
    try:
        return await _poll(deps, started_at)
    except SourceError as error:
        log.warning("poll failed", tenant=tenant, error=str(error))
        failed = Poll(tenant, started_at, deps.now(), "failed", error=str(error))
        await asyncio.to_thread(deps.store.save_poll, failed, [], [])
        _count(deps, failed)
        return failed
    finally:
        deps.observer.observe("slamon_poll_duration_seconds", time.monotonic() - began)


async def _poll(deps: PollDeps, started_at: datetime) -> Poll:
    store, state, tenant = deps.store, deps.state, deps.settings.name
    if state.reference is None:
        await refresh_reference(deps)
    assert state.reference is not None
    batch, sweeps = await _fetch(deps, started_at)
    rejections = list(batch.rejections)
    known = await asyncio.to_thread(store.load_tickets, tenant, [t.id for t in batch.tickets])
    changed = [ticket for ticket in batch.tickets if known.get(ticket.id) != ticket]
    trails = await fetch_trails(deps, [t for t in changed if may_have_a_trail(known.get(t.id), t)])

    desk = Desk(state.reference, deps.settings.levels, state.board_ids(deps.settings))
    kept: list[Ticket] = []
    events: list[Event] = []
    for ticket in changed:
        try:
            events += observe(known.get(ticket.id), ticket, desk, trails.get(ticket.id), seen_at=started_at)
            kept.append(ticket)
        except (SlamonError, ValueError, OverflowError) as error:  # one bad ticket never stops a poll
            rejections.append(Rejection(ticket.id, "bad_shape", str(error)))
    if sweeps:
        gone, gone_events = await find_gone(deps, batch, started_at)
        kept += gone
        events += gone_events
    events += await choose_promises(deps, state.reference, batch.tickets if sweeps else kept, events, started_at)
    _note_rejections(deps, rejections)

    newest = max((ticket.last_updated_at for ticket in batch.tickets), default=None)
    before = await asyncio.to_thread(store.load_watermark, tenant)
    result: Literal["ok", "partial"] = "partial" if rejections else "ok"
    record = Poll(
        tenant=tenant,
        started_at=started_at,
        finished_at=deps.now(),
        result=result,
        seen=len(batch.tickets),
        changed=len(kept),
        rejected=len(rejections),
        watermark=max((at for at in (newest, before) if at is not None), default=None),
    )
    await asyncio.to_thread(store.save_poll, record, kept, events)
    state.swept = True
    _count(deps, record)
    return record


async def refresh_reference(deps: PollDeps) -> None:
    """Read boards, statuses, SLAs, calendars and companies anew; the next poll then looks at every open ticket."""
    reference = await deps.source.fetch_reference()
    for warning in reference.warnings:
        log.warning("reference data", tenant=deps.settings.name, problem=warning)
    boards = reference.boards.values()
    named = {b.id for b in boards} | {b.name for b in boards}
    unknown = [str(board) for board in deps.settings.boards if board not in named]
    if unknown:
        known = ", ".join(sorted(board.name for board in boards))
        raise SourceRefusedError(
            f"tenant.{deps.settings.name}.boards: ConnectWise has no board {', '.join(unknown)}; it has: {known}",
            status=404,
        )
    deps.state.reference = reference
    deps.state.swept = False


async def _fetch(deps: PollDeps, now: datetime) -> tuple[Batch, bool]:
    """Return what changed since the watermark; on a sweep also every open ticket, with the last days' closed ones."""
    tenant, source, state = deps.settings.name, deps.source, deps.state
    watermark = await asyncio.to_thread(deps.store.load_watermark, tenant)
    since = now - deps.settings.backfill if watermark is None else watermark - deps.settings.overlap
    boards = state.board_ids(deps.settings)
    batches = [await source.fetch_tickets(since=since, board_ids=boards)]
    sweeps = not state.swept
    if sweeps:
        batches.append(await source.fetch_tickets(since=None, board_ids=boards))
    missing = state.retry_ids - {ticket.id for batch in batches for ticket in batch.tickets}
    if missing:
        batches.append(await source.fetch_tickets_by_id(missing))
    tickets = {ticket.id: ticket for batch in batches for ticket in batch.tickets}
    rejections = {(r.ticket_id, r.reason): r for batch in batches for r in batch.rejections}
    state.retry_ids = {r.ticket_id for r in rejections.values() if r.ticket_id is not None} - set(tickets)
    return Batch([tickets[ticket_id] for ticket_id in sorted(tickets)], list(rejections.values())), sweeps


def _note_rejections(deps: PollDeps, rejections: Sequence[Rejection]) -> None:
    for rejection in rejections:
        log.warning("ticket refused", tenant=deps.settings.name, ticket=rejection.ticket_id, error=rejection.message)
        deps.observer.count("slamon_rows_rejected_total", tenant=deps.settings.name, reason=rejection.reason)


def _count(deps: PollDeps, record: Poll) -> None:
    tenant, observer = deps.settings.name, deps.observer
    observer.count("slamon_polls_total", tenant=tenant, result=record.result)
    observer.set("slamon_up", float(record.result != "failed"), tenant=tenant)
    if record.result != "failed":
        stamp = record.finished_at.timestamp()
        observer.set("slamon_last_successful_poll_timestamp_seconds", stamp, tenant=tenant)
