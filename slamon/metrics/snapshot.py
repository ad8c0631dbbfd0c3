"""The open clocks of one tenant, counted: an immutable value that the collector shows until the next one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from slamon.clean import clean_label
from slamon.core.reading import StageReading, Verdict
from slamon.core.ticket import STAGES, Stage
from slamon.core.transition import Change
from slamon.ports import Tracked

STATES = (
    "running",
    "outside_hours",
    "at_risk",
    "paused",
    "breached",
    "met",
    "missed",
    "not_measured",
    "no_target",
)
Counts = tuple[tuple[str, str, str, int], ...]  # board or priority, stage, state, tickets
PerStage = tuple[tuple[str, float], ...]  # stage, value


@dataclass(frozen=True, slots=True)
class ClockSnapshot:
    """One tenant's open tickets, counted. Timestamps are epoch seconds; a stage without one is absent.

    `boards` and `priorities` hold every stage and every state, zeros included.
    """

    tenant: str
    boards: Counts = ()
    priorities: Counts = ()
    next_deadlines: PerStage = ()
    oldest_breaches: PerStage = ()
    breaches: PerStage = ()
    near_breaches: PerStage = ()
    unmapped_statuses: int = 0
    tickets_without_policy: int = 0


def count_clocks(
    tracked: Sequence[Tracked],
    *,
    tenant: str,
    transitions: Mapping[tuple[int, str], int] | None = None,
    boards: Iterable[str] = (),
    unmapped_statuses: int = 0,
    tickets_without_policy: int = 0,
) -> ClockSnapshot:
    """
    Count open tickets by board and by priority, for each stage and state.

    *transitions* are the store's counts of all time by (stage, change);
    *boards* names boards to show even without a ticket. A cancelled goal is
    not counted. The state is the verdict, but a goal that runs or stands
    outside hours past its warning share is at_risk.
    """
    by_board: Counter[tuple[str, str, str]] = Counter()
    by_priority: Counter[tuple[str, str, str]] = Counter()
    for item in tracked:
        board = clean_label(item.ticket.board.name)
        priority = clean_label(item.ticket.priority.name) if item.ticket.priority else "none"
        for stage in STAGES:
            state = read_state(item.reading.stage(stage))
            if state is not None:
                by_board[board, stage.label, state] += 1
                by_priority[priority, stage.label, state] += 1
    return ClockSnapshot(
        tenant=clean_label(tenant),
        boards=_filled(by_board, map(clean_label, boards)),
        priorities=_filled(by_priority, ()),
        next_deadlines=_earliest(tracked, _next_deadline),
        oldest_breaches=_earliest(tracked, _breach),
        breaches=_told(transitions or {}, Change.BREACHED),
        near_breaches=_told(transitions or {}, Change.NEAR_BREACH),
        unmapped_statuses=unmapped_statuses,
        tickets_without_policy=tickets_without_policy,
    )


def read_state(goal: StageReading) -> str | None:
    """Return the value of the label `state`; None for a cancelled goal."""
    if goal.verdict is Verdict.CANCELLED:
        return None
    if goal.at_risk and goal.verdict in (Verdict.RUNNING, Verdict.OUTSIDE_HOURS):
        return "at_risk"
    return goal.verdict.value


def _filled(counts: Counter[tuple[str, str, str]], names: Iterable[str]) -> Counts:
    """Return all stages and states of every name in order, those without a ticket at zero."""
    shown = sorted({name for name, _, _ in counts} | set(names))
    return tuple(
        (name, stage.label, state, counts[name, stage.label, state])
        for name in shown
        for stage in STAGES
        for state in STATES
    )


def _next_deadline(goal: StageReading) -> datetime | None:
    return goal.due_at if goal.verdict in (Verdict.RUNNING, Verdict.OUTSIDE_HOURS) else None


def _breach(goal: StageReading) -> datetime | None:
    return goal.breached_at if goal.verdict is Verdict.BREACHED else None


def _earliest(tracked: Sequence[Tracked], instant: Callable[[StageReading], datetime | None]) -> PerStage:
    found: list[tuple[str, float]] = []
    for stage in STAGES:
        instants = [at for item in tracked if (at := instant(item.reading.stage(stage))) is not None]
        if instants:
            found.append((stage.label, min(instants).timestamp()))
    return tuple(found)


def _told(transitions: Mapping[tuple[int, str], int], change: Change) -> PerStage:
    return tuple((Stage(stage).label, float(transitions.get((stage, change.value), 0))) for stage in STAGES)
