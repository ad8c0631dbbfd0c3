"""One tenant's cycle: poll, evaluate, show; and evaluate between polls when time alone changes something."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from random import Random

from slamon.core.sight import Pace
from slamon.jobs.aftermath import Aftermath
from slamon.jobs.announce import Announcer
from slamon.jobs.blindness import SightTeller
from slamon.jobs.deps import PollDeps
from slamon.jobs.endings import Endings
from slamon.jobs.evaluate import Evaluated, Evaluator
from slamon.jobs.hints import take_hints
from slamon.jobs.poll import poll, refresh_reference
from slamon.jobs.recheck import recheck
from slamon.jobs.untold import find_untold
from slamon.lookout import Lookout
from slamon.metrics import Metrics, count_board
from slamon.opencounts import OpenCounts, load_counts
from slamon.ports import Poll, WallTime
from slamon.store_trouble import StoreTrouble

FRESH = 5.0  # real seconds: what a poll brought is news for so long


@dataclass(frozen=True, slots=True)
class CycleParts:
    """What a cycle is made of. `outbox` is set when there may be mail to send."""

    deps: PollDeps
    evaluator: Evaluator
    announcer: Announcer
    metrics: Metrics
    wall: WallTime
    outbox: asyncio.Event
    pace: Pace
    aftermath: Aftermath | None = None
    teller: SightTeller | None = None
    endings: Endings | None = None


class TenantCycle:
    """One tenant's poll and evaluation, one at a time."""

    def __init__(self, parts: CycleParts) -> None:
        self.deps = parts.deps
        self.last: Poll | None = None
        self.last_success_at: datetime | None = None
        self.lookout = Lookout(parts.deps.settings.name, parts.pace, parts.wall)
        self._trouble = StoreTrouble(self.lookout, parts.metrics, parts.wall.real_seconds(parts.pace.poll_every))
        self._evaluator = parts.evaluator
        self._announcer = parts.announcer
        self._metrics = parts.metrics
        self._wall = parts.wall
        self._outbox = parts.outbox
        self._aftermath = parts.aftermath
        self._teller = parts.teller
        self._endings = parts.endings
        self._busy = asyncio.Lock()
        self._storing = asyncio.Lock()
        self._counts: OpenCounts | None = None
        self._random = Random()  # noqa: S311  (which readings are checked again is no secret)

    @property
    def name(self) -> str:
        return self.deps.settings.name

    async def cycle(self, *, brief: bool = False) -> Poll:
        """Poll, evaluate, publish; return the poll's record. A *brief* one leaves to the next what may wait."""
        async with self._busy:
            await take_hints(self.deps)
            self.last = await poll(self.deps, brief=brief)
            if self.last.result == "failed":
                await self._publish_as_known()
            else:
                if self.last_success_at is None:
                    await asyncio.to_thread(self._announcer.begin_by, self.last.started_at)
                await self._evaluate(always_publish=True)
                self.last_success_at = self.last.finished_at
            if self._aftermath is not None:
                told = await asyncio.to_thread(self._aftermath.settle, self.last)
                if told:
                    self._outbox.set()
            now, store = self._wall.now(), self.deps.store
            await asyncio.to_thread(recheck, store, self.name, now, self._metrics, self._random)
            self.lookout.polled(self.last)
            if self.deps.clock.is_right is False:
                self.lookout.lost(self.last.error)
            self.lookout.show(self._metrics)
            await self._tell_sight()
        return self.last

    async def _tell_sight(self) -> None:
        if self._teller is not None:
            told = await asyncio.to_thread(self._teller.tell, self.lookout.sight())
            if told:
                self._outbox.set()

    async def evaluate(self) -> None:
        """Evaluate what has changed by itself since the last time."""
        async with self._busy:
            await self._evaluate(always_publish=False)

    async def catch_up(self) -> None:
        """Evaluate what has changed by itself; poll first, where something is to be told of what is no longer fresh.

        While ConnectWise does not answer nothing is: a ticket may have been resolved, or begun to wait, unseen.
        """
        if not self._sees():
            return
        if not self._is_fresh() and await self._untold():
            await self.cycle()
        else:
            await self.evaluate()

    async def _untold(self) -> frozenset[int]:
        deps, now = self.deps, self._wall.now()
        untold = await asyncio.to_thread(find_untold, deps.store, self.name, now, deps.find_unseen)
        return untold - self._held()  # those are looked at again with the next poll, not before

    def _held(self) -> frozenset[int]:
        """Return the tickets of which nothing is told for now, since the second look at them failed.

        It may fail for ever where the list of changes is read well: after some polls that list must do.
        """
        state = self.deps.state
        return state.doubtful if state.looks_failed < self.lookout.pace.blind_after else frozenset()

    def _sees(self) -> bool:
        """Say whether the last poll worked, and not too long ago."""
        return self.last is not None and self.last.result != "failed" and not self.lookout.sight().is_blind

    def _is_fresh(self) -> bool:
        assert self.last is not None
        return 0 <= self._wall.real_seconds(self._wall.now() - self.last.finished_at) < FRESH

    async def refresh_reference(self) -> None:
        """Forget the reference data, so that the next poll reads it anew and looks at every open ticket."""
        async with self._busy:
            await refresh_reference(self.deps)

    async def _evaluate(self, *, always_publish: bool) -> None:
        counts, self._counts = self._counts, None  # whatever fails from here on, they are counted anew
        async with self._storing:
            now, held = self._wall.now(), self._held()
            read = await asyncio.to_thread(self._evaluator.evaluate, now, self._announcer, held)
        if read.ids or always_publish:
            counts = await asyncio.to_thread(self._publish, counts, read)
        self._counts = counts
        ended = await asyncio.to_thread(self._endings.tell, now) if self._endings else 0
        if read.ids or ended:
            self._outbox.set()

    async def settled(self) -> None:
        """Return once what is being read now is stored: it is dated by when that began."""
        async with self._storing:
            pass

    async def _publish_as_known(self) -> None:
        """Show what was known before a poll that failed, and what it stored; nothing new is judged by that."""
        counts, self._counts = self._counts, None
        self._counts = await asyncio.to_thread(self._publish, counts, Evaluated((), Counter()))

    def _publish(self, counts: OpenCounts | None, read: Evaluated) -> OpenCounts:
        """Show how the open tickets stand; *counts* are brought up to date, or made anew if there are none."""
        state, store, settings = self.deps.state, self.deps.store, self.deps.settings
        moved, state.moved = state.moved | set(read.ids), set()
        if counts is None or counts.counted_at != state.swept_at:  # what others wrote into the store is found so
            counts = load_counts(store, self.name, state.swept_at, settings.companies)
        else:
            counts.update(store, self.name, moved, read.new)
        boards = [board.name for board in state.reference.boards.values()] if state.reference else []
        self._metrics.publish(
            count_board(
                counts.board,
                tenant=self.name,
                transitions=counts.transitions,
                boards=boards,
                unmapped_statuses=len(set(state.unmapped.values())) if state.judged_by else None,
                tickets_without_policy=len(state.problems) if state.judged_by else None,
                totals=counts.totals,
                slo=counts.slo(store, self.name, self._wall.now(), state.zone(settings)),
                worst=settings.worst_tickets,
            )
        )
        self._trouble.over()
        return counts
