"""Read many tickets' clocks at once: columns in, columns out. One ticket is the same code with one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from slamon.core.calendar import HORIZON_SECONDS, NEAR_SECONDS, NEVER, BusinessCalendar
from slamon.core.history import NONE, OUT_OF_SCOPE, RESOLVED, WAITING, Histories, Mark, TermsTable
from slamon.core.instants import from_epoch
from slamon.core.joint import JointSegments, join_segments
from slamon.core.reading import ClockState, Reading, StageReading, Verdict
from slamon.core.segments import Ints
from slamon.core.ticket import STAGES, Stage
from slamon.core.timeline import Index, Timeline, build_timeline, live
from slamon.errors import HistoryError

VERDICTS = tuple(Verdict)
STATES = tuple(ClockState)
_V = {verdict: code for code, verdict in enumerate(VERDICTS)}
_S = {state: code for code, state in enumerate(STATES)}
_FAR = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class StageColumns:
    """One stage of n tickets: business seconds (NONE: no goal) and epoch seconds (NEVER: absent)."""

    verdict: NDArray[np.int8]  # indexes VERDICTS
    goal: Ints
    elapsed: Ints
    reached_at: Ints
    due_at: Ints
    due_if_resumed_at: Ints
    breached_at: Ints
    at_risk: NDArray[np.bool_]
    at_risk_at: Ints
    version: Ints
    changes_at: Ints  # next instant at which this stage changes by itself


@dataclass(frozen=True, slots=True)
class Readings:
    """The clocks of n tickets, in the order of the histories."""

    ids: Ints
    as_of: Ints
    state: NDArray[np.int8]  # indexes STATES
    elapsed: Ints
    paused: Ints
    started_at: Ints
    cycle: Ints
    terms: NDArray[np.int32]  # indexes the terms table
    next_change_at: Ints
    stages: tuple[StageColumns, StageColumns, StageColumns]
    table: TermsTable

    def __len__(self) -> int:
        return len(self.ids)

    def reading(self, index: int) -> Reading:
        """Return one ticket's clock as a value."""
        respond, plan, resolve = (_stage_reading(columns, index) for columns in self.stages)
        return Reading(
            ticket_id=int(self.ids[index]),
            as_of=from_epoch(self.as_of[index]),
            state=STATES[self.state[index]],
            elapsed_seconds=int(self.elapsed[index]),
            paused_seconds=int(self.paused[index]),
            started_at=from_epoch(self.started_at[index]),
            cycle=int(self.cycle[index]),
            stages=(respond, plan, resolve),
            terms=self.table.versions[self.terms[index]],
            next_change_at=_instant(self.next_change_at[index]),
        )


def read_clocks(histories: Histories, calendars: Sequence[BusinessCalendar], as_of: int | Ints) -> Readings:
    """Return the readings of *histories* at *as_of* (epoch seconds, one for all or one per ticket).

    *calendars* are those the terms table indexes. Events after *as_of* have
    not happened. A due instant beyond ten years is absent, like one that a
    standing clock cannot know.

    Raises:
        HistoryError: A ticket had not entered at *as_of*.
    """
    moments = np.broadcast_to(np.asarray(as_of, np.int64), (len(histories),))
    timeline, segments = lived(histories, calendars, moments)
    stages = [_read_stage(timeline, histories, segments, stage) for stage in STAGES]
    return Readings(
        ids=histories.ids,
        as_of=moments,
        state=_states(timeline, segments),
        elapsed=timeline.elapsed,
        paused=timeline.paused,
        started_at=timeline.start,
        cycle=timeline.cycle,
        terms=timeline.terms[timeline.last],
        next_change_at=_next_change(timeline, segments, stages),
        stages=(stages[0], stages[1], stages[2]),
        table=histories.table,
    )


def lived(histories: Histories, calendars: Sequence[BusinessCalendar], as_of: Ints) -> tuple[Timeline, JointSegments]:
    """Return the lived stretches of *histories* and the segments that measured them."""
    if not len(histories):
        raise HistoryError("no ticket to read")
    early = histories.at[histories.first[:-1]] > as_of
    if early.any():
        worst = int(np.argmax(early))
        raise HistoryError(
            f"ticket {histories.ids[worst]} entered at {from_epoch(histories.at[histories.first[worst]])}, "
            f"after {from_epoch(as_of[worst])}"
        )
    lives = live(histories, as_of)
    calendar = histories.table.calendar[lives.terms[lives.last]]
    used, lane = np.unique(calendar, return_inverse=True)
    chosen = [calendars[index] for index in used]
    low = int(min(lives.at.min(), histories.start.min()))
    high = int(max(as_of.max(), histories.start.max()))
    needed = int(histories.table.goals.max(initial=0)) + 1
    # Most goals are days away; ten years are built only where a calendar opens that seldom.
    for reach in (NEAR_SECONDS, HORIZON_SECONDS):
        segments = join_segments(chosen, low, high + reach)
        lanes = np.arange(len(chosen))
        left = segments.total - segments.coordinate(lanes, np.full(len(lanes), high))
        if (left >= needed).all():
            break
    return build_timeline(histories, lane.astype(np.int64), lives, as_of, segments), segments


