"""Standing: how the open tickets stand, or stood, the one to look at first in front."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from slamon.core.calendar import BusinessCalendar
from slamon.core.carry import carry
from slamon.core.facts import facts_at
from slamon.core.reading import ClockState, Reading, StageReading
from slamon.core.ticket import Stage, Ticket
from slamon.jobs.evaluate import Evaluator
from slamon.ports import Store, Unobserved


@dataclass(frozen=True, slots=True)
class Standing:
    """Readings with a goal that is still to be kept, most urgent first; the tickets of as many as were asked for."""

    readings: Sequence[Reading]
    tickets: Mapping[int, Ticket]


def read_standing(store: Store, tenant: str, now: datetime, limit: int) -> Standing:
    """Return how the open tickets stand at *now* by what is known today; the facts of the first *limit* alone."""
    readings = Evaluator(tenant, store, Unobserved()).read(store.load_open_ids(tenant), now)
    ordered = order_by_risk(readings)
    return Standing(ordered, store.load_tickets(tenant, [reading.ticket_id for reading in ordered[:limit]]))


def read_past_standing(store: Store, tenant: str, at: datetime, limit: int) -> Standing:
    """Return how the tickets open at *at* stood by what was known then, from the readings stored at or before it."""
    stored = store.load_readings_at(tenant, at)
    terms = store.load_terms({reading.terms for reading in stored})
    rules = store.load_calendars({each.calendar for each in terms.values()})
    calendars = {version: BusinessCalendar(each) for version, each in rules.items()}
    ordered = order_by_risk(carry(reading, calendars[terms[reading.terms].calendar], at) for reading in stored)
    shown = [reading.ticket_id for reading in ordered[:limit]]
    events = store.load_events_of(tenant, shown)
    tickets = store.load_tickets(tenant, shown)
    return Standing(ordered, {number: facts_at(ticket, events[number], at) for number, ticket in tickets.items()})


def order_by_risk(readings: Iterable[Reading]) -> list[Reading]:
    """Order what can still be kept by business time left, then what waits, then what is lost, the worst first."""
    return sorted((reading for reading in readings if urgent_stage(reading) is not None), key=urgency)


def urgent_stage(reading: Reading) -> Stage | None:
    """Return the open stage with the least business time left that is not lost yet, else the last lost one."""
    open_stages = [stage for stage in Stage if _left(reading.stage(stage)) is not None]
    alive = [stage for stage in open_stages if (_left(reading.stage(stage)) or 0) >= 0]
    if alive:
        return min(alive, key=lambda stage: (_left(reading.stage(stage)) or 0, stage))
    return open_stages[-1] if open_stages else None


def _left(goal: StageReading) -> int | None:
    return goal.remaining_seconds if goal.is_open else None


def urgency(reading: Reading) -> tuple[int, int, int]:
    stage = urgent_stage(reading)
    left = reading.stage(stage).remaining_seconds if stage is not None else None
    group = 2 if left is None or left < 0 else int(reading.state is ClockState.PAUSED)
    return group, left or 0, reading.ticket_id
