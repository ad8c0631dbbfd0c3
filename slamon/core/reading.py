"""A reading: one ticket's clock, and its three goals, at one instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from slamon.core.ticket import Stage


class Verdict(StrEnum):
    """What can be said of one goal at one instant; the first that applies, in this order."""

    CANCELLED = "cancelled"
    NO_TARGET = "no_target"
    NOT_MEASURED = "not_measured"
    MET = "met"
    MISSED = "missed"
    BREACHED = "breached"
    PAUSED = "paused"
    OUTSIDE_HOURS = "outside_hours"
    RUNNING = "running"


OPEN_VERDICTS = (Verdict.BREACHED, Verdict.PAUSED, Verdict.OUTSIDE_HOURS, Verdict.RUNNING)


class ClockState(StrEnum):
    """Whether the ticket's one clock runs, and if not, why."""

    RUNNING = "running"
    OUTSIDE_HOURS = "outside_hours"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class StageReading:
    """One goal on the clock. Seconds are business seconds; times are aware, UTC."""

    verdict: Verdict
    elapsed_seconds: int
    goal_seconds: int | None = None
    reached_at: datetime | None = None
    due_at: datetime | None = None
    due_if_resumed_at: datetime | None = None
    breached_at: datetime | None = None
    at_risk: bool = False  # open, and past the warning share of the goal
    at_risk_at: datetime | None = None  # when the warning share passes or passed, if nothing changes
    version: int = 0  # deadline version: grows with goal, policy, calendar and cycle, never with a pause

    @property
    def is_open(self) -> bool:
        """Whether the goal is still to be reached, in time or late."""
        return self.verdict in OPEN_VERDICTS

    @property
    def remaining_seconds(self) -> int | None:
        """Goal minus elapsed, negative once over; None without a goal."""
        return None if self.goal_seconds is None else self.goal_seconds - self.elapsed_seconds


@dataclass(frozen=True, slots=True)
class Reading:
    """One ticket's clock at `as_of`. `stages` holds respond, plan, resolve in that order."""

    ticket_id: int
    as_of: datetime
    state: ClockState
    elapsed_seconds: int
    paused_seconds: int
    started_at: datetime
    cycle: int
    stages: tuple[StageReading, StageReading, StageReading]
    terms: str  # version of the terms that were read
    next_change_at: datetime | None = None  # when anything above changes by itself; elapsed does not count
    note: str = ""  # why cancelled or not measured
    status_map: str = ""  # version of what the statuses meant when the newest of them was judged; '' not known

    def stage(self, stage: Stage) -> StageReading:
        return self.stages[stage]


def same_reading(stored: Reading, fresh: Reading) -> bool:
    """Say whether *fresh* adds nothing to *stored*: it differs at most in what passes with time.

    Time alone moves `as_of`, the counted and the paused seconds; while all else stands,
    their values at any instant can be counted again from the stored reading.
    """
    return _lasting(stored) == _lasting(fresh)


def _lasting(reading: Reading) -> tuple[object, ...]:
    head = (
        reading.ticket_id,
        reading.state,
        reading.started_at,
        reading.cycle,
        reading.terms,
        reading.note,
        reading.status_map,
    )
    return (*head, *map(_lasting_of_stage, reading.stages))


def _lasting_of_stage(stage: StageReading) -> tuple[object, ...]:
    # While a ticket waits, `due_if_resumed_at` slides with the clock on the wall: only that there is one lasts.
    slides = stage.due_if_resumed_at is not None
    counted = stage.elapsed_seconds if stage.reached_at is not None else None
    dues = (stage.reached_at, stage.due_at, slides, stage.breached_at, stage.at_risk, stage.at_risk_at)
    return (stage.verdict, counted, stage.goal_seconds, *dues, stage.version)
