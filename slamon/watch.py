"""Watching one tenant: poll at a steady pace, evaluate when a poll or the passing of time changes something."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from slamon.comparison import Comparison
from slamon.core.sight import Pace
from slamon.errors import LeaseLostError, SchemaOutdatedError, StoreError
from slamon.jobs.aftermath import Aftermath
from slamon.jobs.announce import Announcer
from slamon.jobs.blindness import SightTeller
from slamon.jobs.deps import PollDeps
from slamon.jobs.evaluate import Evaluated, Evaluator
from slamon.jobs.hints import take_hints
from slamon.jobs.poll import poll, refresh_reference
from slamon.jobs.recheck import recheck
from slamon.jobs.untold import find_untold
from slamon.leases import Hold, Unshared
from slamon.log import get_logger
from slamon.lookout import Lookout
from slamon.metrics import Metrics, count_board
from slamon.opencounts import OpenCounts, load_counts
from slamon.ports import Poll, WallTime
from slamon.standby import show_stored
from slamon.store_trouble import StoreTrouble

log = get_logger(__name__)
T = TypeVar("T")

FRESH = 5.0  # real seconds: what a poll brought is news for so long
LONGEST_SLEEP = 30.0  # real seconds, so that a machine that slept or whose clock moved catches up


class TenantWatch:
    """One tenant's poll and evaluation, one at a time. *outbox* is set when there may be mail to send."""

    def __init__(
        self,
        deps: PollDeps,
        evaluator: Evaluator,
        announcer: Announcer,
        metrics: Metrics,
        wall: WallTime,
        *,
        poll_every: timedelta,
        blind_after: int = 3,
        outbox: asyncio.Event,
        hint_seconds: float = 5.0,
        comparison: Comparison | None = None,
        hold: Hold | None = None,
        aftermath: Aftermath | None = None,
        teller: SightTeller | None = None,
    ) -> None:
        self.deps = deps
        self.last: Poll | None = None
        self.last_success_at: datetime | None = None
        self.lookout = Lookout(deps.settings.name, Pace(poll_every, blind_after), wall)
        self._trouble = StoreTrouble(self.lookout, metrics, wall.real_seconds(poll_every))
        self._evaluator = evaluator
        self._announcer = announcer
        self._metrics = metrics
        self._wall = wall
        self._outbox = outbox
        self._hint_seconds = hint_seconds
        self._hinted = asyncio.Event()
        self._hinted_at: float | None = None  # monotonic; the first hint since the last poll began
        self._busy = asyncio.Lock()
        self._counts: OpenCounts | None = None
        self._hold = hold or Unshared()
        self._token: int | None = None  # under which we watch; None: we stand by
        self._shown_at = float("-inf")  # monotonic; when what others stored was last shown
        self._comparison = comparison
        self._aftermath = aftermath
        self._teller = teller
        self._compared: tuple[object, ...] = (None, "")  # what the last comparison went by
        self._random = Random()  # noqa: S311  (which readings are checked again is no secret)

    @property
    def name(self) -> str:
        return self.deps.settings.name

    async def cycle(self) -> Poll:
        """Poll, evaluate, publish; return the poll's record."""
        async with self._busy:
            await take_hints(self.deps)
            self.last = await poll(self.deps)
            if self.last.result == "failed":
                await self._publish_as_known()
            else:
                await self._evaluate(always_publish=True)
                self.last_success_at = self.last.finished_at
            if self._aftermath is not None:
                told = await asyncio.to_thread(self._aftermath.settle, self.last)
                if told:
                    self._outbox.set()
            now, store = self._wall.now(), self.deps.store
            await asyncio.to_thread(recheck, store, self.name, now, self._metrics, self._random)
            self.lookout.polled(self.last)
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
        untold = await asyncio.to_thread(find_untold, self.deps.store, self.name, self._wall.now())
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

    def compare(self) -> None:
        """Begin to compare with ConnectWise's figures, beside all else, if there was a sweep or a new judgement."""
        state = self.deps.state
        goes_by = (state.swept_at, state.judged_by)
        polled = self.last is not None and self.last.result != "failed"
        if self._comparison and polled and goes_by != self._compared and self._comparison.begin(self._wall.now()):
            self._compared = goes_by

    def hint(self, ticket_id: int) -> bool:
        """Ask for this ticket with the next poll, and poll soon; False if too many are asked for already.

        However many hints come, they bring one poll forward, to a while after the first.
        """
        if not self.deps.state.hint(ticket_id):
            return False
        if self._hinted_at is None:
            self._hinted_at = time.monotonic()
            self._hinted.set()
        return True

    def _slept(self) -> bool:
        """Say whether time has passed unnoticed since a poll that worked: the machine slept, or its clock was set."""
        return self.last is not None and self.last.result != "failed" and self.lookout.sight().is_blind

    def _brought_forward(self, next_poll: float) -> float:
        return next_poll if self._hinted_at is None else min(next_poll, self._hinted_at + self._hint_seconds)

    async def run(self, stop: asyncio.Event) -> None:
        """Poll and evaluate until *stop*, or stand by. Whatever goes wrong is logged, counted, and tried again.

        Raises:
            SchemaOutdatedError: Another slamon has migrated the database: this one must not go on.
        """
        try:
            while not stop.is_set():
                began = time.monotonic()
                if not await self._guarded(self._secure_or_stand_by()):
                    await self._pause(self._hold.check_seconds, stop)
                    continue
                self._hinted_at = None  # hints that came before are read by this poll
                await self._guarded(self.cycle())
                self.compare()
                await self._until(began + self._wall.real_seconds(self.lookout.pace.poll_every), stop)
                await self._guarded(self._hold.share())
        finally:
            if self._comparison:
                await self._comparison.aclose()
            await self._hold.release()

    async def _secure_or_stand_by(self) -> bool:
        """Say whether the tenant is ours to watch; else show, once in a poll period, what its watcher has stored.

        What was remembered before somebody else watched it is forgotten.
        """
        before, self._token = self._token, await self._hold.secure()
        if self._token is None:
            await self._stand_by()
        elif self._token != before:
            self.deps.state.forget()
            self._counts, self._compared = None, (None, "")
        return self._token is not None

    async def _stand_by(self) -> None:
        if time.monotonic() - self._shown_at >= self._wall.real_seconds(self.lookout.pace.poll_every):
            await self.show()

    async def show(self) -> None:
        """Show what is stored, whoever polled."""
        self._shown_at, self._counts = time.monotonic(), None
        good, self.last = await asyncio.to_thread(show_stored, self.deps.store, self.name, self._metrics)
        self.lookout.follow(good, self.last)
        self.lookout.show(self._metrics)

    async def show_until(self, stop: asyncio.Event) -> None:
        """Only show what is stored, once in a poll period, until *stop*: others poll."""
        while not stop.is_set():
            if not self._busy.locked():
                await self._guarded(self.show())
            await self._pause(max(1.0, self._wall.real_seconds(self.lookout.pace.poll_every)), stop)

    async def _until(self, next_poll: float, stop: asyncio.Event) -> None:
        """Wait for the next poll, or an earlier one; in between evaluate whenever an instant of change has come."""
        while not stop.is_set() and self._token is not None:
            self._hinted.clear()  # before looking: a hint from here on ends the sleep
            left = self._brought_forward(next_poll) - time.monotonic()
            if left <= 0 or self._slept():
                return
            change = await self._guarded(asyncio.to_thread(self.deps.store.load_next_change, self.name))
            due = LONGEST_SLEEP if change is None else self._wall.real_seconds(change - self._wall.now())
            if change is not None and due <= 0:
                await self._guarded(self.catch_up())
                # A ticket that stays due is looked at once a second, not in a tight loop; and blind, not at all.
                due = 1.0 if self._sees() else LONGEST_SLEEP
            await self._pause(max(0.01, min(left, due, LONGEST_SLEEP)), stop, self._hinted)

    async def _pause(self, seconds: float, *events: asyncio.Event) -> None:
        """Sleep for *seconds*, or until one of *events*."""
        waits = [asyncio.create_task(event.wait()) for event in events]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _evaluate(self, *, always_publish: bool) -> None:
        counts, self._counts = self._counts, None  # whatever fails from here on, they are counted anew
        now, held = self._wall.now(), self._held()
        read = await asyncio.to_thread(self._evaluator.evaluate, now, self._announcer, held)
        if read.ids or always_publish:
            counts = await asyncio.to_thread(self._publish, counts, read)
        self._counts = counts
        if read.ids:
            self._outbox.set()

    async def _publish_as_known(self) -> None:
        """Show what was known before a poll that failed, and what it stored; nothing new is judged by that."""
        counts, self._counts = self._counts, None
        self._counts = await asyncio.to_thread(self._publish, counts, Evaluated((), Counter()))

    def _publish(self, counts: OpenCounts | None, read: Evaluated) -> OpenCounts:
        """Show how the open tickets stand; *counts* are brought up to date, or made anew if there are none."""
        state, store = self.deps.state, self.deps.store
        moved, state.moved = state.moved | set(read.ids), set()
        if counts is None or counts.counted_at != state.swept_at:  # what others wrote into the store is found so
            counts = load_counts(store, self.name, state.swept_at)
        else:
            counts.update(store, self.name, moved, read.new)
        boards = [board.name for board in state.reference.boards.values()] if state.reference else []
        self._metrics.publish(
            count_board(
                counts.board,
                tenant=self.name,
                transitions=counts.transitions,
                boards=boards,
                unmapped_statuses=len(set(state.unmapped.values())),
                tickets_without_policy=len(state.problems),
            )
        )
        self._trouble.over()
        return counts

    async def _guarded(self, work: Awaitable[T]) -> T | None:
        try:
            return await work
        except LeaseLostError:
            self._hold.drop()
            self._token = None
        except SchemaOutdatedError:  # another slamon has the database now
            raise
        except StoreError as error:
            self._trouble.met(error)
        except Exception:  # the daemon outlives a bug in one cycle; it is logged and seen in the metrics
            self.lookout.lost("a cycle failed, see the log")
            self.lookout.show(self._metrics)
            log.exception("cycle failed", tenant=self.name)
        return None
