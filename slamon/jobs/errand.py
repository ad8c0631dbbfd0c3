"""Errands: what a [[report]] asks for at one of its times, and whether it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from slamon.core.due import period_due
from slamon.core.instants import format_instant
from slamon.core.period import Period
from slamon.ports import Store


@dataclass(frozen=True, slots=True)
class Errand:
    """What one [[report]] asks for at one of its times. `recipients` are by tenant, `recipients_of` by name.

    It is made at `now`, of what is known then.
    """

    name: str
    kind: str
    zone: str
    due_at: datetime
    now: datetime
    domain: str
    by: str = ""
    names: tuple[str, ...] = ()
    denominator: str = "concluded"
    forms: tuple[str, ...] = ()
    recipients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recipients_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    year_begins: int = 1
    late: bool = False

    def period(self, since: datetime | None = None) -> Period:
        zone = ZoneInfo(self.zone)
        return period_due(self.kind, self.due_at, zone, year_begins=self.year_begins, since=since)


@dataclass(slots=True)
class Sent:
    """What came of an errand: reports made, messages new, a line for each report, or format, that could not be made."""

    reports: int = 0
    messages: int = 0
    failures: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def job_of(name: str) -> str:
    """Return the job whose runs are the periods of which the report *name* is made, by when they end."""
    return f"report/{name}"


def is_sent(store: Store, errand: Errand) -> bool:
    """Say whether all was done that *errand* asks for."""
    ends_at = format_instant(errand.period().ends_at)
    return any(period == ends_at for period, _ in store.load_runs(job_of(errand.name)))
