"""Standing: how the open tickets stand now, the one to look at first in front."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from slamon.core.reading import ClockState, Reading, StageReading
from slamon.core.ticket import Stage
from slamon.jobs.evaluate import Evaluator
from slamon.ports import Store, Tracked, Unobserved


def read_standing(store: Store, tenant: str, now: datetime) -> list[Tracked]:
    """Return the open tickets with a goal that is still to be kept, read at *now*, most urgent first."""
    tickets = {item.ticket.id: item.ticket for item in store.load_open(tenant)}
    readings = Evaluator(tenant, store, Unobserved()).read(tickets, now)
    return order_by_risk([Tracked(tickets[r.ticket_id], r) for r in readings if urgent_stage(r) is not None])


def order_by_risk(items: Sequence[Tracked]) -> list[Tracked]:
    """Order what can still be kept by business time left, then what waits, then what is lost, the worst first."""
    return sorted(items, key=_urgency)


def urgent_stage(reading: Reading) -> Stage | None:
    """Return the open stage with the least business time left that is not lost yet, else the last lost one."""
    open_stages = [stage for stage in Stage if _left(reading.stage(stage)) is not None]
    alive = [stage for stage in open_stages if (_left(reading.stage(stage)) or 0) >= 0]
    if alive:
        return min(alive, key=lambda stage: (_left(reading.stage(stage)) or 0, stage))
    return open_stages[-1] if open_stages else None


def _left(goal: StageReading) -> int | None:
    return goal.remaining_seconds if goal.is_open else None


def _urgency(item: Tracked) -> tuple[int, int, int]:
    stage = urgent_stage(item.reading)
    left = item.reading.stage(stage).remaining_seconds if stage is not None else None
    group = 2 if left is None or left < 0 else int(item.reading.state is ClockState.PAUSED)
    return group, left or 0, item.ticket.id
