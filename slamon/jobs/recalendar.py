"""What another calendar would do to the open tickets: whose due time would move, and where to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from slamon.core.calendar import BusinessCalendar
from slamon.core.rules import CalendarRules
from slamon.core.ticket import STAGES, Stage, Ticket
from slamon.jobs.evaluate import CHUNK, Evaluator
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
) -> Iterator[MovedDue]:
    """Yield the open goals, by ticket, whose due time moves when *rules* take the place of calendar *versions*."""
    today = Evaluator(tenant, store, Unobserved())
    instead = {version: BusinessCalendar(rules) for version in versions}
    then = Evaluator(tenant, store, Unobserved(), calendars=instead)
    after = -1
    while tickets := store.load_open_tickets(tenant, after=after, limit=CHUNK):
        yield from _moved({ticket.id: ticket for ticket in tickets}, today, then, now)
        after = tickets[-1].id


def _moved(tickets: Mapping[int, Ticket], today: Evaluator, then: Evaluator, now: datetime) -> Iterator[MovedDue]:
    before = {reading.ticket_id: reading for reading in today.read(tickets, now)}
    for reading in then.read(tickets, now):
        for stage in STAGES:
            old, new = before[reading.ticket_id].stage(stage), reading.stage(stage)
            if old.is_open and old.due_at != new.due_at:
                yield MovedDue(tickets[reading.ticket_id], stage, old.due_at, new.due_at)
