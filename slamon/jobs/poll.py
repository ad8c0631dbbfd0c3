"""Poll: ask ConnectWise what changed, write down what happened, move the watermark once all of it is stored."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal

from slamon.core.instants import from_epoch
from slamon.core.observe import Desk, Scope, observe
from slamon.core.reference import Reference
from slamon.core.ticket import Event, Kind, Ticket
from slamon.errors import SlamonError, SourceError, SourceRefusedError
from slamon.jobs.deps import PollDeps
from slamon.jobs.lint import lint_tenant
from slamon.jobs.promises import choose_promises
from slamon.jobs.reference import fetch_reference
from slamon.jobs.remap import remap_levels
from slamon.jobs.sweep import find_gone
from slamon.jobs.trails import fetch_trails, may_have_a_trail
from slamon.log import get_logger
from slamon.ports import Batch, Poll, Rejection, Store

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
    retried = set(state.retry_ids)
    batch, sweeps, newest = await _fetch(deps, started_at)
    kept, events, unread = await _look_at(deps, state.reference, batch.tickets, started_at)
    rejections = [*batch.rejections, *unread]
    failed = {rejection.ticket_id for rejection in unread}
    if sweeps:
        gone, gone_events = await find_gone(deps, batch, started_at)
        kept += gone
        events += gone_events
        events += await remap_levels(deps, state.reference, batch.tickets, events, started_at)
    promised = [ticket for ticket in batch.tickets if ticket.id not in failed] if sweeps else kept
    events += await choose_promises(deps, state.reference, promised, events, started_at)
    _note_rejections(deps, rejections)

    watermark = await asyncio.to_thread(store.load_watermark, tenant)
    result: Literal["ok", "partial"] = "partial" if rejections else "ok"
    record = Poll(
        tenant=tenant,
        started_at=started_at,
        finished_at=deps.now(),
        result=result,
        seen=len(batch.tickets),
        changed=len(kept),
        rejected=len(rejections),
        watermark=max((at for at in (newest, watermark) if at is not None), default=None),
    )
    await asyncio.to_thread(store.save_poll, record, kept, events)
    state.swept = True
    refused = {rejection.ticket_id for rejection in rejections if rejection.ticket_id is not None}
    read = {ticket.id for ticket in batch.tickets} - failed
    state.retry_ids = (state.retry_ids - retried) | (refused - read)
    _count(deps, record)
    return record


async def _look_at(
    deps: PollDeps, reference: Reference, tickets: Sequence[Ticket], seen_at: datetime
) -> tuple[list[Ticket], list[Event], list[Rejection]]:
    """Return the tickets that are not as they were when last seen, what has happened to them, and the unreadable."""
    store, tenant, ids = deps.store, deps.settings.name, [ticket.id for ticket in tickets]
    known = await asyncio.to_thread(store.load_tickets, tenant, ids)
    scopes = await asyncio.to_thread(_load_scopes, store, tenant, ids)
    desk = Desk(reference, deps.settings.levels, deps.state.board_ids(deps.settings))
    changed = [t for t in tickets if known.get(t.id) != t or _out(scopes, t) != bool(desk.out_of_scope(t))]
    trails = await fetch_trails(deps, [t for t in changed if may_have_a_trail(known.get(t.id), t)])
    kept: list[Ticket] = []
    events: list[Event] = []
    unread: list[Rejection] = []
    for ticket in changed:
        before, trail, scope = known.get(ticket.id), trails.get(ticket.id), scopes.get(ticket.id)
        try:
            events += observe(before, ticket, desk, trail, seen_at=seen_at, scope=scope)
            kept.append(ticket)
        except (SlamonError, ValueError, OverflowError) as error:  # one bad ticket never stops a poll
            unread.append(Rejection(ticket.id, "bad_shape", str(error)))
    return kept, events, unread


async def refresh_reference(deps: PollDeps) -> None:
    """Read boards, statuses, SLAs, calendars and companies anew; the next poll then looks at every open ticket."""
    reference = await fetch_reference(deps.source, deps.state.reference)
    for warning in reference.warnings:
        log.warning("reference data", tenant=deps.settings.name, problem=warning)
    lint_tenant(reference, deps.settings, deps.state, deps.now(), deps.observer)
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


async def _fetch(deps: PollDeps, now: datetime) -> tuple[Batch, bool, datetime | None]:
    """Return what changed since the watermark, whether this is a sweep, and the newest change that was asked for.

    A sweep also brings every open ticket. What only it, or a question by id, brought
    says nothing of how far the list of changes was read.
    """
    tenant, source, state = deps.settings.name, deps.source, deps.state
    watermark = await asyncio.to_thread(deps.store.load_watermark, tenant)
    since = now - deps.settings.backfill if watermark is None else watermark - deps.settings.overlap
    boards = state.board_ids(deps.settings)
    batches = [await source.fetch_tickets(since=since, board_ids=boards)]
    newest = max((ticket.last_updated_at for ticket in batches[0].tickets), default=None)
    sweeps = not state.swept
    if sweeps:
        batches.append(await source.fetch_tickets(since=None, board_ids=boards))
    missing = state.retry_ids - {ticket.id for batch in batches for ticket in batch.tickets}
    if missing:
        batches.append(await source.fetch_tickets_by_id(missing))
    tickets = {ticket.id: ticket for batch in batches for ticket in batch.tickets}
    rejections = {(r.ticket_id, r.reason): r for batch in batches for r in batch.rejections}
    return Batch([tickets[ticket_id] for ticket_id in sorted(tickets)], list(rejections.values())), sweeps, newest


def _load_scopes(store: Store, tenant: str, ids: Collection[int]) -> dict[int, Scope]:
    """Return what the histories of tickets last said of their scope; those that were always in it are absent."""
    rows = store.load_history(tenant, ids)
    return {
        row.ticket_id: Scope(row.kind == Kind.CANCELLED, from_epoch(row.at))
        for row in rows
        if row.kind in (Kind.CANCELLED, Kind.RESTORED)
    }


def _out(scopes: Mapping[int, Scope], ticket: Ticket) -> bool:
    return ticket.id in scopes and scopes[ticket.id].out


def _note_rejections(deps: PollDeps, rejections: Sequence[Rejection]) -> None:
    for rejection in rejections:
        log.warning("ticket refused", tenant=deps.settings.name, ticket=rejection.ticket_id, error=rejection.message)
        deps.observer.count("slamon_rows_rejected_total", tenant=deps.settings.name, reason=rejection.reason)


def _count(deps: PollDeps, record: Poll) -> None:
    tenant, observer = deps.settings.name, deps.observer
    observer.count("slamon_polls_total", tenant=tenant, result=record.result)
    observer.set("slamon_up", float(record.result != "failed"), tenant=tenant)
    if record.result != "failed":
        stamp = record.started_at.timestamp()
        observer.set("slamon_last_successful_poll_timestamp_seconds", stamp, tenant=tenant)
