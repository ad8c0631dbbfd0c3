"""Intake: the tickets a poll brings, looked at and stored chunk by chunk, so that no more than a few pages are held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

from msgspec import structs

from slamon.core.chooser import Chooser
from slamon.core.doubt import doubt_since, doubt_whole, tells_more
from slamon.core.instants import from_epoch
from slamon.core.observe import Desk, Scope, observe
from slamon.core.reference import Reference
from slamon.core.ticket import Event, Kind, Ticket
from slamon.core.trail import Trail
from slamon.errors import SlamonError
from slamon.jobs.deps import PollDeps
from slamon.jobs.promises import Promises, choose_promises
from slamon.jobs.trails import Trails, after_doubt, after_failure, by_urgency, may_have_a_trail, wait_for
from slamon.log import get_logger
from slamon.ports import Batch, HistoryRow, Poll, Rejection, UnreadTrail, Versions

log = get_logger(__name__)

CHUNK = 2000  # tickets a transaction; a page or two
AHEAD = timedelta(minutes=15)  # a `lastUpdated` further ahead of the server's own clock than this is no time of change
UNFINISHED = "it did not finish"

History = Mapping[int, Sequence[HistoryRow]]


@dataclass(slots=True)
class Progress:
    """A poll under way: what it has stored so far, and what went wrong."""

    tenant: str
    started_at: datetime
    reference: str = ""  # version of the reference data it goes by
    status_map: str = ""  # version of what the statuses mean by it and the settings
    seen: int = 0
    changed: int = 0
    rejected: int = 0
    watermark: datetime | None = None
    troubles: list[str] = field(default_factory=list)  # what is wrong although the list of changes was read

    def record(self, finished_at: datetime, *, failure: str = "") -> Poll:
        """Return the poll as it is now; with *failure* as one that failed."""
        result: Literal["ok", "partial", "failed"] = "partial" if self.rejected or self.troubles else "ok"
        return Poll(
            tenant=self.tenant,
            started_at=self.started_at,
            finished_at=finished_at,
            result="failed" if failure else result,
            seen=self.seen,
            changed=self.changed,
            rejected=self.rejected,
            watermark=None if failure else self.watermark,
            error=failure or "; ".join(self.troubles),
            reference=self.reference,
            status_map=self.status_map,
        )


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Tickets as they came, each once, those that cannot be read, and what the store knows of them.

    `ahead`: the ids of those whose `lastUpdated` cannot be true yet; `undated`: those of them that are taken, as they
    are stored; `stale`: the ids of those that are older than what is known.
    """

    tickets: Sequence[Ticket]
    refused: Sequence[Rejection]
    ahead: frozenset[int]
    undated: Mapping[int, Ticket]
    stale: frozenset[int]
    known: Mapping[int, Ticket]
    changed: Sequence[Ticket]
    history: History


