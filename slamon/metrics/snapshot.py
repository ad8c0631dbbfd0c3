"""The open clocks of one tenant, counted: an immutable value that the collector shows until the next one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from slamon.clean import clean_label
from slamon.core.instants import to_epoch
from slamon.core.reading import StageReading
from slamon.core.ticket import STAGES, Stage
from slamon.core.transition import Change
from slamon.metrics.board import OpenBoard, state_of
from slamon.metrics.budget import Counts
from slamon.ports import GoalRow, OpenRow, Tracked

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
    unmapped_statuses: int | None = 0  # None: known only to the daemon that watches the tenant
    tickets_without_policy: int | None = 0


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
    return count_board(
        OpenBoard(map(_row, tracked)),
        tenant=tenant,
        transitions=transitions,
        boards=boards,
        unmapped_statuses=unmapped_statuses,
        tickets_without_policy=tickets_without_policy,
    )


def count_board(
    board: OpenBoard,
    *,
    tenant: str,
    transitions: Mapping[tuple[int, str], int] | None = None,
    boards: Iterable[str] = (),
    unmapped_statuses: int | None = 0,
    tickets_without_policy: int | None = 0,
) -> ClockSnapshot:
    """Count what stands on *board*, as `count_clocks` does."""
    by_board, by_priority = board.count()
    return ClockSnapshot(
        tenant=clean_label(tenant),
        boards=_filled(by_board, map(clean_label, boards)),
        priorities=_filled(by_priority, ()),
        next_deadlines=board.next_deadlines(),
        oldest_breaches=board.oldest_breaches(),
        breaches=_told(transitions or {}, Change.BREACHED),
        near_breaches=_told(transitions or {}, Change.NEAR_BREACH),
        unmapped_statuses=unmapped_statuses,
        tickets_without_policy=tickets_without_policy,
    )


def _row(item: Tracked) -> OpenRow:
    respond, plan, resolve = (
        GoalRow(goal.verdict, goal.at_risk, _seconds(goal.due_at), _seconds(goal.breached_at))
        for goal in item.reading.stages
    )
    priority = item.ticket.priority.name if item.ticket.priority else None
    return OpenRow(item.ticket.id, item.ticket.board.name, priority, (respond, plan, resolve))


def _seconds(at: datetime | None) -> int | None:
    return None if at is None else to_epoch(at)


def read_state(goal: StageReading) -> str | None:
    """Return the value of the label `state`; None for a cancelled goal."""
    return state_of(goal.verdict, goal.at_risk)


def _filled(counts: Counter[tuple[str, str, str]], names: Iterable[str]) -> Counts:
    """Return all stages and states of every name in order, those without a ticket at zero."""
    shown = sorted({name for name, _, _ in counts} | set(names))
    return tuple(
        (name, stage.label, state, counts[name, stage.label, state])
        for name in shown
        for stage in STAGES
        for state in STATES
    )


def _told(transitions: Mapping[tuple[int, str], int], change: Change) -> PerStage:
    return tuple((Stage(stage).label, float(transitions.get((stage, change.value), 0))) for stage in STAGES)