def _read_stage(timeline: Timeline, histories: Histories, segments: JointSegments, stage: Stage) -> StageColumns:
    reached = _milestone(timeline, histories.table, stage)
    is_reached = reached != NONE
    limit = np.where(is_reached, reached, timeline.last)
    goal, warn, version = _promise(timeline, histories.table, stage, limit)
    elapsed = np.where(is_reached, timeline.shown[reached], timeline.elapsed)
    has_goal = goal != NONE
    over = has_goal & (elapsed > goal)
    level = timeline.level[timeline.last]

    due = _shows_at(timeline, segments, goal)
    risk = _shows_at(timeline, segments, warn)
    waits = (level == WAITING) & ~is_reached & has_goal & (goal > timeline.elapsed)
    resumed = _continued(timeline, segments, goal)
    verdict = _verdicts(timeline, segments, is_reached, has_goal, over)
    is_open = verdict >= _V[Verdict.BREACHED]

    runs = timeline.counting[timeline.last] & is_open
    breach = np.where(runs & ~over, _continued(timeline, segments, goal + 1), NEVER)
    warning = np.where(runs & (elapsed < warn), risk, NEVER)
    return StageColumns(
        verdict=verdict,
        goal=goal,
        elapsed=elapsed,
        reached_at=np.where(is_reached, timeline.at[reached], NEVER),
        due_at=due,
        due_if_resumed_at=np.where(waits, resumed, NEVER),
        breached_at=np.where(over & (verdict >= _V[Verdict.MET]), due, NEVER),
        at_risk=is_open & (elapsed >= warn),
        at_risk_at=risk,
        version=version,
        changes_at=np.minimum(breach, warning),
    )


def _milestone(timeline: Timeline, table: TermsTable, stage: Stage) -> Index:
    """Return the event at which *stage* was reached in the current cycle, NONE where it was not."""
    level = timeline.level
    if stage is Stage.RESOLVE:
        return np.where(level[timeline.last] == RESOLVED, timeline.stay, NONE)
    if stage is Stage.RESPOND:
        counts, says = Mark.REACHED_RESPOND, Mark.SAID_RESPOND
        responds = table.waiting_responds[timeline.terms[timeline.last]][timeline.row]
        reached = ((level > 0) & (level <= RESOLVED)) | ((level == WAITING) & responds)
    else:
        counts, says = Mark.REACHED_PLAN, Mark.SAID_PLAN
        reached = (level > 1) & (level <= RESOLVED)
    inferred = _first_where(timeline, reached | ((timeline.marks & counts) != 0))
    said = _first_where(timeline, (timeline.marks & says) != 0)
    return np.where(said == NONE, inferred, said)


def _first_where(timeline: Timeline, known: NDArray[np.bool_]) -> Index:
    places = np.where(known & timeline.in_cycle, timeline.place, len(timeline.place))
    found: Index = np.minimum.reduceat(places, timeline.first)
    return np.where(found == len(timeline.place), NONE, found)


