"""One goal on many clocks: when it was reached, what was promised, when it is due, and how it stands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slamon.core.columns import VERDICTS, StageColumns
from slamon.core.coordinate import HORIZON_SECONDS, NEVER, Coordinate
from slamon.core.history import NONE, OUT_OF_SCOPE, RESOLVED, WAITING, Mark, TermsTable
from slamon.core.reading import Verdict
from slamon.core.segments import Ints
from slamon.core.ticket import Stage
from slamon.core.timeline import Bools, Index, Timeline, last_where

_CODE = {verdict: code for code, verdict in enumerate(VERDICTS)}
_OPEN, _JUDGED = _CODE[Verdict.BREACHED], _CODE[Verdict.MET]  # from here on in the order of the verdicts


def read_stage(
    timeline: Timeline, table: TermsTable, calendar: Coordinate, stage: Stage, outside: Bools
) -> StageColumns:
    reached = _milestone(timeline, table, stage)
    is_reached = reached != NONE
    limit = np.where(is_reached, reached, timeline.last)
    goal, base, version = promise_of(timeline, table, stage, limit)
    goal, warn = _goal_and_warning(table, timeline.terms[limit], stage, goal, base)
    elapsed = np.where(is_reached, timeline.shown[reached], timeline.elapsed)
    has_goal = goal != NONE
    over = has_goal & (elapsed > goal)
    level = timeline.level_now

    due = shows_at(timeline, calendar, goal)
    risk = shows_at(timeline, calendar, warn)
    verdict = _verdicts(timeline, is_reached, has_goal, over, outside)
    waits = (level == WAITING) & ~is_reached & has_goal & (goal > timeline.elapsed)
    resumed = _continued(timeline, calendar, goal, waits)
    runs = timeline.runs & (verdict >= _OPEN)
    breach = _continued(timeline, calendar, goal + 1, runs & ~over)
    return StageColumns(
        verdict=verdict,
        goal=goal,
        elapsed=elapsed,
        reached_at=np.where(is_reached, timeline.at[reached], NEVER),
        due_at=due,
        due_if_resumed_at=resumed,
        breached_at=np.where(over & (verdict >= _JUDGED), due, NEVER),
        at_risk=(verdict >= _OPEN) & (elapsed >= warn),
        at_risk_at=risk,
        version=version,
        changes_at=np.where(runs & (elapsed < warn), np.minimum(breach, risk), breach),
    )


def _milestone(timeline: Timeline, table: TermsTable, stage: Stage) -> Index:
    """Return the event at which *stage* was reached in the current cycle, NONE where it was not."""
    level = timeline.level
    if stage is Stage.RESOLVE:
        return np.where(timeline.level_now == RESOLVED, timeline.stay, NONE)
    if stage is Stage.RESPOND:
        counts, says = Mark.REACHED_RESPOND, Mark.SAID_RESPOND
        responds = timeline.each(table.waiting_responds[timeline.terms_now])
        reached = ((level > 0) & (level <= RESOLVED)) | ((level == WAITING) & responds)
    else:
        counts, says = Mark.REACHED_PLAN, Mark.SAID_PLAN
        reached = (level > 1) & (level <= RESOLVED)
    if not timeline.any_mark:
        return _first_where(timeline, reached)
    inferred = _first_where(timeline, reached | ((timeline.marks & counts) != 0))
    said = _first_where(timeline, (timeline.marks & says) != 0)
    return np.where(said == NONE, inferred, said)


def _first_where(timeline: Timeline, known: Bools) -> Index:
    places = np.where(known & timeline.in_cycle, timeline.place, len(timeline.place))
    found: Index = np.minimum.reduceat(places, timeline.first)
    return np.where(found == len(timeline.place), NONE, found)


def promise_of(timeline: Timeline, table: TermsTable, stage: Stage, limit: Index) -> tuple[Ints, Ints, Ints]:
    """Return goal, base and deadline version of *stage*, from the terms in force up to event *limit*.

    The clock has to show base and goal together, in business seconds; the base is 0 unless goals count "forward".
    """
    terms, newest = timeline.terms[limit], timeline.terms_now
    goal = table.goals[terms, stage]
    base, version = np.zeros(len(goal), np.int64), timeline.cycle
    if timeline.any_change:
        promise = table.promise[:, stage][timeline.terms]
        changed = np.empty(len(promise), np.bool_)
        changed[1:] = promise[1:] != promise[:-1]
        changed[timeline.first] = False
        seen = timeline.place <= timeline.each(limit)
        version = version + np.add.reduceat((changed & seen).astype(np.int64), timeline.first)
        # "forward": the newest goal counts from what the clock showed when it came.
        came = last_where(changed & seen & timeline.in_cycle, timeline.place, timeline.first)
        base = np.where(table.forward[newest] & (came != NONE), timeline.shown[came], 0)
        goal = _strictest(timeline, table, stage, limit, goal)
    return goal, base, version


def _goal_and_warning(
    table: TermsTable, terms: NDArray[np.int32], stage: Stage, goal: Ints, base: Ints
) -> tuple[Ints, Ints]:
    """Return what the clock has to show for *goal*, and for its warning; NONE without a goal."""
    percent, left = table.warn_percent[terms, stage], table.warn_left[terms, stage]
    share = -(-goal * percent // 100)  # rounded up
    if (table.warn_percent < 0).any():
        share = np.where(percent < 0, goal + 1, share)  # at risk no sooner than broken
    warn = base + np.where(left > 0, np.minimum(share, np.maximum(goal - left, 0)), share)
    absent = goal == NONE
    return np.where(absent, NONE, goal + base), np.where(absent, NONE, warn)


def _strictest(timeline: Timeline, table: TermsTable, stage: Stage, limit: Index, goal: Ints) -> Ints:
    """Return *goal*, or where the policy says so the smallest goal in force since the start."""
    strictest = table.strictest[timeline.terms_now]
    if not strictest.any():
        return goal
    goals = table.goals[:, stage][timeline.terms]
    # What was replaced before the start, or within its own second, never was.
    lasted = np.append(timeline.begins[1:] != timeline.begins[:-1], True) | (timeline.place == timeline.each(limit))
    in_force = (timeline.place <= timeline.each(limit)) & timeline.in_cycle & (goals != NONE) & lasted
    smallest = np.minimum.reduceat(np.where(in_force, goals, NEVER), timeline.first)
    return np.where(strictest & (smallest != NEVER), smallest, goal)


def shows_at(timeline: Timeline, calendar: Coordinate, goal: Ints) -> Ints:
    """Return when each ticket's clock shows *goal*; NEVER without a goal, or where it stands short of it."""
    base = timeline.behind
    early = (goal > 0) & (timeline.shown_last >= goal)
    if early.any():
        short = timeline.shown_after < timeline.each(goal)
        place = timeline.first + np.add.reduceat(short.astype(np.int64), timeline.first)
        place = np.minimum(place, timeline.last)
        base = np.where(early, timeline.coordinate[place] - timeline.shown[place], base)
    answer = _within_horizon(timeline, calendar, calendar.instant(np.maximum(base + goal, 1)))
    at_once = goal == 0
    if at_once.any():
        answer = np.where(at_once, timeline.start, answer)
    return np.where((goal != NONE) & (timeline.runs | (timeline.elapsed >= goal)), answer, NEVER)


