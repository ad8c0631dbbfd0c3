"""A stored reading at a later instant: what only passes with time is counted on, as long as nothing else happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from slamon.core.calendar import BusinessCalendar
from slamon.core.instants import from_epoch, to_epoch
from slamon.core.reading import ClockState, Reading, StageReading, Verdict
from slamon.errors import NeverDueError

_RUNS = (ClockState.RUNNING, ClockState.OUTSIDE_HOURS)


def carry(stored: Reading, calendar: BusinessCalendar, at: datetime) -> Reading:
    """Return *stored*, a reading of *at* or before, as the clock stands at *at*; *calendar* is its terms' own.

    A reading is stored whenever anything but time has changed, so no event is needed. It does not say
    when it changes next.
    """
    # Nothing counts before the start.
    began, now = max(to_epoch(stored.as_of), to_epoch(stored.started_at)), to_epoch(at)
    passed = calendar.elapsed(began, now) if began < now else 0
    state, runs = stored.state, stored.state in _RUNS
    if runs:
        is_open = now >= began and calendar.is_open(now)
        state = ClockState.RUNNING if is_open else ClockState.OUTSIDE_HOURS
    elapsed = stored.elapsed_seconds + (passed if runs else 0)
    respond, plan, resolve = (_stage(stage, state, elapsed, calendar, at, stored.started_at) for stage in stored.stages)
    return replace(
        stored,
        as_of=at,
        state=state,
        elapsed_seconds=elapsed,
        paused_seconds=stored.paused_seconds + (passed if state is ClockState.PAUSED else 0),
        stages=(respond, plan, resolve),
        next_change_at=None,
    )


def _stage(
    stored: StageReading,
    state: ClockState,
    elapsed: int,
    calendar: BusinessCalendar,
    at: datetime,
    started_at: datetime,
) -> StageReading:
    if stored.reached_at is not None or state is ClockState.STOPPED:
        return stored
    if state is ClockState.PAUSED:
        return replace(stored, due_if_resumed_at=_resumed(stored, elapsed, calendar, max(at, started_at)))
    if not stored.is_open:
        return replace(stored, elapsed_seconds=elapsed)
    is_over = stored.goal_seconds is not None and elapsed > stored.goal_seconds
    return replace(
        stored,
        verdict=Verdict.BREACHED if is_over else Verdict(state.value),
        elapsed_seconds=elapsed,
        breached_at=stored.due_at if is_over else None,
        at_risk=stored.at_risk or (stored.at_risk_at is not None and stored.at_risk_at <= at),
    )


def _resumed(stored: StageReading, elapsed: int, calendar: BusinessCalendar, at: datetime) -> datetime | None:
    if stored.due_if_resumed_at is None or stored.goal_seconds is None:
        return None
    try:
        return from_epoch(calendar.due_at(to_epoch(at), stored.goal_seconds - elapsed))
    except NeverDueError:
        return None