class Intake:
    """Takes pages of tickets and stores what is not as it was; counts it in *progress*."""

    def __init__(self, deps: PollDeps, reference: Reference, progress: Progress) -> None:
        self.deps = deps
        self.progress = progress
        self.desk = Desk(reference, deps.settings.levels, deps.state.board_ids(deps.settings))
        self.chooser = Chooser(reference, deps.settings.promises)
        self.trails = Trails(deps, deps.settings.trails_per_poll)
        self._versions: set[str] = set()  # those stored by this poll
        self._unsaved = Versions()
        self._refused: set[tuple[int | None, str]] = set()
        self._seen: set[int] = set()

    async def take(self, batches: AsyncIterator[Batch]) -> set[int]:
        """Look at the pages and store what changed, chunk by chunk; return the ids that were there, readable or not."""
        there: set[int] = set()
        held: list[Batch] = []
        async for batch in batches:
            held.append(batch)
            if sum(len(page.tickets) for page in held) >= CHUNK:
                there |= await self._take(held)
                held = []
        return there | await self._take(held)

    async def _take(self, batches: Sequence[Batch]) -> set[int]:
        tickets = _newest_of_each(batches)
        rejections = [rejection for batch in batches for rejection in batch.rejections]
        there = tickets.keys() | {r.ticket_id for r in rejections if r.ticket_id is not None}
        if not there and not rejections:
            return set()
        answered_at = max((b.answered_at for b in batches if b.answered_at), default=self.progress.started_at)
        chunk = await asyncio.to_thread(self._compare, tickets, rejections, answered_at)
        wanted = [ticket for ticket in chunk.changed if may_have_a_trail(chunk.known.get(ticket.id), ticket)]
        trails = await self.trails.read(by_urgency(wanted, chunk.known, self.desk, self.progress.started_at))
        await asyncio.to_thread(self._keep, chunk, trails, wanted)
        return set(there)

    def _compare(self, tickets: Mapping[int, Ticket], rejections: Sequence[Rejection], answered_at: datetime) -> _Chunk:
        """Return the tickets that are not as they were when last seen, with their histories."""
        store, tenant = self.deps.store, self.deps.settings.name
        ahead = frozenset(ticket.id for ticket in tickets.values() if ticket.last_updated_at > answered_at + AHEAD)
        doubted = ahead - self.deps.state.retry_ids  # at the second sight it is taken, but for its date
        newest = self.deps.state.answered_at = max(answered_at, self.deps.state.answered_at or answered_at)
        rejections = [*rejections, *(_is_ahead(tickets[number]) for number in sorted(doubted))]
        tickets = {number: ticket for number, ticket in tickets.items() if number not in doubted}
        known = store.load_tickets(tenant, tickets)
        undated = {number: _undated(tickets[number], known.get(number)) for number in ahead - doubted}
        different = [ticket for ticket in tickets.values() if known.get(ticket.id) != undated.get(ticket.id, ticket)]
        stale = frozenset(t.id for t in different if _is_older(t, known.get(t.id), newest))
        changed = [ticket for ticket in different if ticket.id not in stale]
        if stale:
            self.deps.observer.count("slamon_rows_stale_total", len(stale), tenant=tenant)
        history = self.load_history(known, changed)
        return _Chunk(list(tickets.values()), rejections, ahead, undated, stale, known, changed, history)

    def load_history(self, known: Collection[int], tickets: Iterable[Ticket]) -> History:
        """Return the histories of those of *tickets* that are *known*, by id."""
        ids = [ticket.id for ticket in tickets if ticket.id in known]
        rows = self.deps.store.load_history(self.deps.settings.name, ids) if ids else []
        return {ticket_id: list(own) for ticket_id, own in groupby(rows, key=lambda row: row.ticket_id)}

    def _keep(self, chunk: _Chunk, trails: Mapping[int, Trail], wanted: Sequence[Ticket]) -> None:
        """Decide what has happened to the tickets of *chunk*, and store it; some of the trails *wanted* must wait."""
        kept: list[Ticket] = []
        events: list[Event] = []
        unread: list[Rejection] = []
        seen_at = self.progress.started_at
        for ticket in chunk.changed:
            before, scope = chunk.known.get(ticket.id), scope_of(chunk.history.get(ticket.id, ()))
            try:
                trail = trails[ticket.id].changes if ticket.id in trails else None
                events += observe(before, ticket, self.desk, trail, seen_at=seen_at, scope=scope)
                kept.append(chunk.undated.get(ticket.id, ticket))
            except (SlamonError, ValueError, OverflowError) as error:  # one bad ticket never stops a poll
                unread.append(Rejection(ticket.id, "bad_shape", str(error)))
        failed = {rejection.ticket_id for rejection in unread}
        read = {ticket.id for ticket in chunk.tickets} - failed
        refused = [r for r in chunk.refused if r.ticket_id not in read] + unread
        self._note_rejections(refused)
        self._seen |= read
        self.progress.seen = len(self._seen)
        asked = {ticket.id for ticket in wanted}
        found = (self._wait_for(ticket, chunk, trails.get(ticket.id)) for ticket in kept if ticket.id in asked)
        waiting = [wait for wait in found if wait is not None]
        self.save(kept, events, chunk.history, waiting, chunk.known)
        # Only now: what could not be stored is asked for again.
        self.deps.state.retry_ids -= read - chunk.stale
        self.deps.state.retry_ids |= {r.ticket_id for r in refused if r.ticket_id is not None}
        self.deps.state.retry_ids |= chunk.ahead  # a closed one would be listed no more, and keep the date

    def _wait_for(self, ticket: Ticket, chunk: _Chunk, trail: Trail | None) -> UnreadTrail | None:
        """Return when the trail of *ticket* is to be read again; None if *trail* is believed."""
        now, before = self.progress.started_at, chunk.known.get(ticket.id)
        wait = wait_for(ticket, self.desk, now)
        if trail is None:
            return after_failure(wait, now) if ticket.id in self.trails.failed else wait
        doubt = doubt_whole(ticket, trail, self.desk) if before is None else doubt_since(before, ticket, trail)
        if not self.trails.judge(doubt, 0):
            return after_doubt(wait, now)
        told_at = {from_epoch(row.at) for row in chunk.history.get(ticket.id, ()) if row.kind == Kind.STATUS}
        more = before is not None and tells_more(before, ticket, trail, self.desk, told_at)
        return wait if more else None

    def save(
        self,
        tickets: Sequence[Ticket],
        events: Sequence[Event],
        history: History,
        waiting: Sequence[UnreadTrail] = (),
        known: Mapping[int, Ticket] | None = None,
    ) -> None:
        """Store *tickets* with their new events and promises in one transaction; nothing to store is no transaction.

        *known* are the tickets as they were before *events*.
        """
        self._save(tickets, self._promised(tickets, events, history, known), waiting)

    def judge(self, tickets: Sequence[Ticket], events: Sequence[Event], history: History) -> None:
        """Store *events* of tickets whose facts stand as they are, and the promises they have now."""
        self._save((), self._promised(tickets, events, history))

    def _promised(
        self,
        tickets: Sequence[Ticket],
        events: Sequence[Event],
        history: History,
        known: Mapping[int, Ticket] | None = None,
    ) -> list[Event]:
        """Return *events* and those of new promises."""
        now = self.progress.started_at
        promises = choose_promises(self.deps, self.desk, self.chooser, tickets, events, history, now, known)
        self.keep_versions(promises)
        return [*events, *promises.events]

    def keep_versions(self, promises: Promises) -> None:
        """Have the versions that *promises* name stored with the events that name them, once a poll."""
        for version in promises.terms.keys() - self._versions:
            terms = promises.terms[version]
            self._unsaved.terms[version] = terms
            self._unsaved.calendars[terms.calendar] = promises.calendars[terms.calendar]

    def save_told(self, events: Sequence[Event], waiting: Sequence[UnreadTrail], read: Collection[int]) -> None:
        """Store histories told anew; the trails *waiting* are tried again, those of the tickets *read* are done."""
        self._save((), events, waiting, read)

    def _save(
        self,
        tickets: Sequence[Ticket],
        events: Sequence[Event],
        waiting: Sequence[UnreadTrail] = (),
        read: Collection[int] = (),
    ) -> None:
        if not (tickets or events or waiting or read):
            return
        self.progress.changed += len(tickets)
        record = self.progress.record(self.deps.now(), failure=UNFINISHED)
        unsaved = self._unsaved
        self.deps.store.save_poll(record, tickets, events, trails=waiting, trails_read=read, versions=unsaved)
        self._versions |= unsaved.terms.keys()
        self._unsaved = Versions()
        self.deps.state.moved |= {ticket.id for ticket in tickets}

    def _note_rejections(self, rejections: Sequence[Rejection]) -> None:
        tenant = self.deps.settings.name
        for rejection in rejections:
            if (rejection.ticket_id, rejection.reason) in self._refused:
                continue
            self._refused.add((rejection.ticket_id, rejection.reason))
            self.progress.rejected += 1
            log.warning("ticket refused", tenant=tenant, ticket=rejection.ticket_id, error=rejection.message)
            self.deps.observer.count("slamon_rows_rejected_total", tenant=tenant, reason=rejection.reason)