def _continued(timeline: Timeline, calendar: Coordinate, goal: Ints, where: Bools) -> Ints:
    """Return when the clock shows *goal* if it runs from now on, for tickets *where* it has not; NEVER elsewhere."""
    if not where.any():
        return np.full(len(goal), NEVER)
    found = calendar.instant(np.maximum(timeline.behind + goal, 1))
    return np.where(where, _within_horizon(timeline, calendar, found), NEVER)


def _within_horizon(timeline: Timeline, calendar: Coordinate, found: Ints) -> Ints:
    """How far the segments reach depends on the other tickets of the batch; the horizon does not."""
    if calendar.segments.high <= timeline.horizon:
        return found
    return np.where(found > timeline.until + HORIZON_SECONDS, NEVER, found)


def _verdicts(
    timeline: Timeline,
    reached: Bools,
    has_goal: Bools,
    over: Bools,
    outside: Bools,
) -> NDArray[np.int8]:
    level = timeline.level_now
    unmeasured = outside & False
    if timeline.any_mark:
        unmeasured = (np.bitwise_or.reduceat(timeline.marks, timeline.first) & Mark.NOT_MEASURED) != 0
    cases = (
        level == OUT_OF_SCOPE,
        ~has_goal,
        unmeasured,
        reached & ~over,
        reached,
        over,
        level == WAITING,
        outside,
    )
    verdict = np.full(len(level), _CODE[Verdict.RUNNING], np.int8)
    # The first that applies holds, so it is written last.
    for code, applies in reversed(tuple(enumerate(cases))):
        np.putmask(verdict, applies, code)
    return verdict
