"""Poll: ask ConnectWise what changed, write down what happened, move the watermark once all of it is stored."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from datetime import datetime

from slamon.core.reference import Reference
from slamon.core.reference_changes import differences
from slamon.core.status_map import StatusMap, build_status_map
from slamon.core.versions import version_of_reference, version_of_status_map
from slamon.errors import ClockDisagreesError, SourceError, SourceRefusedError
from slamon.jobs.deps import PollDeps
from slamon.jobs.intake import Intake, Progress
from slamon.jobs.judgement import may_wait, note_judged
from slamon.jobs.lint import lint_tenant
from slamon.jobs.reference import fetch_reference
from slamon.jobs.retell import read_waiting_trails, show_waiting_trails
from slamon.jobs.revisit import revisit_open
from slamon.jobs.sweep import find_deleted, sweep
from slamon.jobs.untold import look_again
from slamon.log import get_logger
from slamon.ports import Batch, Poll

log = get_logger(__name__)


async def poll(deps: PollDeps, *, brief: bool = False) -> Poll:
    """Run one poll and return its record, stored; a source that fails makes a failed poll, not an exception.

    What was stored before the failure stays; the watermark has not moved, so it is seen again. A *brief* one reads what
    has changed and leaves the rest to the next.
    """
    tenant, began = deps.settings.name, time.monotonic()
    progress, failure = Progress(tenant, deps.now()), ""
    try:
        await _poll(deps, progress, brief)
    except SourceError as error:
        failure = str(error)
        log.warning("poll failed", tenant=tenant, error=failure)
    finally:
        deps.observer.observe("slamon_poll_duration_seconds", time.monotonic() - began)
    record = progress.record(deps.now(), failure=failure)
    await asyncio.to_thread(deps.store.save_poll, record)
    _count(deps, record)
    return record


async def _poll(deps: PollDeps, progress: Progress, brief: bool) -> None:
    state = deps.state
    if state.reference is None:
        await refresh_reference(deps)
    assert state.reference is not None
    progress.reference, progress.status_map = state.reference_version, state.status_map_version
    intake = Intake(deps, state.reference, progress)
    before = await asyncio.to_thread(deps.store.load_watermark, progress.tenant)
    is_empty = before is None and not await asyncio.to_thread(
        deps.store.load_open_tickets, progress.tenant, after=-1, limit=1
    )
    changes = _Changes(deps, progress, before)
    retried = frozenset(state.retry_ids)
    read = await intake.take(changes.fetch())
    await _read_again(intake, retried - read)
    progress.watermark = changes.watermark()
    deps.clock.is_right = True  # or ConnectWise does not say what time it is
    await _tolerate("second look", look_again(intake), progress)
    if is_empty:
        await asyncio.to_thread(note_judged, deps, progress.started_at)  # all there is has just been judged
    elif state.judged_by != state.reference_version and not await asyncio.to_thread(may_wait, deps):
        await revisit_open(intake)
    if before is None:
        state.swept_at = progress.started_at  # all that is open has just been read
    elif not brief and _is_due(state.swept_at, deps, progress.started_at):
        await _tolerate("sweep", sweep(intake, changes.listed_at), progress)
    if not brief:
        await read_waiting_trails(intake)
    await show_waiting_trails(intake)


class _Changes:
    """The list of changes since the watermark, and how far it reaches once it has been read."""

    def __init__(self, deps: PollDeps, progress: Progress, watermark: datetime | None) -> None:
        self._deps = deps
        self._progress = progress
        self._before = watermark
        self._newest: datetime | None = None
        self._answered_at: datetime | None = None
        self._begin(progress.started_at)

    def _begin(self, now: datetime) -> None:
        """Begin at *now*; nothing is known of ConnectWise's clock yet."""
        self._progress.started_at = self.listed_at = now
        before, settings = self._before, self._deps.settings
        self._since = now - settings.backfill if before is None else before - settings.overlap

    async def fetch(self) -> AsyncIterator[Batch]:
        """Yield the tickets changed since the watermark; without one, also all that are open.

        The ticket that set the watermark should be among them, so an empty list is asked for once more. So is one
        whose date contradicts our clock, before anything is taken from it: it may come from a cache, or our clock
        was put right.

        Raises:
            ClockDisagreesError: The second answer contradicts it too.
        """
        try:
            async for batch in self._ask():
                yield batch
        except ClockDisagreesError:
            self._begin(self._deps.now())
            async for batch in self._ask():
                yield batch
        if self._before is not None and self._newest is None:
            async for batch in self._ask():
                yield batch

    async def _ask(self) -> AsyncIterator[Batch]:
        asked_at = self._deps.now()
        boards = self._deps.state.board_ids(self._deps.settings)
        with_open = self._before is None
        async for batch in self._deps.source.fetch_tickets(since=self._since, with_open=with_open, board_ids=boards):
            if self._answered_at is None and batch.answered_at is not None:
                self._check_clock(asked_at, batch.answered_at)
                self._answered_at = self.listed_at = batch.answered_at
            for ticket in batch.tickets:
                if self._newest is None or ticket.last_updated_at > self._newest:
                    self._newest = ticket.last_updated_at
            yield batch

    def _check_clock(self, asked_at: datetime, answered_at: datetime) -> None:
        deps = self._deps
        try:
            deps.clock.check(asked_at, deps.now(), answered_at)
        finally:
            skew = deps.clock.skew.total_seconds()
            deps.observer.set("slamon_clock_skew_seconds", skew, tenant=deps.settings.name)

    def watermark(self) -> datetime | None:
        """Return the newest change listed, but nothing after the first page was answered.

        What changed while the list was read may stand on a page read before; and
        a date in the future would hide all changes until it has come.
        """
        if self._newest is None:
            return self._before
        reached = max(min(self._newest, self.listed_at), self._since)
        return reached if self._before is None else max(reached, self._before)


