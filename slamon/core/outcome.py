"""How goals ended: what a reading says of the goals that are over, and what it takes back."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from slamon.core.instants import to_epoch
from slamon.core.reading import Reading, StageReading, Verdict
from slamon.core.ticket import STAGES


class Outcome(StrEnum):
    """How a goal ended; the last two count neither way."""

    MET = "met"
    MISSED = "missed"
    NOT_MEASURED = "not_measured"
    CANCELLED = "cancelled"


class GoalKey(NamedTuple):
    """One goal of a ticket: its stage, in one cycle of the ticket."""

    stage: int
    cycle: int


class Ended(NamedTuple):
    """How a goal ended, when, and by what measure. Instants are epoch seconds; seconds are business time."""

    outcome: str
    at: int
    started_at: int
    goal_seconds: int
    elapsed_seconds: int


Ends = Mapping[GoalKey, Ended]

_OUTCOMES = {
    Verdict.MET: Outcome.MET,
    Verdict.MISSED: Outcome.MISSED,
    Verdict.NOT_MEASURED: Outcome.NOT_MEASURED,
    Verdict.CANCELLED: Outcome.CANCELLED,
}


def ends_of(reading: Reading) -> dict[GoalKey, Ended]:
    """Return the goals of the reading's cycle that are over.

    One that was met or missed ended when it was reached; a cancelled one when that was
    first read. A goal that never was ends neither way.
    """
    ends = {}
    for stage, goal in zip(STAGES, reading.stages, strict=True):
        outcome, at = _OUTCOMES.get(goal.verdict), _ended_at(goal, reading)
        if outcome is not None and goal.goal_seconds is not None and at is not None:
            measure = (to_epoch(reading.started_at), goal.goal_seconds, goal.elapsed_seconds)
            ends[GoalKey(int(stage), reading.cycle)] = Ended(str(outcome), at, *measure)
    return ends


def _ended_at(goal: StageReading, reading: Reading) -> int | None:
    if goal.verdict is Verdict.CANCELLED:
        return to_epoch(reading.as_of)
    return None if goal.reached_at is None else to_epoch(goal.reached_at)


def settle(known: Ends, reading: Reading, *, over: bool = False) -> tuple[list[GoalKey], dict[GoalKey, Ended]]:
    """
    Return which of the *known* ends of a ticket no longer hold after *reading*, and which are new.

    A goal that goes on after a reopening has not ended; earlier cycles stay as they
    ended, later ones were of a history that was told anew. An end that is another than
    before, or measured otherwise, stands in both. A goal that is cancelled stays so from
    when it first was. *over*: the reading's cycle was closed, and says nothing of later ones.
    """
    ends = ends_of(reading)
    for key, end in ends.items():
        before = known.get(key)
        if before is not None and before.outcome == end.outcome == Outcome.CANCELLED:
            ends[key] = before
    told = (key for key in known if key.cycle == reading.cycle or (key.cycle > reading.cycle and not over))
    gone = [key for key in told if ends.get(key) != known[key]]
    new = {key: end for key, end in ends.items() if known.get(key) != end}
    return gone, new
