"""What another calendar would do to the open tickets: whose due time would move, and where to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from slamon.core.calendar import BusinessCalendar
from slamon.core.rules import CalendarRules
from slamon.core.ticket import STAGES, Stage, Ticket
from slamon.jobs.evaluate import Evaluator
from slamon.ports import Store, Unobserved


@dataclass(frozen=True, slots=True)
class MovedDue:
    """One open goal that is due at another instant; None: not known, or not within ten years."""

    ticket: Ticket
    stage: Stage
    before_at: datetime | None
    after_at: datetime | None


def find_moved_dues(
    store: Store, tenant: str, versions: Collection[str], rules: CalendarRules, now: datetime
) -> list[MovedDue]:
    """Return the open goals whose due time moves when *rules* take the place of calendar *versions*."""
    tickets = {item.ticket.id: item.ticket for item in store.load_open(tenant)}
    before = {r.ticket_id: r for r in Evaluator(tenant, store, Unobserved()).read(tickets, now)}
    instead = {version: BusinessCalendar(rules) for version in versions}
    after = Evaluator(tenant, store, Unobserved(), calendars=instead).read(tickets, now)
    return [
        MovedDue(tickets[reading.ticket_id], stage, old.due_at, new.due_at)
        for reading in after
        for stage in STAGES
        for old, new in [(before[reading.ticket_id].stage(stage), reading.stage(stage))]
        if old.is_open and old.due_at != new.due_at
    ]