def scope_of(history: Sequence[HistoryRow]) -> Scope | None:
    """Return what a history last said of its ticket's scope; None for one that was always in it."""
    last = next((row for row in reversed(history) if row.kind in (Kind.CANCELLED, Kind.RESTORED)), None)
    return None if last is None else Scope(last.kind == Kind.CANCELLED, from_epoch(last.at))


def _newest_of_each(batches: Sequence[Batch]) -> dict[int, Ticket]:
    """Return each ticket once; where pages hold two states of one, the one changed last, of equals the later page's."""
    found: dict[int, Ticket] = {}
    for batch in batches:
        for ticket in batch.tickets:
            other = found.get(ticket.id)
            if other is None or ticket.last_updated_at >= other.last_updated_at:
                found[ticket.id] = ticket
    return found


def _is_ahead(ticket: Ticket) -> Rejection:
    said = (
        f"ticket {ticket.id}: lastUpdated {ticket.last_updated_at:%Y-%m-%dT%H:%M:%SZ} lies ahead of the server's clock"
    )
    return Rejection(ticket.id, "bad_date", said)


def _undated(ticket: Ticket, known: Ticket | None) -> Ticket:
    """Return *ticket* with a date that hides nothing but older rows: its own would hide what it says when put right."""
    if known is None:
        return structs.replace(ticket, last_updated_at=ticket.entered_at)
    is_same = structs.replace(ticket, last_updated_at=known.last_updated_at) == known
    return known if is_same else structs.replace(ticket, last_updated_at=known.last_updated_at + timedelta(seconds=1))


def _is_older(ticket: Ticket, known: Ticket | None, answered_at: datetime) -> bool:
    """Say whether *ticket* is an older state than the one *known*, from a cache or a late page.

    A stored date that lies ahead of the server's clock cannot judge: it would hide all that comes.
    """
    return known is not None and ticket.last_updated_at < known.last_updated_at <= answered_at + AHEAD
