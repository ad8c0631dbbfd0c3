"""A database that fails one tenant's watch: shown at once, said in the log once a poll period, and when it is over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from slamon.errors import StoreError, StoreUnavailableError
from slamon.jobs.store_alarm import StoreAlarm, Unstored
from slamon.log import get_logger
from slamon.lookout import Lookout
from slamon.ports import Observer, WallTime
from slamon.seldom import Seldom

log = get_logger(__name__)
T = TypeVar("T")

COMPLAIN_SECONDS = 300.0  # of real time between two lines in the log that say the same


class StoreTrouble:
    """What became of one tenant's calls to the database. *seconds*: how long one line in the log is enough."""

    def __init__(self, lookout: Lookout, observer: Observer, seconds: float) -> None:
        self._lookout = lookout
        self._observer = observer
        self._failures = 0
        self._may_speak = Seldom(seconds)

    def met(self, error: StoreError) -> None:
        """Note a call that failed."""
        self._failures += 1
        self._observer.set("slamon_db_up", 0)
        self._observer.count("slamon_db_errors_total")
        self._lookout.lost(f"nothing can be stored: {error}", in_store=True)
        self._lookout.show(self._observer)
        if self._may_speak():
            unexpected = not isinstance(error, StoreUnavailableError)
            failures = self._failures
            log.error(
                "nothing can be stored",
                tenant=self._lookout.tenant,
                error=str(error),
                failures=failures,
                exc_info=unexpected,
            )

    def over(self) -> None:
        """Note that something was stored."""
        self._observer.set("slamon_db_up", 1)
        if self._failures:
            log.info("the database stores again", tenant=self._lookout.tenant, failures=self._failures)
            self._failures = 0
            self._may_speak.reset()


async def keep_looking(
    alarm: StoreAlarm,
    unstored: Callable[[], Sequence[Unstored]],
    wall: WallTime,
    every: float,
    stop: asyncio.Event,
) -> None:
    """Have the operators told where nothing can be stored, until *stop*; the outbox may be stuck for that reason."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(alarm.look, unstored(), wall.now())
        except Exception:  # the next look tries again
            log.exception("store alarm failed")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every)


async def once_stored(work: Callable[[], Awaitable[T]], every: float) -> T:
    """Return what *work* does, tried again every so many seconds while the database does not answer."""
    may_complain = Seldom(COMPLAIN_SECONDS)
    while True:
        try:
            return await work()
        except StoreUnavailableError as error:
            if may_complain():
                log.warning("waiting for the database", error=str(error))
        await asyncio.sleep(every)
