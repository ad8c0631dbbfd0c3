"""Readings in columns: one row a ticket, and how a row becomes a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from slamon.core.coordinate import NEVER
from slamon.core.history import NONE, Histories, TermsTable
from slamon.core.instants import from_epoch
from slamon.core.reading import ClockState, Reading, StageReading, Verdict
from slamon.core.segments import Ints
from slamon.core.ticket import STAGES
from slamon.core.timeline import Index

T = TypeVar("T", bound=np.generic)

VERDICTS = tuple(Verdict)
STATES = tuple(ClockState)


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


def join_readings(histories: Histories, as_of: Ints, parts: Sequence[tuple[Index, Readings]]) -> Readings:
    """Return the parts' columns put back into the order of the histories."""
    rows = np.concatenate([rows for rows, _ in parts])
    # Gathered, not scattered: each part is then read from beginning to end.
    found_at = np.empty_like(rows)
    found_at[rows] = np.arange(len(rows))

    def column(values: Sequence[NDArray[T]]) -> NDArray[T]:
        return np.concatenate(values).take(found_at, mode="clip")

    readings = [reading for _, reading in parts]
    respond, plan, resolve = (
        StageColumns(
            **{
                name: column([getattr(reading.stages[stage], name) for reading in readings])
                for name in StageColumns.__slots__
            }
        )
        for stage in STAGES
    )
    return Readings(
        ids=histories.ids,
        as_of=as_of,
        state=column([r.state for r in readings]),
        elapsed=column([r.elapsed for r in readings]),
        paused=column([r.paused for r in readings]),
        started_at=column([r.started_at for r in readings]),
        cycle=column([r.cycle for r in readings]),
        terms=column([r.terms for r in readings]),
        next_change_at=column([r.next_change_at for r in readings]),
        stages=(respond, plan, resolve),
        table=histories.table,
    )


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
