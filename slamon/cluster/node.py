"""One node: takes polls from the queue, shows all tenants, delivers mail and makes reports as the daemon does."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

from procrastinate import App

from slamon.cluster import memory
from slamon.cluster.queue import (
    BEAT,
    DEAD,
    POLLS,
    REAPER,
    TICKS,
    open_app,
    poll_task,
    reap_task,
    remove_stuck,
    tick_task,
)
from slamon.errors import LeaseLostError, SourceError, StoreUnavailableError, TenantHeldError
from slamon.log import get_logger
from slamon.store.database import Database
from slamon.watch import TenantWatch
from slamon.workplace import Workplace

log = get_logger(__name__)

AT_ONCE = 8  # polls a node runs at a time
LONGEST_TICK = 5  # seconds between two looks at what is due
SHUTDOWN = 20.0  # seconds that running polls get at the end


class Node(Workplace):
    """A workplace whose watches wait for jobs instead of polling by themselves."""

    def watching(self, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        """Return what runs instead of the watches: showing what is stored, and the worker."""
        return [*(watch.show_until(stop) for watch in self.watches), self._serve(stop)]

    async def _serve(self, stop: asyncio.Event) -> None:
        """Take jobs until *stop*. A database that goes away ends the workers; they begin again once it is back."""
        database = Database(self.config.store.url.get_secret_value())
        try:
            while not stop.is_set():
                try:
                    await self._take_jobs(database, stop)
                except Exception as error:  # psycopg's and procrastinate's own; whatever it is, the node goes on
                    log.error("the queue did not answer", error=f"{type(error).__name__}: {error}")
                    await asyncio.wait([asyncio.create_task(stop.wait())], timeout=LONGEST_TICK)
        finally:
            database.close()

    async def _take_jobs(self, database: Database, stop: asyncio.Event) -> None:
        # An app for each queue: two workers of one would share the state of its cron expressions.
        polls, ticks, reaper = (open_app(database.url, connections) for connections in (AT_ONCE + 4, 4, 4))

        async def poll(tenant: str) -> None:
            await self._poll(database, tenant)

        async def reap() -> int:
            removed = await remove_stuck(reaper, self._is_held)
            if removed:
                self.metrics.count("slamon_cluster_jobs_removed_total", removed)
                log.warning("jobs of dead workers removed; their tenants are deferred anew", jobs=removed)
            return removed

        shortest = min(map(self._real_poll_seconds, self.config.tenant), default=LONGEST_TICK)
        every = max(1, min(LONGEST_TICK, math.floor(shortest / 2)))
        poll_task(polls, poll)
        tick_task(ticks, every, self._due)
        reap_task(reaper, every, reap)
        async with polls.open_async(), ticks.open_async(), reaper.open_async():
            stopped = asyncio.create_task(stop.wait())
            workers = [
                asyncio.create_task(_work(app, queue, at_once))
                for app, queue, at_once in ((polls, POLLS, AT_ONCE), (ticks, TICKS, 1), (reaper, REAPER, 1))
            ]
            await asyncio.wait([stopped, *workers], return_when=asyncio.FIRST_COMPLETED)
            for task in (stopped, *workers):
                task.cancel()
            for end in await asyncio.gather(*workers, return_exceptions=True):
                if isinstance(end, Exception):
                    raise end

    async def _is_held(self, tenant: str) -> bool:
        return await asyncio.to_thread(self.store.load_holder, tenant) is not None

    async def _due(self) -> list[str]:
        """Return the tenants whose poll is due, or a clock of theirs changes by itself."""
        return [watch.name for watch in self.watches if await asyncio.to_thread(self._is_due, watch)]

    def _is_due(self, watch: TenantWatch) -> bool:
        now = self.wall.now()
        change = self.store.load_next_change(watch.name)
        return (change is not None and change <= now) or self._is_poll_due(watch, now)

    def _is_poll_due(self, watch: TenantWatch, now: datetime) -> bool:
        last = self.store.load_last_poll(watch.name)
        return last is None or not last.started_at <= now < last.started_at + watch.lookout.pace.poll_every

    async def _poll(self, database: Database, tenant: str) -> None:
        """Do what is due for *tenant*: poll, or evaluate. What goes wrong is logged; the next tick defers it anew."""
        watch = next((watch for watch in self.watches if watch.name == tenant), None)
        if watch is None:
            return  # a job of a node whose configuration has other tenants
        try:
            async with self.holding(tenant):
                await self._poll_held(database, watch)
        except TenantHeldError:
            log.debug("tenant is held elsewhere", tenant=tenant)
        except LeaseLostError:
            log.warning("lease lost; what was begun is dropped", tenant=tenant)
        except StoreUnavailableError as error:
            self.metrics.set("slamon_db_up", 0)
            self.metrics.count("slamon_db_errors_total")
            log.error("the database did not answer", tenant=tenant, error=str(error))
        except Exception:
            log.exception("cycle failed", tenant=tenant)

    async def _poll_held(self, database: Database, watch: TenantWatch) -> None:
        deps, token = watch.deps, self.leases.lease_of(watch.name).token
        known = await asyncio.to_thread(memory.recall, database, deps.store, deps.settings, deps.state, token)
        await watch.show()
        now, read_at = self.wall.now(), known.read_at if known is not None else None
        every = timedelta(seconds=self.config.tenant[watch.name].reference_seconds)
        if read_at is None or not read_at <= now < read_at + every:
            read_at = now
            if known is not None:
                await self._refresh(watch)
        if await asyncio.to_thread(self._is_poll_due, watch, now):
            await watch.cycle()
            watch.compare()
        else:
            await watch.catch_up()
        await asyncio.to_thread(memory.remember, database, deps.settings, deps.state, token, read_at)

    async def _refresh(self, watch: TenantWatch) -> None:
        try:
            await watch.refresh_reference()
        except SourceError as error:
            log.warning("reference data not read; the old ones hold", tenant=watch.name, error=str(error))


async def _work(app: App, queue: str, at_once: int) -> None:
    """Take jobs from *queue* until cancelled; finished ones are deleted."""
    await app.run_worker_async(
        queues=[queue],
        concurrency=at_once,
        install_signal_handlers=False,
        delete_jobs="always",
        fetch_job_polling_interval=1.0,
        update_heartbeat_interval=BEAT,
        stalled_worker_timeout=DEAD,
        shutdown_graceful_timeout=SHUTDOWN,
    )
