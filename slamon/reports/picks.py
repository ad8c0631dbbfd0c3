"""What of many goals a report lists: the worst, the next, the longest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slamon.core.attainment import Bin, sort_out
from slamon.core.goals import Goals
from slamon.reports.lines import GoalLine, lines_of
from slamon.reports.material import Material

Rows = NDArray[np.int64]
_CYCLE_BITS = 20


def missed_lines(material: Material, most: int) -> list[GoalLine]:
    """Return the worst *most* goals missed, by business time over, then the one that broke first."""
    goals, bins = material.goals, sort_out(material.goals, material.known_at)
    over = goals.elapsed_seconds - goals.goal_seconds
    return lines_of(goals, bins, _first(np.flatnonzero(bins == Bin.MISSED), (-over, goals.due_at), goals, most))


def over_lines(material: Material, most: int) -> list[GoalLine]:
    """Return the *most* goals open past their deadline, those first that broke first."""
    goals, bins = material.open_goals, sort_out(material.open_goals, material.until)
    return lines_of(goals, bins, _first(np.flatnonzero(bins == Bin.OVER), (goals.due_at,), goals, most))


def due_lines(material: Material, until: int, most: int) -> list[GoalLine]:
    """Return the *most* open goals that are due before *until* and not over, those first that are due first."""
    goals, bins = material.open_goals, sort_out(material.open_goals, material.until)
    rows = np.flatnonzero((bins == Bin.OPEN) & (goals.due_at < until))
    return lines_of(goals, bins, _first(rows, (goals.due_at,), goals, most))


def excluded_lines(material: Material, most: int) -> list[GoalLine]:
    """Return the *most* first goals that count neither way, in the order in which they ended."""
    goals, bins = material.goals, sort_out(material.goals, material.known_at)
    return lines_of(goals, bins, _first(np.flatnonzero(bins >= Bin.NOT_MEASURED), (goals.ended_at,), goals, most))


def paused_lines(material: Material, most: int) -> list[GoalLine]:
    """Return the *most* cycles of tickets that waited longest, each by its goal that waited longest."""
    goals, bins = material.goals, sort_out(material.goals, material.known_at)
    rows = _longest(goals, np.flatnonzero((goals.paused_seconds > 0) & (bins <= Bin.OVER)))
    return lines_of(goals, bins, _first(rows, (-goals.paused_seconds,), goals, most))


def waited_seconds(material: Material) -> int:
    """Return the business seconds that all cycles of tickets waited, each counted once."""
    goals, bins = material.goals, sort_out(material.goals, material.known_at)
    rows = _longest(goals, np.flatnonzero((goals.paused_seconds > 0) & (bins <= Bin.OVER)))
    return int(goals.paused_seconds[rows].sum())


def cycle_lines(material: Material, cycles: Collection[tuple[int, int]]) -> list[GoalLine]:
    """Return all goals of these *cycles*, by (ticket, cycle), that are judged or open."""
    goals, bins = material.goals, sort_out(material.goals, material.known_at)
    wanted = np.isin(goals.ticket_id, [ticket_id for ticket_id, _ in cycles]) & (bins <= Bin.OVER)
    lines = lines_of(goals, bins, np.flatnonzero(wanted).tolist())
    return [line for line in lines if (line.key.ticket_id, line.key.cycle) in cycles]


def _longest(goals: Goals, rows: Rows) -> Rows:
    """Return of *rows* one for each cycle of a ticket: the one that waited longest, of several the last stage."""
    cycle = (goals.ticket_id[rows] << _CYCLE_BITS) | goals.cycle[rows]
    ordered = rows[np.lexsort((goals.stage[rows], goals.paused_seconds[rows], cycle))]
    same = (np.diff(goals.ticket_id[ordered]) == 0) & (np.diff(goals.cycle[ordered]) == 0)
    return ordered[np.append(~same, True)] if len(ordered) else ordered


def _first(rows: Rows, keys: Sequence[NDArray[np.int64]], goals: Goals, most: int) -> list[int]:
    """Return the first *most* of *rows* by *keys*, then by ticket, stage and cycle."""
    every: tuple[NDArray[np.signedinteger[Any]], ...] = (*keys, goals.ticket_id, goals.stage, goals.cycle)
    order = np.lexsort([key[rows] for key in reversed(every)])
    found: list[int] = rows[order][:most].tolist()
    return found
