"""The reports of one configuration: each is made when it is due, later within a grace, and shown in the metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from slamon.config.models import Config
from slamon.config.reports import ReportSection
from slamon.jobs.errand import Errand, Sent, is_sent, job_of
from slamon.jobs.missed import SCHEDULED, remember_schedules
from slamon.log import get_logger
from slamon.ports import Observer, Store, WallTime
from slamon.report_process import Make, make_report, order_report, report_once
from slamon.schedule import last_fire
from slamon.store_trouble import once_stored

log = get_logger(__name__)

LATE = timedelta(minutes=15)  # made later than this after its time, a report says so
RETRY_SECONDS = 600.0  # real time between two looks for what is due and not made
_LAST_SUCCESS = "slamon_report_last_success_timestamp_seconds"
DB_SECONDS = 5.0  # between two tries to reach the database


async def _nothing_is_read() -> None:
    """Nobody reads tickets beside this."""


class ReportDesk:
    """Makes the reports that *config* names. *domain* gives what Message-IDs end with; *sent* hears of new messages.

    *settled* returns once all is stored that was being read: a report must not tell of a time that is still written.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        observer: Observer,
        wall: WallTime,
        holder: str,
        *,
        domain: Callable[[], str],
        sent: Callable[[], None],
        make: Make = make_report,
        settled: Callable[[], Awaitable[object]] = _nothing_is_read,
    ) -> None:
        self._config = config
        self._store = store
        self._observer = observer
        self._wall = wall
        self._holder = holder
        self._domain = domain
        self._sent = sent
        self._make = make
        self._settled = settled
        self._turns = {name: asyncio.Lock() for name in config.reports}
        self._since = remember_schedules(store, config.reports, wall.now())
        self._said: set[tuple[datetime, str]] = set()

    @property
    def schedules(self) -> Mapping[str, ReportSection]:
        return self._config.reports

    async def make_all_due(self) -> None:
        """Make what is due and not made: it was missed, or it failed."""
        for name in self.schedules:
            await self.make_due(name)

    async def make_due(self, name: str) -> None:
        """Make the report *name* for its newest period, unless it is made or its grace is over."""
        async with self._turns[name]:
            try:
                sent = await once_stored(lambda: self._make_if_due(name), DB_SECONDS)
            except Exception:  # counted, and tried again within the grace
                log.exception("report failed", report=name)
                self._observer.count("slamon_reports_total", report=name, result="failed")
                return
            self._tell(name, sent)

    async def make(self, name: str) -> Sent:
        """Make the report *name* for its newest period, however long ago that ended."""
        due_at, now = self._due_at(name), self._wall.now()
        await self._settled()
        domain = await asyncio.to_thread(self._domain)
        late = now - due_at > LATE
        order = order_report(self._config, name, due_at, now, domain, late=late)
        return await report_once(self._store, order, self._holder, self._make)

    def _due_at(self, name: str) -> datetime:
        report = self.schedules[name]
        return last_fire(report.schedule, ZoneInfo(report.zone), self._wall.now())

    async def _make_if_due(self, name: str) -> Sent:
        due_at, now = self._due_at(name), self._wall.now()
        if due_at < await asyncio.to_thread(self._asked_since, name, now):
            return Sent()  # nobody had asked for it then
        report = self.schedules[name]
        if await asyncio.to_thread(self._is_made, report, due_at):
            return Sent()
        if now - due_at <= timedelta(hours=report.grace_hours):
            return await self.make(name)
        if self._is_news(due_at, name):
            remedy = f"make it by hand: slamon report {report.kind}"
            log.error("report missed", report=name, due_at=due_at, grace_hours=report.grace_hours, remedy=remedy)
        return Sent()

    def _asked_since(self, name: str, now: datetime) -> datetime:
        """Return since when the report is in the settings; by a clock that was ahead it was noted too late."""
        if self._since[name] > now:
            self._store.set_back_run(SCHEDULED, name, now)
            self._since[name] = now
        return self._since[name]

    def _is_made(self, report: ReportSection, due_at: datetime) -> bool:
        """Say whether the report is made, and show what is due and what was made last."""
        errand = Errand(report.name, report.kind, report.zone, due_at, due_at, "", year_begins=report.year_begins)
        made = is_sent(self._store, errand)
        made_at = max((at for _, at in self._store.load_runs(job_of(report.name))), default=None)
        asked_at = min(due_at, made_at) if made and made_at is not None else due_at
        self._observer.set("slamon_report_due_timestamp_seconds", asked_at.timestamp(), report=report.name)
        if made_at is not None:
            self._observer.set(_LAST_SUCCESS, made_at.timestamp(), report=report.name)
        return made

    def _tell(self, name: str, sent: Sent) -> None:
        for problem in sent.failures:
            if self._is_news(self._due_at(name), problem):  # it is tried again and again
                log.error("report failed", report=name, problem=problem)
        for problem in sent.faults:
            log.warning("a format of a report could not be made", report=name, problem=problem)
        self._observer.count("slamon_reports_total", sent.reports, report=name, result="ok")
        self._observer.count("slamon_reports_total", len(sent.failures), report=name, result="failed")
        if sent.reports and not sent.failures:
            self._observer.set(_LAST_SUCCESS, self._wall.now().timestamp(), report=name)
        if sent.messages:
            self._sent()

    def _is_news(self, due_at: datetime, problem: str) -> bool:
        """Say whether *problem* with what was due then has not been told, and note that it is."""
        known = (due_at, problem) in self._said
        self._said.add((due_at, problem))
        return not known
