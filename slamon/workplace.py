"""All that one configuration describes, put together: watches, outbox, calendar jobs, canary."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from slamon.canary import GAUGES as CANARY_GAUGES
from slamon.comparison import CompareOrder, Comparison, compare_apart
from slamon.config.models import Config
from slamon.connectwise.audit import AuditReader
from slamon.connectwise.client import Client
from slamon.connectwise.source import ConnectWiseSource
from slamon.core.instants import format_instant
from slamon.cycle import CycleParts
from slamon.errors import SchemaOutdatedError, SlamonError
from slamon.hints import Hinted
from slamon.holder import new_holder
from slamon.jobs.aftermath import Aftermath
from slamon.jobs.announce import Announcer
from slamon.jobs.blindness import SightTeller
from slamon.jobs.clock_check import ClockCheck
from slamon.jobs.deps import PollDeps
from slamon.jobs.endings import Endings
from slamon.jobs.errand import Sent
from slamon.jobs.evaluate import Evaluator
from slamon.jobs.marks import watch_marks
from slamon.jobs.prune import prune_once
from slamon.jobs.store_alarm import Unstored
from slamon.jobs.tenant import TenantState
from slamon.leases import LeaseDesk, lease_seconds
from slamon.log import get_logger
from slamon.lookout import Lookout
from slamon.metrics import Metrics
from slamon.pages.house import Room
from slamon.ports import Store, Timekeeper, Unmoved, WallTime
from slamon.postroom import TICK, PostRoom
from slamon.report_desk import RETRY_SECONDS, ReportDesk
from slamon.schedule import CronTrigger, EveryTrigger, Waker, build_scheduler, last_fire
from slamon.steady import SteadyClock
from slamon.store_trouble import keep_looking
from slamon.trail_reader import TrailReader
from slamon.walltime import KeptTime
from slamon.watch import TenantWatch
from slamon.wiring import (
    kept_days,
    mail_domain,
    open_aviary,
    open_client,
    open_couriers,
    open_keys,
    open_renderer,
    open_store_alarm,
    templates_of,
    tenant_pace,
    tenant_paces,
    tenant_settings,
    wall_time,
)

log = get_logger(__name__)

PRUNE_CRON, PRUNE_ZONE = "17 3 * * *", ZoneInfo("UTC")
GRACE = 20.0  # real seconds that running work gets after SIGTERM


class Workplace:
    """All that one configuration describes, put together; replaced as a whole when it is reloaded.

    *before* is the one it replaces: what was seen is not forgotten.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        metrics: Metrics,
        wall: WallTime | None = None,
        before: Workplace | None = None,
        *,
        holder: str = "",
    ) -> None:
        self.config = config
        self.store = store
        self.metrics = metrics
        self.clock: SteadyClock = before.clock if before else SteadyClock(metrics)
        kept = KeptTime(lambda seconds: wall_time(config, seconds), self.clock)
        self.wall: WallTime = wall or kept
        self.keeper: Timekeeper = Unmoved() if wall else kept
        self.outbox = asyncio.Event()
        self.renderer = open_renderer(templates_of(config), metrics)
        seconds = {name: lease_seconds(self._real_poll_seconds(name)) for name in config.tenant}
        self.leases = LeaseDesk(store, metrics, holder or new_holder(), seconds)
        self.stopping = threading.Event()
        self.alarm = open_store_alarm(config, store, metrics, self.stopping)
        if self.alarm is not None and before is not None:
            self.alarm.take_over(before.alarm)
        couriers = open_couriers(config, store, metrics, self.wall, self.stopping, self._zone)
        self._post = PostRoom(couriers, store, metrics)
        self._clients: list[Client] = []
        metrics.before_scrape(None)  # else a scrape meanwhile would show a tenant that is no longer there
        metrics.limit(config.metrics.most_series, config.metrics.worst_tickets)
        metrics.watch(config.tenant, list(config.reports), ["mail", *config.channel])
        seen = {} if before is None else {watch.name: watch.lookout for watch in before.watches}
        self.watches: list[TenantWatch] = [self._watch(name, seen.get(name)) for name in config.tenant]
        metrics.before_scrape(self._show_sight)
        self.reports = ReportDesk(
            config,
            store,
            metrics,
            self.wall,
            self.leases.holder,
            domain=lambda: mail_domain(config, store),
            sent=self.outbox.set,
            settled=lambda: asyncio.gather(*(watch.settled() for watch in self.watches)),
        )

    def _zone(self, tenant: str) -> ZoneInfo:
        deps = next(watch.deps for watch in self.watches if watch.name == tenant)
        return deps.state.zone(deps.settings)

    def _real_poll_seconds(self, name: str) -> float:
        return self.wall.real_seconds(timedelta(seconds=self.config.tenant[name].poll_seconds))

    def _clock_check(self, name: str) -> ClockCheck:
        """Return the check of a tenant; real seconds are more on a simulated clock that runs fast, or stands."""
        tolerance = timedelta(seconds=self.config.tenant[name].clock_tolerance_seconds)
        return ClockCheck(tolerance / (self.wall.real_seconds(timedelta(seconds=1)) or 1), self.keeper)

    def _watch(self, name: str, before: Lookout | None) -> TenantWatch:
        client = open_client(self.config, name, self.metrics)
        self._clients.append(client)
        settings, state = tenant_settings(self.config, name), TenantState()
        now, store = self.wall.now(), self.store.held_by(self.leases.lease_of)
        pace = tenant_pace(self.config, name)
        # The first start of all is remembered: what broke before it is history, not news.
        self.store.claim_run("watch", name, now)
        watched_since = dict(self.store.load_runs("watch"))[name]
        domain = mail_domain(self.config, self.store)
        aftermath = Aftermath(settings, state, store, self.renderer, domain=domain)
        announcer = Announcer(
            settings,
            state,
            store,
            self.renderer,
            domain=domain,
            watched_since=watched_since,
            aftermath=aftermath,
            observer=self.metrics,
            marked_since=watch_marks(self.store, name, settings.ladders, watched_since, now),
        )
        evaluator = Evaluator(name, store, self.metrics, ladders=settings.ladders, tell_marks=announcer.marks)
        deps = PollDeps(
            settings=settings,
            state=state,
            source=ConnectWiseSource(client, people=settings.ladders.asks_who),
            store=store,
            observer=self.metrics,
            now=self.wall.now,
            read_trail=TrailReader(AuditReader(self.config.tenant[name].audit.patterns), self.metrics, name),
            clock=self._clock_check(name),
            find_unseen=evaluator.find_unseen,
        )
        parts = CycleParts(
            deps,
            evaluator,
            announcer,
            self.metrics,
            self.wall,
            self.outbox,
            pace,
            aftermath=aftermath,
            endings=Endings(settings, store),
            teller=SightTeller(settings, state, store, self.renderer, domain=domain, pace=pace),
        )
        watch = TenantWatch(
            parts,
            hint_seconds=self.config.tenant[name].callbacks.debounce_seconds,
            comparison=Comparison(
                name, lambda now: compare_apart(CompareOrder(self.config.store.url, settings, now)), self.metrics
            ),
            hold=self.leases.hold(name),
        )
        if before is None:
            good = self.store.load_last_poll(name, successful=True)
            watch.lookout.remember(good, self.store.load_last_poll(name))
        else:
            watch.lookout.take_over(before)
        return watch

    def hinted(self) -> dict[str, Hinted]:
        """Return the tenants that take callbacks."""
        return {
            watch.name: Hinted(open_keys(self.config, watch.name), watch)
            for watch in self.watches
            if self.config.tenant[watch.name].callbacks.enabled
        }

    def watching(self, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        """Return the work on the tenants until *stop*, one for each."""
        return [watch.run(stop) for watch in self.watches]

    async def run(self, stop: asyncio.Event) -> None:
        """Work until *stop*; running work then gets a grace to finish.

        Raises:
            SchemaOutdatedError: Another slamon has migrated the database meanwhile.
        """
        scheduler = build_scheduler()
        self._schedule(scheduler.add_job)
        scheduler.start()
        tasks = [asyncio.create_task(work) for work in self.watching(stop)]
        tasks.append(asyncio.create_task(self._post.run(stop, self.outbox, Waker(scheduler, self.keeper))))
        if self.alarm is not None:
            every = min([TICK, *(max(1.0, self._real_poll_seconds(name)) for name in self.config.tenant)])
            tasks.append(asyncio.create_task(keep_looking(self.alarm, self.unstored, self.wall, every, stop)))
        aviary = open_aviary(
            self.config, self.store, self.metrics, self.wall, reasons=self.unready, hurry=self.outbox.set
        )
        if aviary is not None:
            tasks.append(asyncio.create_task(aviary.run(stop)))
        else:
            for gauge in CANARY_GAUGES:
                self.metrics.set(gauge, float("nan"))
        renewal = asyncio.create_task(self.leases.run())
        try:
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            stop.set()  # where one ended by itself, the others end too
            self.stopping.set()  # the message in hand is finished, and no other begun
            await asyncio.wait(tasks, timeout=GRACE)
        finally:
            self.stopping.set()
            scheduler.shutdown(wait=False)
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)
            await self.aclose()
        for end in ends:
            if isinstance(end, SchemaOutdatedError):
                raise end

    @contextlib.asynccontextmanager
    async def holding(self, tenant: str) -> AsyncIterator[None]:
        """Hold the tenant's lease within the block.

        Raises:
            TenantHeldError: Another process watches it.
        """
        async with self.leases.holding(tenant, "which polls by itself"):
            yield

    async def aclose(self) -> None:
        """Give up all leases, and close the connections to ConnectWise."""
        await self.leases.aclose()
        for client in self._clients:
            await client.aclose()

    def deliver(self) -> bool:
        """Deliver what waits in the outbox, channel by channel; say whether more may be delivered at once."""
        return self._post.deliver()

    async def report(self, name: str) -> Sent:
        """Have the report *name* made for its period that ended last; return what came of it."""
        return await self.reports.make(name)

    def rooms(self) -> dict[str, Room]:
        """Return what is known of each tenant now; of one that another daemon watches, less."""
        return {watch.name: self._room(watch) for watch in self.watches}

    def _room(self, watch: TenantWatch) -> Room:
        settings, state = watch.deps.settings, watch.deps.state
        is_ours = watch.name in self.leases.held
        return Room(
            settings=settings,
            zone=state.zone(settings),
            sight=watch.lookout.sight(),
            trouble=watch.lookout.trouble,
            unmapped=state.unmapped if is_ours else None,
            unpromised=state.problems if is_ours else None,
            findings=sorted(state.findings, key=attrgetter("rule", "subject")) if is_ours else None,
        )

    def unready(self) -> list[str]:
        """Return why the daemon is not ready, a line for each tenant that is not seen."""
        return [reason for watch in self.watches if (reason := watch.lookout.reason())]

    def _show_sight(self) -> None:
        for watch in self.watches:
            watch.lookout.show(self.metrics)

    def unstored(self) -> list[Unstored]:
        """Return the tenants of which nothing can be stored."""
        return [
            Unstored(watch.deps.settings, self._zone(watch.name), watch.lookout.sight().seen_at, trouble)
            for watch in self.watches
            if (trouble := watch.lookout.store_trouble)
        ]

    def _schedule(self, add: Callable[..., object]) -> None:
        for name, report in self.config.reports.items():
            add(self._report_job, CronTrigger(report.schedule, ZoneInfo(report.zone), self.wall), args=[name])
        add(self._missed_job, EveryTrigger(RETRY_SECONDS))
        add(self._missed_job)  # at the start too: it may have been down at the time
        for watch in self.watches:
            every = timedelta(seconds=self.config.tenant[watch.name].reference_seconds)
            add(self._reference_job, EveryTrigger(max(1.0, self.wall.real_seconds(every))), args=[watch])
        add(self._prune_job, CronTrigger(PRUNE_CRON, PRUNE_ZONE, self.wall))
        add(self._prune_job)  # as above

    async def _clock_is_right(self, *, surely: bool) -> None:
        """Wait until ConnectWise confirms our clock; unless *surely*, only while it may still contradict, or does."""

        def may_be_right(watch: TenantWatch) -> bool:
            return watch.deps.clock.is_right is None and watch.last is not None and not surely

        while not any(watch.deps.clock.is_right or may_be_right(watch) for watch in self.watches):  # noqa: ASYNC110
            await asyncio.sleep(1.0)  # no hurry

    async def _report_job(self, name: str) -> None:
        await self._clock_is_right(surely=False)  # else the period would be a wrong one, and the right one lost
        await self.reports.make_due(name)

    async def _missed_job(self) -> None:
        await self._clock_is_right(surely=False)
        await self.reports.make_all_due()

    async def _reference_job(self, watch: TenantWatch) -> None:
        if watch.name not in self.leases.held:
            return  # another daemon reads them
        try:
            await watch.refresh_reference()
        except SlamonError as error:
            log.warning("reference data not read; the old ones hold", tenant=watch.name, error=str(error))

    async def _prune_job(self) -> None:
        await self._clock_is_right(surely=True)  # years ahead, everything would be old
        now = self.wall.now()
        period = format_instant(last_fire(PRUNE_CRON, PRUNE_ZONE, now))
        try:
            kept, paces = kept_days(self.config), tenant_paces(self.config)
            await asyncio.to_thread(prune_once, self.store, kept, now, period, self.metrics, paces)
        except SlamonError as error:
            log.warning("not all that is old is pruned", error=str(error))
