"""Transitions: what changed between two readings and deserves to be kept or told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from slamon.core.reading import Reading, StageReading, Verdict
from slamon.core.ticket import STAGES, Stage


class Change(StrEnum):
    """What happened to one goal."""

    NEAR_BREACH = "near_breach"
    BREACHED = "breached"
    MET = "met"
    MISSED = "missed"
    SUPERSEDED = "superseded"  # a breach of an earlier deadline version that the new one does not hold
    CANCELLED = "cancelled"


_LATE = (Verdict.BREACHED, Verdict.MISSED)
_JUDGED = {Verdict.MET: Change.MET, Verdict.MISSED: Change.MISSED}


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of one goal. Its key is (ticket_id, stage, change, version); times are aware, UTC.

    `at` is when it happened on the clock; the store adds when slamon came to know.
    """

    ticket_id: int
    stage: Stage
    change: Change
    at: datetime
    version: int
    goal_seconds: int | None
    elapsed_seconds: int
    due_at: datetime | None
    reason: str = ""


def was_watched(before: Reading | None, transition: Transition) -> bool:
    """Say whether the goal of *transition* was being measured *before*: what happened then was news, not history."""
    return before is not None and before.stage(transition.stage).verdict is not Verdict.NOT_MEASURED


def was_told(before: Reading | None, transition: Transition) -> bool:
    """Say whether *before* showed the goal broken, or near it, since the same instant, under another deadline version.

    A history told anew, or a calendar edited elsewhere, may give another number to a deadline that stays as it was.
    """
    if before is None:
        return False
    goal = before.stage(transition.stage)
    near = goal.at_risk_at if goal.at_risk else None  # foretold until then
    since = near if transition.change is Change.NEAR_BREACH else goal.breached_at
    return since == transition.at and goal.goal_seconds == transition.goal_seconds


def transitions(before: Reading | None, after: Reading) -> list[Transition]:
    """Return what happened between two readings of one ticket, in order of time.

    A goal that is breached when first seen is told as breached only, not as
    near its breach too.
    """
    found = [
        Transition(
            ticket_id=after.ticket_id,
            stage=stage,
            change=change,
            at=at,
            version=goal.version,
            goal_seconds=goal.goal_seconds,
            elapsed_seconds=goal.elapsed_seconds,
            due_at=goal.due_at,
            reason=after.note,
        )
        for stage, goal in zip(STAGES, after.stages, strict=True)
        for change, at in _changes(before.stage(stage) if before else None, goal, after.as_of)
    ]
    return sorted(found, key=lambda transition: (transition.at, transition.stage))


def _changes(before: StageReading | None, after: StageReading, as_of: datetime) -> Iterator[tuple[Change, datetime]]:
    # What an earlier deadline version went through says nothing of this one.
    same = before if before is not None and before.version == after.version else None
    if after.verdict is Verdict.CANCELLED:
        if before is not None and before.verdict is not Verdict.CANCELLED and before.goal_seconds is not None:
            yield Change.CANCELLED, as_of
        return
    late, was_late = after.verdict in _LATE, same is not None and same.verdict in _LATE
    if late and not was_late:
        yield Change.BREACHED, after.breached_at or as_of
    elif after.at_risk and not late and not (same and (same.at_risk or was_late)):
        yield Change.NEAR_BREACH, after.at_risk_at or as_of
    if after.verdict in _JUDGED and (same is None or same.verdict is not after.verdict):
        yield _JUDGED[after.verdict], after.reached_at or as_of
    if before is not None and same is None and before.verdict is Verdict.BREACHED and not late:
        yield Change.SUPERSEDED, as_of
