"""Three witnesses: ConnectWise's goal dates, its status text and its minutes, held against slamon's own figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from slamon.core.figures import Figures, Life, StageFigures
from slamon.core.instants import from_epoch, to_epoch
from slamon.core.reading import ClockState, Verdict
from slamon.core.sla_text import SlaText, TextKind
from slamon.core.ticket import STAGES, Stage, Ticket

MINUTE = 60


class WitnessKind(StrEnum):
    GOAL_DATE = "goal_date"
    STATUS_TEXT = "status_text"
    MINUTES = "minutes"


class Cause(StrEnum):
    """Which one assumption makes slamon's arithmetic give ConnectWise's figure; of two alike the earlier."""

    POLL_GAP = "poll_gap"
    ZONE = "zone"
    HOLIDAY = "holiday"
    CALENDAR = "calendar"
    PRIORITY = "priority"
    STATUS_MAP = "status_map"
    PAUSE = "pause"
    START = "start"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"


CAUSES = tuple(Cause)
Key = tuple[WitnessKind, Stage | None]  # one figure of a ticket
Figure = datetime | int | str  # an instant, business seconds, or a state in words


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure on which ConnectWise and slamon differ. `apart_seconds` is theirs minus ours, None for words.

    Of the status text `stage` is the one that ConnectWise names, else the one slamon is at.
    """

    ticket_id: int
    stage: Stage
    witness: WitnessKind
    theirs: Figure
    ours: Figure
    apart_seconds: int | None = None
    cause: Cause = Cause.UNKNOWN
    words: str = ""

    @property
    def key(self) -> Key:
        """What it is about: a ticket has one status text, whatever stage that names."""
        return self.witness, None if self.witness is WitnessKind.STATUS_TEXT else self.stage


@dataclass(frozen=True, slots=True)
class Evidence:
    """A ticket with its history and its status text as read."""

    ticket: Ticket
    life: Life
    text: SlaText


@dataclass(frozen=True, slots=True)
class Comparison:
    """One ticket compared: the figures that agree, and those that do not. Both empty: there was nothing to compare."""

    agreed: frozenset[Key] = frozenset()
    differences: tuple[Difference, ...] = ()


def compare(told: Evidence, ours: Figures, *, goal_tolerance_seconds: int = 0) -> Comparison:
    """Return what agrees and what differs between what ConnectWise *told* and *ours*.

    What only one side shows is compared where it means something: a goal date
    without a goal is a difference; a missing or frozen date while the clock
    stands is none, nor is anything of a goal that is cancelled or not measured.
    """
    found = list(_compared(told, ours, goal_tolerance_seconds))
    return Comparison(
        frozenset(each.key for each in found if each.theirs == each.ours),
        tuple(each for each in found if each.theirs != each.ours),
    )


def _compared(told: Evidence, ours: Figures, tolerance: int) -> Iterator[Difference]:
    """Yield each figure that both have; where they agree, theirs and ours are equal."""
    ticket_id, witness = told.ticket.id, told.ticket.witness
    dates = (witness.respond_goal_at, witness.plan_goal_at, witness.resolve_goal_at)
    minutes = (witness.respond_minutes, witness.plan_minutes, witness.resolve_minutes)
    if any(goal.verdict in (Verdict.CANCELLED, Verdict.NOT_MEASURED) for goal in ours.stages):
        return
    # A ticket under no SLA has counters too: they stay at zero.
    under_sla = told.ticket.sla is not None or told.text.kind is not TextKind.ABSENT or any(dates)
    for stage in STAGES:
        goal = ours.stages[stage]
        date, spent = dates[stage], minutes[stage]
        if date is not None and (found := _goal_date(ticket_id, stage, date, goal, tolerance)):
            yield found
        if spent is not None and under_sla:
            yield _minutes(ticket_id, stage, spent * MINUTE, goal)
    if (said := _status_text(ticket_id, told.text, witness.sla_status, ours)) is not None:
        yield said


def _goal_date(ticket_id: int, stage: Stage, theirs: datetime, goal: StageFigures, tolerance: int) -> Difference | None:
    kind = WitnessKind.GOAL_DATE
    if not goal.has_goal:
        return Difference(ticket_id, stage, kind, theirs, "no goal")
    # Whether a date that was reached moves with later waits is not established: both are right.
    known = [due for due in (goal.due_at, goal.due_when_reached) if due is not None]
    if not known:
        return None
    moment = to_epoch(theirs)
    nearest = min(known, key=lambda due: abs(due - moment))
    apart = moment - nearest
    if abs(apart) <= tolerance:
        return Difference(ticket_id, stage, kind, theirs, theirs, 0)
    return Difference(ticket_id, stage, kind, theirs, from_epoch(nearest), apart)


def _minutes(ticket_id: int, stage: Stage, theirs: int, goal: StageFigures) -> Difference:
    """Compare minutes: each stage's counter is rounded by itself, and the later goals are sums of them."""
    apart = theirs - goal.elapsed_at_write
    ours = theirs if abs(apart) <= MINUTE * (stage + 1) else goal.elapsed_at_write
    return Difference(ticket_id, stage, WitnessKind.MINUTES, theirs, ours, apart)


def _status_text(ticket_id: int, text: SlaText, written: str, ours: Figures) -> Difference | None:
    kind = WitnessKind.STATUS_TEXT
    at = Stage.RESOLVE if ours.active is None else ours.active
    if text.kind is TextKind.ABSENT:
        return None
    if text.kind is TextKind.UNREADABLE:
        return Difference(ticket_id, at, kind, written, _state(ours), cause=Cause.UNREADABLE, words=text.problem)
    if text.stage is None:
        said = "waiting" if text.kind is TextKind.WAITING else "resolved"
        return Difference(ticket_id, at, kind, said, _state(ours))
    due = ours.stages[at].due_at
    if ours.state in (ClockState.PAUSED, ClockState.STOPPED) or at is not text.stage or due is None:
        theirs = f"{text.stage.label} by {_stamp(text.candidates[0])}"
        return Difference(ticket_id, text.stage, kind, theirs, _state(ours))
    cut = from_epoch(due - due % MINUTE)
    nearest = min(text.candidates, key=lambda each: abs(each - cut))
    return Difference(ticket_id, text.stage, kind, nearest, cut, int((nearest - cut).total_seconds()))


def _state(ours: Figures) -> str:
    stage = ours.active
    if ours.state is ClockState.PAUSED:
        return "waiting"
    if stage is None or ours.state is ClockState.STOPPED:
        return "resolved"
    due = ours.stages[stage].due_at
    return f"{stage.label} by {_stamp(from_epoch(due))}" if due is not None else f"{stage.label}, no goal"


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%MZ")
