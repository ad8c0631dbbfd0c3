"""Watching one tenant: its cycle at a steady pace, or sooner when something is hinted at or changes by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

from slamon.comparison import Comparison
from slamon.cycle import CycleParts, TenantCycle
from slamon.errors import LeaseLostError, SchemaOutdatedError, StoreError
from slamon.leases import Hold, Unshared
from slamon.log import get_logger
from slamon.standby import show_stored

log = get_logger(__name__)
T = TypeVar("T")

LONGEST_SLEEP = 30.0  # real seconds, so that a machine that slept or whose clock moved catches up


class TenantWatch(TenantCycle):
    """Runs one tenant's cycle while its lease is ours; else shows what others store."""

    def __init__(
        self,
        parts: CycleParts,
        *,
        hint_seconds: float = 5.0,
        comparison: Comparison | None = None,
        hold: Hold | None = None,
    ) -> None:
        super().__init__(parts)
        self._hint_seconds = hint_seconds
        self._hinted = asyncio.Event()
        self._hinted_at: float | None = None  # monotonic; the first hint since the last poll began
        self._hold = hold or Unshared()
        self._token: int | None = None  # under which we watch; None: we stand by
        self._shown_at = float("-inf")  # monotonic; when what others stored was last shown
        self._comparison = comparison
        self._compared: tuple[object, ...] = (None, "")  # what the last comparison went by

    def compare(self) -> None:
        """Begin to compare with ConnectWise's figures, beside all else, if there was a sweep or a new judgement."""
        state = self.deps.state
        goes_by = (state.swept_at, state.judged_by)
        polled = self.last is not None and self.last.result != "failed" and bool(state.judged_by)
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
                await self._guarded(self.cycle(brief=self._has_just_begun()))
                self.compare()
                if await self._guarded(self._left_to_another()):
                    await self._pause(self._wall.real_seconds(self.lookout.pace.poll_every), stop)
                    continue
                await self._until(began + self._wall.real_seconds(self.lookout.pace.poll_every), stop)
                await self._guarded(self._hold.share())
        finally:
            if self._comparison:
                await self._comparison.aclose()
            await self._hold.release()

    def _has_just_begun(self) -> bool:
        """Say whether nothing is shown yet, so that the first poll is to be quick; after a restore it tells all."""
        return self.last_success_at is None and not (self._aftermath and self._aftermath.news_since)

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

    async def _left_to_another(self) -> bool:
        """Leave the tenant to another daemon, if there is one, since our clock is wrong; say whether there was."""
        if self.deps.clock.is_right is not False or not await self._hold.stand_back():
            return False
        self._token = None
        log.warning("this machine's clock is wrong: the tenant is left to another daemon", tenant=self.name)
        return True

    async def _stand_by(self) -> None:
        if time.monotonic() - self._shown_at >= self._wall.real_seconds(self.lookout.pace.poll_every):
            await self.show()

    async def show(self) -> None:
        """Show what is stored, whoever polled."""
        self._shown_at, self._counts = time.monotonic(), None
        now = self._wall.now()
        good, self.last = await asyncio.to_thread(show_stored, self.deps.store, self.deps.settings, self._metrics, now)
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