def _promise(timeline: Timeline, table: TermsTable, stage: Stage, limit: Index) -> tuple[Ints, Ints, Ints]:
    """Return goal, warning and deadline version of *stage*, from the terms in force up to event *limit*.

    Goal and warning are what the clock has to show, in business seconds.
    """
    promise = table.promise[:, stage][timeline.terms]
    changed = np.empty(len(promise), np.bool_)
    changed[1:] = promise[1:] != promise[:-1]
    changed[timeline.first] = False
    seen = timeline.place <= limit[timeline.row]
    version = np.add.reduceat((changed & seen).astype(np.int64), timeline.first) + timeline.cycle

    terms, newest = timeline.terms[limit], timeline.terms[timeline.last]
    goal, percent = table.goals[terms, stage], table.warn_percent[terms]
    # "forward": the newest goal counts from what the clock showed when it came.
    places = np.where(changed & seen & timeline.in_cycle, timeline.place, NONE)
    came = np.maximum.reduceat(places, timeline.first)
    base = np.where(table.forward[newest] & (came != NONE), timeline.shown[came], 0)
    # "strictest": the smallest goal in force since the start.
    if table.strictest[newest].any():
        goals = table.goals[:, stage][timeline.terms]
        # What was replaced before the start, or within its own second, never was.
        lasted = np.append(timeline.begins[1:] != timeline.begins[:-1], True) | (timeline.place == limit[timeline.row])
        in_force = seen & timeline.in_cycle & (goals != NONE) & lasted
        smallest = np.minimum.reduceat(np.where(in_force, goals, _FAR), timeline.first)
        goal = np.where(table.strictest[newest] & (smallest != _FAR), smallest, goal)
    warn = base - (-goal * percent // 100)
    absent = goal == NONE
    return np.where(absent, NONE, goal + base), np.where(absent, NONE, warn), version


def _shows_at(timeline: Timeline, segments: JointSegments, goal: Ints) -> Ints:
    """Return when each ticket's clock shows *goal*; NEVER without a goal, or where it stands short of it."""
    short = timeline.shown_after < goal[timeline.row]
    place = timeline.first + np.add.reduceat(short.astype(np.int64), timeline.first)
    lived_it = place <= timeline.last
    place = np.where(lived_it, place, timeline.last)
    past = segments.instant(timeline.calendar, np.maximum(timeline.coordinate[place] + goal - timeline.shown[place], 1))
    ahead = np.where(timeline.counting[timeline.last], _continued(timeline, segments, goal), NEVER)
    answer = np.where(goal == 0, timeline.start, np.where(lived_it, past, ahead))
    return np.where(goal == NONE, NEVER, answer)


def _continued(timeline: Timeline, segments: JointSegments, goal: Ints) -> Ints:
    """Return when the clock would show *goal* if it ran from now on; meaningful only where it has not yet."""
    now = segments.coordinate(timeline.calendar, timeline.until)
    found = segments.instant(timeline.calendar, np.maximum(now + goal - timeline.elapsed, 1))
    # How far the segments reach depends on the other tickets of the batch; the horizon does not.
    return np.where(found > timeline.until + HORIZON_SECONDS, NEVER, found)


def _verdicts(
    timeline: Timeline,
    segments: JointSegments,
    reached: NDArray[np.bool_],
    has_goal: NDArray[np.bool_],
    over: NDArray[np.bool_],
) -> NDArray[np.int8]:
    level = timeline.level[timeline.last]
    unmeasured = np.bitwise_or.reduceat(timeline.marks, timeline.first) & Mark.NOT_MEASURED
    outside = _outside(timeline, segments)
    return np.select(
        [
            level == OUT_OF_SCOPE,
            ~has_goal,
            unmeasured != 0,
            reached & ~over,
            reached,
            over,
            level == WAITING,
            outside,
        ],
        [_V[v] for v in VERDICTS[:-1]],
        _V[Verdict.RUNNING],
    ).astype(np.int8)


def _states(timeline: Timeline, segments: JointSegments) -> NDArray[np.int8]:
    level = timeline.level[timeline.last]
    outside = _outside(timeline, segments)
    return np.select(
        [(level == RESOLVED) | (level == OUT_OF_SCOPE), level == WAITING, outside],
        [_S[ClockState.STOPPED], _S[ClockState.PAUSED], _S[ClockState.OUTSIDE_HOURS]],
        _S[ClockState.RUNNING],
    ).astype(np.int8)


def _outside(timeline: Timeline, segments: JointSegments) -> NDArray[np.bool_]:
    answer: NDArray[np.bool_] = ~segments.is_open(timeline.calendar, timeline.until)
    return answer | (timeline.as_of < timeline.start)


def _next_change(timeline: Timeline, segments: JointSegments, stages: list[StageColumns]) -> Ints:
    starts_open = (timeline.as_of < timeline.start) & segments.is_open(timeline.calendar, timeline.start)
    edge = np.where(starts_open, timeline.start, segments.next_edge(timeline.calendar, timeline.until))
    moments = np.where(timeline.counting[timeline.last], edge, NEVER)
    for stage in stages:
        moments = np.minimum(moments, stage.changes_at)
    return moments


def _stage_reading(columns: StageColumns, index: int) -> StageReading:
    goal = int(columns.goal[index])
    return StageReading(
        verdict=VERDICTS[columns.verdict[index]],
        elapsed_seconds=int(columns.elapsed[index]),
        goal_seconds=None if goal == NONE else goal,
        reached_at=_instant(columns.reached_at[index]),
        due_at=_instant(columns.due_at[index]),
        due_if_resumed_at=_instant(columns.due_if_resumed_at[index]),
        breached_at=_instant(columns.breached_at[index]),
        at_risk=bool(columns.at_risk[index]),
        at_risk_at=_instant(columns.at_risk_at[index]),
        version=int(columns.version[index]),
    )


def _instant(seconds: np.int64) -> datetime | None:
    return None if seconds == NEVER else from_epoch(int(seconds))