async def _read_again(intake: Intake, ids: frozenset[int]) -> None:
    """Ask for tickets that could not be read; one is forgotten only if ConnectWise says that it has no such ticket."""
    if ids:
        there = await intake.take(intake.deps.source.fetch_tickets_by_id(ids))
        intake.deps.state.retry_ids -= set(await find_deleted(intake, sorted(ids - there)))


def _is_due(swept_at: datetime | None, deps: PollDeps, now: datetime) -> bool:
    return swept_at is None or not swept_at <= now < swept_at + deps.settings.sweep_every


async def _tolerate(what: str, work: Awaitable[None], progress: Progress) -> None:
    """Do what comes after the list of changes; that is stored by now, so what fails is left to the next poll."""
    try:
        await work
    except SourceError as error:
        log.warning(f"{what} failed", tenant=progress.tenant, error=str(error))
        progress.troubles.append(f"{what} failed: {error}")


async def refresh_reference(deps: PollDeps) -> None:
    """Read boards, statuses, SLAs, calendars and companies anew.

    Where they differ from those before, the next poll judges every open ticket by them.
    """
    reference = await fetch_reference(deps.source, deps.state.reference)
    for warning in reference.warnings:
        log.warning("reference data", tenant=deps.settings.name, problem=warning)
    await asyncio.to_thread(lint_tenant, reference, deps.settings, deps.state, deps.now(), deps.observer)
    boards = reference.boards.values()
    named = {b.id for b in boards} | {b.name for b in boards}
    unknown = [str(board) for board in deps.settings.boards if board not in named]
    if unknown:
        known = ", ".join(sorted(board.name for board in boards))
        raise SourceRefusedError(
            f"tenant.{deps.settings.name}.boards: ConnectWise has no board {', '.join(unknown)}; it has: {known}",
            status=404,
        )
    await asyncio.to_thread(_take_up, deps, reference)


def _take_up(deps: PollDeps, reference: Reference) -> None:
    """Store *reference* as the version it is, and say how it differs from the one before."""
    state, tenant = deps.state, deps.settings.name
    version = version_of_reference(reference)
    before, known = state.reference, state.reference_version
    if before is None:
        last = deps.store.load_last_poll(tenant, successful=True)
        known = last.reference if last else ""
        before = deps.store.load_reference(known) if known else None
    if version != known:
        deps.store.save_reference(version, reference)
        for change in differences(before, reference) if before is not None else ():
            log.info("reference data changed", tenant=tenant, change=change)
    _take_up_map(deps, build_status_map(reference, deps.settings.levels))
    state.reference, state.reference_version = reference, version


def _take_up_map(deps: PollDeps, status_map: StatusMap) -> None:
    version = version_of_status_map(status_map)
    if version != deps.state.status_map_version:
        deps.store.save_status_map(version, status_map)
    deps.state.status_map_version = version


def _count(deps: PollDeps, record: Poll) -> None:
    tenant, observer = deps.settings.name, deps.observer
    observer.count("slamon_polls_total", tenant=tenant, result=record.result)
