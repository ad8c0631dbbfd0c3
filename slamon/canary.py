"""Letting the canary fly: once a period, and telling metrics and the dead man's switch whether it arrived."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from slamon.core.canary import WrongCanaryError
from slamon.deadman import DeadMan
from slamon.errors import SlamonError
from slamon.jobs.canary import Canary, arrived_at, clear_up, release
from slamon.log import get_logger
from slamon.ports import Observer, Store, WallTime
from slamon.reporting.render import Renderer

log = get_logger(__name__)

GAUGES = (*("slamon_canary_ok", "slamon_canary_last_success_timestamp_seconds", "slamon_canary_latency_seconds"),)

LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class CanarySettings:
    """Where it flies to, how often, and how long it may take."""

    recipient: str
    domain: str
    every: timedelta
    within: timedelta


class Aviary:
    """Releases canaries. *reasons* say why the daemon is not ready, *hurry* that there is mail to send."""

    def __init__(
        self,
        settings: CanarySettings,
        store: Store,
        renderer: Renderer,
        observer: Observer,
        wall: WallTime,
        *,
        reasons: Callable[[], Sequence[str]],
        hurry: Callable[[], None],
        deadman: DeadMan | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._renderer = renderer
        self._observer = observer
        self._wall = wall
        self._reasons = reasons
        self._hurry = hurry
        self._deadman = deadman
        self._newest: datetime | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Release one canary a period until *stop*, the first at once; one on its way then is not waited for."""
        flights = asyncio.create_task(self._fly_for_ever())
        await stop.wait()
        flights.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await flights

    async def _fly_for_ever(self) -> None:
        while True:
            began = time.monotonic()
            try:
                await self.fly()
            except Exception:  # whatever it is, the next one flies
                log.exception("canary failed")
                self._observer.set("slamon_canary_ok", 0)
            left = self._wall.real_seconds(self._settings.every) - (time.monotonic() - began)
            await asyncio.sleep(max(LOOK_SECONDS, left))

    async def fly(self) -> bool:
        """Release one and see it arrive; return whether it did while every tenant was seen."""
        canary, trouble = await self._release()
        if canary is not None:
            trouble = await self._watch(canary)
            with contextlib.suppress(SlamonError):  # then the next one clears up
                await asyncio.to_thread(clear_up, self._store, canary)
        self._observer.set("slamon_canary_ok", float(not trouble))
        if trouble:
            log.error("the way of an alert is not clear", reason=trouble)
        if self._deadman is not None and (canary is None or canary.ours):
            await self._deadman.ping(well=not trouble)
        return not trouble

    async def _release(self) -> tuple[Canary | None, str]:
        settings = self._settings
        try:
            canary = await asyncio.to_thread(
                release,
                self._store,
                self._renderer,
                recipient=settings.recipient,
                domain=settings.domain,
                now=self._wall.now(),
                every=settings.every,
                after=self._newest,
            )
        except (SlamonError, WrongCanaryError) as error:
            return None, str(error)
        except Exception:  # a bug on the way of alerts is what it looks for
            log.exception("canary failed")
            return None, "a step of its way failed, see the log"
        self._newest = max(canary.period_at, self._newest or canary.period_at)
        self._hurry()
        return canary, ""

    async def _watch(self, canary: Canary) -> str:
        """Wait until *canary* has arrived and the daemon is ready; return what is missing when time is up."""
        deadline = time.monotonic() + self._wall.real_seconds(self._settings.within)
        while True:
            missing = await self._missing(canary)
            if not missing or time.monotonic() >= deadline:
                return missing
            await asyncio.sleep(LOOK_SECONDS)

    async def _missing(self, canary: Canary) -> str:
        try:
            arrived = await asyncio.to_thread(arrived_at, self._store, canary)
        except SlamonError as error:
            return str(error)
        if arrived is None:
            return "no mail server has accepted it"
        self._observer.set("slamon_canary_last_success_timestamp_seconds", arrived.timestamp())
        took = (arrived - canary.released_at).total_seconds()
        if canary.ours:
            self._observer.set("slamon_canary_latency_seconds", max(0.0, took))
        return "; ".join(self._reasons())
