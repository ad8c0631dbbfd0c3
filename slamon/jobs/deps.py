"""What the polling jobs work with, in one value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from slamon.core.trail import TrailChange
from slamon.jobs.clock_check import ClockCheck
from slamon.jobs.tenant import TenantSettings, TenantState
from slamon.ports import AuditEntry, Observer, Store, TicketSource


@dataclass(frozen=True, slots=True)
class PollDeps:
    """What a poll works with. `read_trail` finds the changes in an audit trail.

    `find_unseen` finds the tickets that have passed a mark of their ladder which nobody was told of yet.
    """

    settings: TenantSettings
    state: TenantState
    source: TicketSource
    store: Store
    observer: Observer
    now: Callable[[], datetime]
    read_trail: Callable[[Iterable[AuditEntry]], list[TrailChange]]
    clock: ClockCheck = field(default_factory=ClockCheck)
    find_unseen: Callable[[Collection[int], datetime], frozenset[int]] = lambda _ids, _now: frozenset()
