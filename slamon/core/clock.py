"""Read many tickets' clocks at once: columns in, columns out. One ticket is the same code with one row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from slamon.core.batches import refuse_early, split_by_calendar, take
from slamon.core.calendar import BusinessCalendar
from slamon.core.columns import STATES, Readings, join_readings
from slamon.core.coordinate import HORIZON_SECONDS, NEAR_SECONDS, NEVER, Coordinate
from slamon.core.history import OUT_OF_SCOPE, RESOLVED, WAITING, Histories
from slamon.core.reading import ClockState
from slamon.core.segments import Ints
from slamon.core.stages import read_stage
from slamon.core.ticket import STAGES
from slamon.core.timeline import Timeline, build_timeline, live

_CODE = {state: code for code, state in enumerate(STATES)}


def read_clocks(histories: Histories, calendars: Sequence[BusinessCalendar], as_of: int | Ints) -> Readings:
    """Return the readings of *histories* at *as_of* (epoch seconds, one for all or one per ticket).

    *calendars* are those the terms table indexes. Events after *as_of* have
    not happened. A due instant beyond ten years is absent, like one that a
    standing clock cannot know.

    Raises:
        HistoryError: A ticket had not entered at *as_of*.
    """
    moments = np.broadcast_to(np.asarray(as_of, np.int64), (len(histories),))
    refuse_early(histories, moments)
    parts = [
        (rows, _read(take(histories, rows), calendars[calendar], moments[rows]))
        for rows, calendar in split_by_calendar(histories, moments)
    ]
    return parts[0][1] if len(parts) == 1 else join_readings(histories, moments, parts)


def lived(histories: Histories, calendar: BusinessCalendar, as_of: Ints) -> tuple[Timeline, Coordinate]:
    """Return the lived stretches of tickets on one *calendar*, and the coordinate that measured them."""
    lives = live(histories, as_of)
    low = int(min(lives.at.min(), histories.start.min()))
    high = int(max(as_of.max(), histories.start.max()))
    needed = int(histories.table.goals.max(initial=0)) + 1
    # Most goals are days away; ten years are built only where a calendar opens that seldom.
    for reach in (NEAR_SECONDS, HORIZON_SECONDS):
        coordinate = calendar.coordinate(low, high + reach)
        if coordinate.total - int(coordinate.business(np.array([high]))[0]) >= needed:
            break
    return build_timeline(histories, lives, as_of, coordinate), coordinate


def _read(histories: Histories, calendar: BusinessCalendar, as_of: Ints) -> Readings:
    """Return the readings of tickets that are all counted on *calendar*."""
    timeline, coordinate = lived(histories, calendar, as_of)
    level = timeline.level[timeline.last]
    outside = ~coordinate.is_open(timeline.until) | (timeline.as_of < timeline.start)
    stages = [read_stage(timeline, histories.table, coordinate, stage, outside) for stage in STAGES]
    state = np.select(
        [(level == RESOLVED) | (level == OUT_OF_SCOPE), level == WAITING, outside],
        [_CODE[ClockState.STOPPED], _CODE[ClockState.PAUSED], _CODE[ClockState.OUTSIDE_HOURS]],
        _CODE[ClockState.RUNNING],
    )
    starts_open = (timeline.as_of < timeline.start) & coordinate.is_open(timeline.start)
    edge = np.where(starts_open, timeline.start, coordinate.next_edge(timeline.until))
    next_change = np.where(timeline.runs, edge, NEVER)
    for stage in stages:
        next_change = np.minimum(next_change, stage.changes_at)
    return Readings(
        ids=histories.ids,
        as_of=as_of,
        state=state.astype(np.int8),
        elapsed=timeline.elapsed,
        paused=timeline.paused,
        started_at=timeline.start,
        cycle=timeline.cycle,
        terms=timeline.terms[timeline.last],
        next_change_at=next_change,
        stages=(stages[0], stages[1], stages[2]),
        table=histories.table,
    )
