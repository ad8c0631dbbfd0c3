"""Readings in columns: one row a ticket, and how rows become values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
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
        return self.values(slice(index, index + 1))[0]

    def values(self, part: slice = slice(None), status_maps: Iterable[str] = repeat("")) -> list[Reading]:
        """Return each ticket's clock as a value; a number taken alone out of a column costs as much as ten.

        *status_maps* are the versions that the tickets of *part* name, in their order.
        """
        columns = (self.ids, self.as_of, self.state, self.elapsed, self.paused, self.started_at, self.cycle)
        clocks = (column[part].tolist() for column in (*columns, self.terms, self.next_change_at))
        goals = zip(*(_stage_readings(columns, part) for columns in self.stages), strict=True)
        return [
            Reading(
                ticket_id=ticket_id,
                as_of=from_epoch(as_of),
                state=STATES[state],
                elapsed_seconds=elapsed,
                paused_seconds=paused,
                started_at=from_epoch(started_at),
                cycle=cycle,
                stages=stages,
                terms=self.table.versions[terms],
                next_change_at=_instant(next_change_at),
                status_map=status_map,
            )
            for (
                ticket_id,
                as_of,
                state,
                elapsed,
                paused,
                started_at,
                cycle,
                terms,
                next_change_at,
                stages,
            ), status_map in zip(zip(*clocks, goals, strict=True), status_maps, strict=False)
        ]


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


def _stage_readings(columns: StageColumns, part: slice) -> Iterator[StageReading]:
    def instants(column: Ints) -> Iterator[datetime | None]:
        return map(_instant, column[part].tolist())

    return map(
        StageReading,
        [VERDICTS[verdict] for verdict in columns.verdict[part].tolist()],
        columns.elapsed[part].tolist(),
        [None if goal == NONE else goal for goal in columns.goal[part].tolist()],
        instants(columns.reached_at),
        instants(columns.due_at),
        instants(columns.due_if_resumed_at),
        instants(columns.breached_at),
        columns.at_risk[part].tolist(),
        instants(columns.at_risk_at),
        columns.version[part].tolist(),
    )


def _instant(seconds: int) -> datetime | None:
    return None if seconds == NEVER else from_epoch(seconds)
