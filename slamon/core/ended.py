"""What a reading does not say of a goal that is over: when it would have been due, and how long it had waited."""

from __future__ import annotations

from slamon.core.calendar import BusinessCalendar
from slamon.core.instants import to_epoch
from slamon.core.reading import Reading, StageReading, Verdict
from slamon.core.ticket import Stage
from slamon.errors import NeverDueError


def due_when_ended(reading: Reading, stage: Stage, calendar: BusinessCalendar | None) -> int | None:
    """
    Return when the goal was due as things stood when it was reached, epoch seconds; None where it never was.

    A reading tells when a clock that runs is due. That of a goal reached in time may stand since, or run on to
    another instant. Without the *calendar* it is what the reading says.
    """
    goal = reading.stage(stage)
    if goal.verdict is Verdict.CANCELLED:
        return None
    left = goal.remaining_seconds
    if calendar is None or goal.reached_at is None or left is None or left <= 0:
        return None if goal.due_at is None else to_epoch(goal.due_at)
    try:
        return calendar.due_at(max(to_epoch(goal.reached_at), to_epoch(reading.started_at)), left)
    except NeverDueError:
        return None


def paused_when_ended(reading: Reading, stage: Stage, calendar: BusinessCalendar | None) -> int:
    """Return the business seconds that the ticket had waited when the goal ended; it may have waited on since."""
    goal = reading.stage(stage)
    if calendar is None or goal.reached_at is None or reading.paused_seconds == 0:
        return reading.paused_seconds
    return min(reading.paused_seconds, _not_counted(reading, goal, calendar))


def _not_counted(reading: Reading, goal: StageReading, calendar: BusinessCalendar) -> int:
    assert goal.reached_at is not None
    begin, end = to_epoch(reading.started_at), to_epoch(goal.reached_at)
    return 0 if end <= begin else max(0, calendar.elapsed(begin, end) - goal.elapsed_seconds)
