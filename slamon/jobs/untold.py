"""What is about to be told: a second look at tickets whose deadline or warning mark has just passed.

What is known of them is as old as the last poll, and a list may have left one out. Nobody is alarmed about a ticket
that has been resolved meanwhile: ConnectWise is asked for it by its id first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime

from slamon.core.reading import Reading, StageReading
from slamon.jobs.intake import Intake
from slamon.ports import Store

MOST = 1000  # tickets looked at again with one poll: ten requests


async def look_again(intake: Intake) -> None:
    """Ask for the tickets of which something is about to be told, each by its id.

    Raises:
        SourceError: No answer; the tickets are doubtful until they are looked at again.
    """
    deps, state = intake.deps, intake.deps.state
    untold = await asyncio.to_thread(find_untold, deps.store, deps.settings.name, deps.now(), deps.find_unseen)
    state.doubtful, state.looks_failed = untold, state.looks_failed + 1
    if untold:
        await intake.take(deps.source.fetch_tickets_by_id(untold))
    state.doubtful, state.looks_failed = frozenset(), 0


def find_untold(
    store: Store,
    tenant: str,
    now: datetime,
    find_unseen: Callable[[Collection[int], datetime], frozenset[int]] = lambda _ids, _now: frozenset(),
) -> frozenset[int]:
    """Return the tickets of which an evaluation at *now* would tell something that the passing of time has done."""
    due = store.load_due_ids(tenant, now)
    if not due:
        return frozenset()
    readings = store.load_readings(tenant, due).values()
    untold = {reading.ticket_id for reading in readings if _is_untold(reading, now)}
    return frozenset(sorted(untold | find_unseen(due, now))[:MOST])


def _is_untold(reading: Reading, now: datetime) -> bool:
    return any(_has_passed(goal, now) for goal in reading.stages)


def _has_passed(goal: StageReading, now: datetime) -> bool:
    if not goal.is_open or goal.breached_at is not None:
        return False
    warned = goal.at_risk or goal.at_risk_at is None or goal.at_risk_at > now
    return not warned or (goal.due_at is not None and goal.due_at < now)
