"""The calendar ticker: APScheduler for what has a calendar, cronsim to read cron expressions.

APScheduler's own cron trigger fires a repeated hour twice and gives a skipped
one; cronsim follows Debian's cron. The scheduler sleeps by wall clock, so
the service wakes it from a monotonic loop: a clock set back cannot silence it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from cronsim import CronSim

from slamon.ports import Timekeeper, WallTime


class CronTrigger(BaseTrigger):  # type: ignore[misc]  # apscheduler has no types
    """Fires by a cron expression in a zone, on simulated time too.

    The scheduler goes by the machine's clock. When that was moved, the job has to be scheduled anew; what came due in
    the meantime fires at once then.
    """

    def __init__(self, expression: str, zone: ZoneInfo, wall: WallTime) -> None:
        self.expression = expression
        self.zone = zone
        self.wall = wall
        self._next_at: datetime | None = None

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return the next instant to fire at, on the machine's clock; without *previous* one that is overdue is now."""
        wall_now = self.wall.now()
        if previous is None and self._next_at is not None and self._next_at <= wall_now:
            return now
        self._next_at = next_fire(self.expression, self.zone, wall_now)
        ahead = self.wall.real_seconds(self._next_at - wall_now)
        fires_at = datetime.fromtimestamp(now.timestamp() + ahead, UTC)
        return fires_at if previous is None else max(fires_at, previous)

    def __repr__(self) -> str:
        return f"CronTrigger({self.expression!r}, {self.zone})"


class EveryTrigger(BaseTrigger):  # type: ignore[misc]
    """Fires so many seconds after the last time, and after it was scheduled anew.

    APScheduler's own counts on from where it began, which a clock that is set back leaves in the future.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + timedelta(seconds=self.seconds)


class Waker:
    """Wakes a scheduler, which sleeps by the machine's clock; all its jobs count from now when that was moved."""

    def __init__(self, scheduler: AsyncIOScheduler, keeper: Timekeeper) -> None:
        self._scheduler = scheduler
        self._keeper = keeper
        self._steps = keeper.steps

    def __call__(self) -> None:
        self._keeper.moved()  # which notices that it was
        if self._keeper.steps != self._steps:
            self._steps = self._keeper.steps
            for job in self._scheduler.get_jobs():
                job.reschedule(job.trigger)
        self._scheduler.wakeup()


def next_fire(expression: str, zone: ZoneInfo, after: datetime) -> datetime:
    """Return the first instant after *after* at which *expression* fires in *zone*; aware, UTC."""
    return next(CronSim(expression, after.astimezone(zone))).astimezone(UTC)


def last_fire(expression: str, zone: ZoneInfo, at: datetime) -> datetime:
    """Return the last instant at or before *at* at which *expression* fired in *zone*; aware, UTC."""
    back = CronSim(expression, at.astimezone(zone), reverse=True)
    # Backwards, cronsim overlooks what fired in the first of two repeated hours: only its way forward counts.
    found = [next(back), next(back)][-1].astimezone(UTC)
    while (following := next_fire(expression, zone, found)) <= at:
        found = following
    return found


def build_scheduler() -> AsyncIOScheduler:
    """Return a scheduler that runs a job once however often it was missed, and never beside itself."""
    return AsyncIOScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
