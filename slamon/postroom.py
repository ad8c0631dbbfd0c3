"""The post room: couriers side by side, each in a thread of its own: a channel that hangs holds up no other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from slamon.errors import SchemaOutdatedError, StoreError
from slamon.jobs.notify import Courier
from slamon.log import get_logger
from slamon.ports import Observer, Store
from slamon.seldom import Seldom

log = get_logger(__name__)

COMPLAIN_SECONDS = 60.0  # real seconds between two lines in the log that say the same
TICK = 15.0  # real seconds: how long waiting mail or a missed wake-up may go unnoticed


class PostRoom:
    """Has *couriers* deliver whenever there may be something, and shows how much is left."""

    def __init__(self, couriers: Sequence[Courier], store: Store, observer: Observer) -> None:
        self._couriers = couriers
        self._store = store
        self._observer = observer

    def deliver(self) -> bool:
        """Have each courier deliver what waits, one after the other; say whether more may be delivered at once."""
        more = [self._round(courier) for courier in self._couriers]
        return any(more)

    async def run(self, stop: asyncio.Event, bell: asyncio.Event, each_tick: Callable[[], None]) -> None:
        """Deliver until *stop*, at once when *bell* is set; *each_tick* is called about as often as anyone looks.

        Raises:
            SchemaOutdatedError: Another slamon has migrated the database meanwhile.
        """
        await asyncio.to_thread(self._look_for_orphans)
        rings = [asyncio.Event() for _ in self._couriers]
        threads = ThreadPoolExecutor(max(1, len(rings)), "courier")
        work = [
            asyncio.create_task(self._carry(courier, ring, stop, threads))
            for courier, ring in zip(self._couriers, rings, strict=True)
        ]
        try:
            while not stop.is_set() and not any(task.done() for task in work):
                each_tick()
                await _first_of([stop, bell], work)
                bell.clear()
                for ring in rings:
                    ring.set()
            await asyncio.gather(*work)
        finally:
            for task in work:
                task.cancel()
            threads.shutdown(wait=False)

    def _look_for_orphans(self) -> None:
        """Say if messages wait that nobody here delivers, as when a channel has left the settings."""
        with contextlib.suppress(StoreError):  # told where it matters
            served = sum(self._store.outbox_state(courier.name).waiting for courier in self._couriers)
            orphans = self._store.outbox_state().waiting - served
            if orphans > 0:
                remedy = "configure their channel again, or drop them: `slamon outbox list` shows them"
                log.warning("messages wait for channels that are not in the settings", messages=orphans, remedy=remedy)

    async def _carry(
        self, courier: Courier, ring: asyncio.Event, stop: asyncio.Event, threads: ThreadPoolExecutor
    ) -> None:
        loop = asyncio.get_running_loop()
        may_complain = Seldom(COMPLAIN_SECONDS)
        while not stop.is_set():
            ring.clear()
            try:
                while await loop.run_in_executor(threads, self._round, courier) and not stop.is_set():
                    pass
                may_complain.reset()
            except SchemaOutdatedError:
                raise
            except StoreError as error:
                if may_complain():
                    log.error("nothing can be delivered: the database failed", channel=courier.name, error=str(error))
            except Exception:  # what waits stays in the outbox; the next round tries again
                log.exception("delivery failed", channel=courier.name)
            await _first_of([stop, ring])

    def _round(self, courier: Courier) -> bool:
        """Deliver what waits, then count what is left; say whether more may be delivered at once."""
        more = courier.deliver_waiting()
        state = self._store.outbox_state(courier.name)
        oldest = state.oldest_at.timestamp() if state.oldest_at else float("nan")
        self._observer.set("slamon_outbox_pending", state.waiting, channel=courier.name)
        self._observer.set("slamon_outbox_held", state.held, channel=courier.name)
        self._observer.set("slamon_outbox_oldest_timestamp_seconds", oldest, channel=courier.name)
        return more


async def _first_of(events: Sequence[asyncio.Event], tasks: Sequence[asyncio.Task[None]] = ()) -> None:
    """Return when one of *events* is set or one of *tasks* done, or at the next tick."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait([*waits, *tasks], timeout=TICK, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
