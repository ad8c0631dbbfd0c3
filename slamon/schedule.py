"""The calendar ticker: APScheduler for what has a calendar, cronsim to read cron expressions.

APScheduler's own cron trigger fires a repeated hour twice and gives a skipped
one; cronsim follows Debian's cron. The scheduler sleeps by wall clock, so
the service wakes it from a monotonic loop: a clock set back cannot silence it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from cronsim import CronSim

from slamon.ports import WallTime


class CronTrigger(BaseTrigger):  # type: ignore[misc]  # apscheduler has no types
    """Fires by a cron expression in a zone, on simulated time too."""

    def __init__(self, expression: str, zone: ZoneInfo, wall: WallTime) -> None:
        self.expression = expression
        self.zone = zone
        self.wall = wall

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return the next instant to fire at, on the machine's clock."""
        wall_now = self.wall.now()
        following = next_fire(self.expression, self.zone, wall_now)
        ahead = self.wall.real_seconds(following - wall_now)
        fires_at = datetime.fromtimestamp(now.timestamp() + ahead, UTC)
        return fires_at if previous is None else max(fires_at, previous)

    def __repr__(self) -> str:
        return f"CronTrigger({self.expression!r}, {self.zone})"


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
