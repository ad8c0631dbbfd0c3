"""Reports that were due and are not there: missed, or not made of everything that they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from slamon.core.due import SPANS, period_due
from slamon.core.instants import format_instant
from slamon.jobs.errand import job_of
from slamon.ports import Store
from slamon.schedule import next_fire

SCHEDULED = "scheduled"  # the job whose runs tell since when each report is in the settings
_BACK = timedelta(days=400)
_MOST = 50  # of each report


class Scheduled(Protocol):
    """What is known of a report in the settings."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def schedule(self) -> str: ...
    @property
    def zone(self) -> str: ...
    @property
    def year_begins(self) -> int: ...
    @property
    def grace_hours(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Missed:
    """A period whose report was due and is not there. `state`: waiting while it may still be made, else missed."""

    name: str
    kind: str
    period: str
    due_at: datetime
    state: str


def remember_schedules(store: Store, names: Iterable[str], now: datetime) -> dict[str, datetime]:
    """Return since when each report is in the settings: what came due before was not asked for."""
    for name in names:
        store.claim_run(SCHEDULED, name, now)
    known = dict(store.load_runs(SCHEDULED))
    return {name: known[name] for name in names}


def find_missed(store: Store, scheduled: Iterable[Scheduled], now: datetime) -> list[Missed]:
    """Return what is missing of each report's newest periods, the newest first."""
    since = dict(store.load_runs(SCHEDULED))
    known = [report for report in scheduled if report.name in since]
    found = [one for report in known for one in _missed(store, report, since[report.name], now)]
    return sorted(found, key=lambda one: one.due_at, reverse=True)


def _missed(store: Store, report: Scheduled, since: datetime, now: datetime) -> list[Missed]:
    done = {period for period, _ in store.load_runs(job_of(report.name))}
    zone, grace = ZoneInfo(report.zone), timedelta(hours=report.grace_hours)
    due: dict[str, Missed] = {}
    for due_at in _fires(report.schedule, zone, max(since, now - _BACK), now):
        period = period_due(report.kind, due_at, zone, year_begins=report.year_begins)
        due.setdefault(format_instant(period.ends_at), Missed(report.name, report.kind, period.name, due_at, "missed"))
    newest = max(due, default="")
    told = "" if report.kind in SPANS else max(done, default="")  # else each tells what came since the last one
    return [
        replace(one, state="waiting") if ends_at == newest and now - one.due_at <= grace else one
        for ends_at, one in due.items()
        if ends_at not in done and ends_at > told
    ][-_MOST:]


def _fires(expression: str, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
    at = next_fire(expression, zone, after - timedelta(seconds=1))
    while at <= until:
        yield at
        at = next_fire(expression, zone, at)
