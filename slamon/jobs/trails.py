"""Audit trails: who may have one worth reading, reading several at a time, so many a poll, and when to read again."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from slamon.core.doubt import Doubt
from slamon.core.observe import Desk
from slamon.core.ticket import Ticket
from slamon.core.trail import Trail
from slamon.errors import SourceError
from slamon.jobs.deps import PollDeps
from slamon.log import get_logger
from slamon.ports import UnreadTrail

log = get_logger(__name__)

AT_ONCE = 6
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
LONGEST_DOUBT = timedelta(minutes=8)
TRIES = {Doubt.SLIGHT: 3, Doubt.GRAVE: 8}  # how often a doubted trail is read again
ONE_OF = {Doubt.SLIGHT: 4, Doubt.GRAVE: 2}  # trails read may be doubted; if more are, this ConnectWise's are like that
FIRST_FEW = 20  # doubted trails tell nothing of that
LAST_RANK = 1_000_000  # of a ticket whose priority nobody ranks


def may_have_a_trail(before: Ticket | None, now: Ticket) -> bool:
    """Say whether the audit trail may tell something: the ticket was touched since it entered, or since last seen."""
    if before is None:
        return now.last_updated_at > now.entered_at
    return now.last_updated_at != before.last_updated_at  # the date known may have been ahead of the time


@dataclass(slots=True)
class Trails:
    """Reads the trails of one poll, as long as *left* lasts and anybody answers."""

    deps: PollDeps
    left: int
    silent: bool = False  # nobody answered
    failed: set[int] = field(default_factory=set)

    async def read(self, ids: Sequence[int]) -> dict[int, Trail]:
        """Return the trails of those of *ids* whose trail could be read; the first come first."""
        found: dict[int, Trail] = {}
        for begin in range(0, len(ids), AT_ONCE):
            asked = ids[begin : begin + min(AT_ONCE, self.left)]
            if not asked or self.silent:
                break
            self.left -= len(asked)
            answers = await asyncio.gather(*map(self._fetch, asked))
            found |= {number: trail for number, trail in zip(asked, answers, strict=True) if trail is not None}
            self.failed |= set(asked) - found.keys()
            # None of several: they cannot be read at the moment, or not at all. The next poll asks for a few again.
            self.silent = len(asked) > 1 and not any(trail is not None for trail in answers)
        return found

    def judge(self, doubt: Doubt, tries: int) -> bool:
        """Count a trail just read; say whether it stands in spite of *doubt*, after so many *tries* in vain."""
        state = self.deps.state
        state.trails_read += 1
        if doubt is Doubt.NONE:
            return True
        state.trails_doubted[doubt] += 1
        self.deps.observer.count("slamon_audit_trails_doubted_total", tenant=self.deps.settings.name)
        is_usual = state.trails_doubted[doubt] - FIRST_FEW > state.trails_read / ONE_OF[doubt]
        return is_usual or tries >= TRIES[doubt]

    async def _fetch(self, ticket_id: int) -> Trail | None:
        try:
            entries = await self.deps.source.fetch_audit_trail(ticket_id)
            return Trail(self.deps.read_trail(entries), max((entry.at for entry in entries), default=None))
        except SourceError as error:
            self.deps.observer.count("slamon_audit_trails_unread_total", tenant=self.deps.settings.name)
            log.warning("no audit trail", tenant=self.deps.settings.name, ticket=ticket_id, error=str(error))
            return None


def by_urgency(tickets: Collection[Ticket], known: Collection[int], desk: Desk, now: datetime) -> list[int]:
    """Return the tickets in the order in which their trails are read: changed ones, then new ones as they wait."""
    waits = {ticket.id: wait_for(ticket, desk, now) for ticket in tickets}

    def place(ticket_id: int) -> tuple[bool, bool, int, float]:
        wait = waits[ticket_id]
        return ticket_id not in known, wait.closed, wait.rank, -wait.entered_at.timestamp()

    return sorted(waits, key=place)


def wait_for(ticket: Ticket, desk: Desk, now: datetime) -> UnreadTrail:
    """Return that the trail of *ticket* is still to be read, and how urgently."""
    known = desk.reference.priorities.get(ticket.priority.id) if ticket.priority else None
    sort = known.sort if known is not None else ticket.priority_sort
    rank = LAST_RANK if sort is None else sort
    return UnreadTrail(ticket.id, ticket.closed or bool(desk.out_of_scope(ticket)), rank, ticket.entered_at, now)


def after_failure(wait: UnreadTrail, now: datetime, longest: timedelta = LONGEST_PAUSE) -> UnreadTrail:
    """Return *wait* after one more try in vain: the next comes later each time."""
    pause = min(longest, FIRST_PAUSE * 2 ** min(wait.tries, 20))
    return UnreadTrail(wait.ticket_id, wait.closed, wait.rank, wait.entered_at, now + pause, wait.tries + 1)


def after_doubt(wait: UnreadTrail, now: datetime) -> UnreadTrail:
    """Return *wait* after an answer that is doubted: soon, but behind the trails that nobody has read yet."""
    return replace(after_failure(wait, now, LONGEST_DOUBT), rank=LAST_RANK)
