"""The open clocks of one tenant, counted: an immutable value that the collector shows until the next one."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from slamon.clean import clean_label
from slamon.core.instants import to_epoch
from slamon.core.reading import StageReading
from slamon.core.slo import Objective, Tally
from slamon.core.ticket import STAGES, Stage
from slamon.core.transition import Change
from slamon.metrics.blocks import Observed
from slamon.metrics.board import OpenBoard, Worst, state_of
from slamon.metrics.budget import Counts
from slamon.ports import GoalRow, GoalTotal, OpenRow, Tracked, columns_of
from slamon.ports.outcomes import ELAPSED_EDGES

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
CONCLUDED = ("met", "missed")
PerStage = tuple[tuple[str, float], ...]  # stage, value


@dataclass(frozen=True, slots=True)
class ClockSnapshot:
    """One tenant's open tickets, counted. Timestamps are epoch seconds; a stage without one is absent.

    `boards`, `priorities` and `teams` hold every stage and every state, zeros included.
    """

    tenant: str
    boards: Counts = ()
    priorities: Counts = ()
    teams: Counts = ()
    next_deadlines: PerStage = ()
    oldest_breaches: PerStage = ()
    breaches: PerStage = ()
    near_breaches: PerStage = ()
    unmapped_statuses: int | None = 0  # None: known only to the daemon that watches the tenant
    tickets_without_policy: int | None = 0
    concluded: Counts = ()  # goals ever met or missed, by priority
    elapsed: tuple[tuple[str, Observed], ...] = ()  # the same by stage and business time taken
    slo: SloFigures | None = None
    worst: tuple[Worst, ...] = ()
    with_due: int = 0  # goals with a due instant, of which `worst` are the first


@dataclass(frozen=True, slots=True)
class SloFigures:
    """The objectives of the month that began then (epoch seconds), and what ended in it by name, stage and outcome."""

    month_began_at: float
    objectives: tuple[Objective, ...] = ()
    by_board: Counts = ()
    by_priority: Counts = ()
    by_company: Counts = ()


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
    Count open tickets by board, priority and team, for each stage and state.

    *transitions* are the store's counts of all time by (stage, change);
    *boards* names boards to show even without a ticket. A cancelled goal is
    not counted. The state is the verdict, but a goal that runs or stands
    outside hours past its warning share is at_risk.
    """
    return count_board(
        OpenBoard(columns_of(map(open_row, tracked))),
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
    totals: Sequence[GoalTotal] = (),
    slo: SloFigures | None = None,
    worst: int = 0,
) -> ClockSnapshot:
    """Count what stands on *board*, as `count_clocks` does; *totals* are of all time, *worst* so many tickets shown."""
    by_board, by_priority, by_team = board.count()
    first, with_due = board.worst(worst)
    return ClockSnapshot(
        tenant=clean_label(tenant),
        boards=_filled(by_board, map(clean_label, boards)),
        priorities=_filled(by_priority, ()),
        teams=_filled(by_team, ()),
        next_deadlines=board.next_deadlines(),
        oldest_breaches=board.oldest_breaches(),
        breaches=_told(transitions or {}, Change.BREACHED),
        near_breaches=_told(transitions or {}, Change.NEAR_BREACH),
        unmapped_statuses=unmapped_statuses,
        tickets_without_policy=tickets_without_policy,
        concluded=_concluded(totals),
        elapsed=_elapsed(totals),
        slo=slo,
        worst=tuple(first),
        with_due=with_due,
    )


def _concluded(totals: Sequence[GoalTotal]) -> Counts:
    """Return how many goals were met and missed by priority and stage, zeros included."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in totals:
        counts[clean_label(row.priority), Stage(row.stage).label, row.outcome] += row.goals
    return _grid(counts, {name for name, _, _ in counts}, CONCLUDED)


def _elapsed(totals: Sequence[GoalTotal]) -> tuple[tuple[str, Observed], ...]:
    counts = {stage: [0] * (len(ELAPSED_EDGES) + 1) for stage in STAGES}
    seconds = dict.fromkeys(STAGES, 0)
    for row in totals:
        counts[Stage(row.stage)][bisect_left(ELAPSED_EDGES, row.up_to_seconds)] += row.goals
        seconds[Stage(row.stage)] += row.elapsed_seconds
    return tuple((stage.label, Observed(tuple(counts[stage]), float(seconds[stage]))) for stage in STAGES)


def open_row(item: Tracked) -> OpenRow:
    """Return an open ticket as it is counted."""
    respond, plan, resolve = (
        GoalRow(goal.verdict, goal.at_risk, _seconds(goal.due_at), _seconds(goal.breached_at))
        for goal in item.reading.stages
    )
    priority = item.ticket.priority.name if item.ticket.priority else None
    company = item.ticket.company.name if item.ticket.company else None
    team = item.ticket.team.name if item.ticket.team else None
    goals = (respond, plan, resolve)
    return OpenRow(item.ticket.id, item.ticket.board.name, priority, goals, company, item.reading.terms, team)


def _seconds(at: datetime | None) -> int | None:
    return None if at is None else to_epoch(at)


def read_state(goal: StageReading) -> str | None:
    """Return the value of the label `state`; None for a cancelled goal."""
    return state_of(goal.verdict, goal.at_risk)


def count_ended(ended: Iterable[Tally], name_of: Callable[[Tally], str | None], names: Iterable[str] = ()) -> Counts:
    """Return how many goals were met and missed by name and stage, zeros included; *names* also without any."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in ended:
        if row.outcome in CONCLUDED:
            name = name_of(row)
            counts["none" if name is None else clean_label(name), Stage(row.stage).label, row.outcome] += row.goals
    return _grid(counts, {name for name, _, _ in counts} | set(names), CONCLUDED)


def _filled(counts: Counter[tuple[str, str, str]], names: Iterable[str]) -> Counts:
    """Return all stages and states of every name in order, those without a ticket at zero."""
    return _grid(counts, {name for name, _, _ in counts} | set(names), STATES)


def _grid(counts: Counter[tuple[str, str, str]], names: Iterable[str], states: Sequence[str]) -> Counts:
    return tuple(
        (name, stage.label, state, counts[name, stage.label, state])
        for name in sorted(names)
        for stage in STAGES
        for state in states
    )


def _told(transitions: Mapping[tuple[int, str], int], change: Change) -> PerStage:
    return tuple((Stage(stage).label, float(transitions.get((stage, change.value), 0))) for stage in STAGES)
