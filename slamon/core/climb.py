"""Climbing: which marks of its ladder each open goal has passed, when, and when it passes the next one.

The instants come from the one clock there is (`stages.py`), for many tickets at once. Marks are those below the
breach; the breach itself is a transition. Past it, reminders are marks too, counted in business time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from slamon.core.batches import split_by_calendar, take
from slamon.core.calendar import BusinessCalendar
from slamon.core.clock import lived
from slamon.core.columns import VERDICTS, StageColumns
from slamon.core.coordinate import NEVER, Coordinate
from slamon.core.history import NONE, Histories
from slamon.core.instants import from_epoch
from slamon.core.ladder import Ladder, Mark
from slamon.core.reading import Verdict
from slamon.core.segments import Ints
from slamon.core.stages import promise_of, read_stage, shows_at
from slamon.core.ticket import STAGES, Stage
from slamon.core.timeline import Bools, Timeline

_CODE = {verdict: code for code, verdict in enumerate(VERDICTS)}
_BREACHED = _CODE[Verdict.BREACHED]  # from here on a goal is open


@dataclass(frozen=True, slots=True)
class Passed:
    """An open goal stands past a mark. `shows` is the clock at the mark: the higher, the more urgent."""

    ticket_id: int
    stage: Stage
    version: int  # deadline version
    mark: str  # "75%", "30m"; "+60m": that much business time after the breach
    shows: int
    at: datetime

    @property
    def key(self) -> tuple[int, Stage, int, str]:
        """What makes it the same mark of the same deadline."""
        return self.ticket_id, self.stage, self.version, self.mark

    @property
    def is_reminder(self) -> bool:
        return self.mark.startswith("+")


@dataclass(frozen=True, slots=True)
class Climb:
    """Where one ticket's goals stand on their ladder: the marks passed, lowest first, and when the next one comes."""

    ladder: Ladder
    passed: tuple[Passed, ...]
    next_at: datetime | None


def find_climbs(
    histories: Histories, calendars: Sequence[BusinessCalendar], ladders: Sequence[Ladder | None], as_of: int
) -> dict[int, Climb]:
    """Return the climbs of those tickets whose newest terms have a ladder; *ladders* are those of the terms table.

    A goal that is reached, not measured or without a target climbs nothing. Of a goal that is over only the
    newest reminder is told of: what it passed below the breach no longer matters.

    Raises:
        HistoryError: A ticket had not entered at *as_of*.
    """
    if not any(ladders) or not len(histories):
        return {}
    moments = np.broadcast_to(np.int64(as_of), (len(histories),))
    climbs: dict[int, Climb] = {}
    for rows, calendar in split_by_calendar(histories, moments):
        part = take(histories, rows)
        timeline, coordinate = lived(part, calendars[calendar], moments[rows])
        climbs.update(_Climbing(part, timeline, coordinate, ladders).climbs())
    return climbs


class _Climbing:
    """The climbs of tickets that are all counted on one calendar."""

    def __init__(
        self, histories: Histories, timeline: Timeline, calendar: Coordinate, ladders: Sequence[Ladder | None]
    ) -> None:
        self._histories, self._timeline, self._calendar = histories, timeline, calendar
        self._ladders = ladders
        self._next = np.full(len(histories), NEVER)
        self._passed: list[Passed] = []

    def climbs(self) -> Iterator[tuple[int, Climb]]:
        has_ladder = np.array([ladder is not None for ladder in self._ladders])[self._timeline.terms_now]
        for stage in STAGES:
            self._climb_stage(stage)
        passed: dict[int, list[Passed]] = {}
        for one in sorted(self._passed, key=lambda one: (one.stage, one.shows)):
            passed.setdefault(one.ticket_id, []).append(one)
        for row in np.flatnonzero(has_ladder).tolist():
            ticket_id, at = int(self._histories.ids[row]), int(self._next[row])
            ladder = self._ladders[self._timeline.terms_now[row]]
            assert ladder is not None
            next_at = None if at == NEVER else from_epoch(at)
            yield ticket_id, Climb(ladder, tuple(passed.get(ticket_id, ())), next_at)

    def _climb_stage(self, stage: Stage) -> None:
        timeline, table = self._timeline, self._histories.table
        columns = read_stage(timeline, table, self._calendar, stage, np.zeros(len(self._next), np.bool_))
        goal, base, _ = promise_of(timeline, table, stage, timeline.last)
        is_open = columns.verdict >= _BREACHED
        over = columns.verdict == _BREACHED
        for ladder in {ladder.name: ladder for ladder in self._ladders if ladder is not None}.values():
            own = np.array([ladder == one for one in self._ladders])[timeline.terms_now] & is_open
            for mark in ladder.marks(stage):
                self._note(stage, str(mark), base + _shows(mark, goal), own & ~over, columns)
            if ladder.remind_seconds and (own & over).any():
                self._remind(stage, ladder.remind_seconds, own & over, columns)

    def _note(self, stage: Stage, mark: str, shows: Ints, rows: Bools, columns: StageColumns) -> None:
        """Note which of *rows* have passed the clock's *shows*, and when the others will."""
        if not rows.any():
            return
        at = shows_at(self._timeline, self._calendar, np.where(rows, shows, NONE))
        behind = rows & (columns.elapsed >= shows) & (at <= self._timeline.as_of)
        ahead = rows & ~behind
        self._next = np.where(ahead, np.minimum(self._next, at), self._next)
        self._keep(stage, mark, shows, at, behind, columns)

    def _remind(self, stage: Stage, every: int, rows: Bools, columns: StageColumns) -> None:
        count = np.where(rows, columns.elapsed - columns.goal, 0) // every
        ahead = shows_at(self._timeline, self._calendar, np.where(rows, columns.goal + (count + 1) * every, NONE))
        self._next = np.where(rows, np.minimum(self._next, ahead), self._next)
        shows = columns.goal + count * every
        at = shows_at(self._timeline, self._calendar, np.where(rows, shows, NONE))
        for number in np.unique(count[rows & (count > 0)]).tolist():
            mark = f"+{number * every // 60}m"
            self._keep(stage, mark, shows, at, rows & (count == number), columns)

    def _keep(self, stage: Stage, mark: str, shows: Ints, at: Ints, rows: Bools, columns: StageColumns) -> None:
        for row in np.flatnonzero(rows).tolist():
            self._passed.append(
                Passed(
                    int(self._histories.ids[row]),
                    stage,
                    int(columns.version[row]),
                    mark,
                    int(shows[row]),
                    from_epoch(int(at[row])),
                )
            )


def _shows(mark: Mark, goals: Ints) -> Ints:
    """Return what the clock shows at *mark*, counted from the base; a share is rounded up to a whole second."""
    if mark.percent is not None:
        return -(-goals * mark.percent // 100)
    return np.maximum(goals - mark.left_seconds, 0)
