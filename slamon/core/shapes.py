"""How goals lie: how much of its goal each took, and at which hours of the week they broke."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from slamon.core.attainment import Bin, sort_out
from slamon.core.goals import NEVER, Goals
from slamon.core.ticket import STAGES

EDGES = (25, 50, 75, 90, 100, 110, 125, 150, 200, 400)  # percent of a goal
_SLOT = 900  # seconds; zones differ from UTC, and change, by whole quarters of an hour


def spread(goals: Goals, at: int) -> tuple[tuple[int, ...], ...]:
    """Return by stage how many judged goals took up to each of EDGES percent of their goal, and how many took more.

    An edge belongs to what is below it: a goal met in its last second took 100 %. A goal of no time at all that was
    met took nothing of it, one that was missed more than any edge.
    """
    judged = (sort_out(goals, at) <= Bin.MISSED) & (goals.goal_seconds >= 0)
    goal, elapsed, stage = (each[judged] for each in (goals.goal_seconds, goals.elapsed_seconds, goals.stage))
    beyond = np.where(elapsed > 0, EDGES[-1] + 1, 0)
    percent = np.where(goal > 0, -(-elapsed * 100 // np.maximum(goal, 1)), beyond)
    bars = len(EDGES) + 1
    places = stage.astype(np.int64) * bars + np.searchsorted(EDGES, percent, side="left")
    counted = np.bincount(places, minlength=len(STAGES) * bars).reshape(len(STAGES), bars)
    return tuple(tuple(row) for row in counted.tolist())


def heat(goals: Goals, at: int, zone: ZoneInfo) -> tuple[tuple[int, ...], ...]:
    """Return how many goals broke by weekday, from Monday, and hour in *zone*: at their deadlines, the first crossing.

    Counted are those missed, and those over at *at*; of one whose deadline is not known there is no hour.
    """
    bins = sort_out(goals, at)
    broken = goals.due_at[((bins == Bin.MISSED) | (bins == Bin.OVER)) & (goals.due_at != NEVER)]
    slots, counts = np.unique(broken // _SLOT, return_counts=True)
    table = [[0] * 24 for _ in range(7)]
    for slot, count in zip(slots.tolist(), counts.tolist(), strict=True):
        local = _local(slot * _SLOT, zone)
        table[local.weekday()][local.hour] += count
    return tuple(tuple(row) for row in table)


def _local(at: int, zone: ZoneInfo) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at)).astimezone(zone)
