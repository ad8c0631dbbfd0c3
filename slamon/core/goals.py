"""Goals of many tickets as columns: what reports count, a row for each goal of each cycle of a ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

NEVER = np.iinfo(np.int64).max
"""In a column of instants: it has not happened."""

NO_GOAL = -1
"""In `goal_seconds`: none was promised."""

NONE_NAMED = ""
"""In a column of names: the ticket has no such thing."""

FACTS = ("board", "team", "technician", "priority", "company", "agreement", "type", "policy")

Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]


class State(IntEnum):
    """How a goal stood: over in one of four ways, or not over yet."""

    OPEN = 0
    MET = 1
    MISSED = 2
    NOT_MEASURED = 3
    CANCELLED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """A column of names: each row's place in `table`, which has no name twice."""

    codes: NDArray[np.int32]
    table: tuple[str, ...]

    def take(self, rows: NDArray[np.generic]) -> Names:
        return Names(self.codes[rows], self.table)

    @staticmethod
    def of(values: Sequence[str]) -> Names:
        table = {name: place for place, name in enumerate(dict.fromkeys(values))}
        return Names(np.array([table[value] for value in values], dtype=np.int32), tuple(table))

    @staticmethod
    def join(parts: Sequence[Names]) -> Names:
        """Return one column after the other."""
        table: dict[str, int] = {}
        codes = []
        for part in parts:
            new = np.array([table.setdefault(name, len(table)) for name in part.table], dtype=np.int32)
            codes.append(new[part.codes] if len(part.table) else part.codes)
        joined = np.concatenate(codes) if codes else np.empty(0, dtype=np.int32)
        return Names(joined.astype(np.int32, copy=False), tuple(table))


@dataclass(frozen=True, slots=True, eq=False)
class Goals:
    """Goals, a row each, ordered by (`ended_at`, ticket, stage, cycle). Instants are epoch seconds, UTC.

    `ended_at` is when a goal was reached, or when it was first read as cancelled; NEVER while it is open.
    `elapsed_seconds` and `paused_seconds` are business time until then, of an open goal until it was read.
    `exempt`: a person had excused it by the instant of knowledge. `known_at` is when slamon learnt of the row,
    `gone_at` when it learnt better: in what is known at one instant nothing is gone.
    """

    ticket_id: Ints
    stage: NDArray[np.int8]
    cycle: NDArray[np.int32]
    state: NDArray[np.int8]
    started_at: Ints
    due_at: Ints  # NEVER without a goal, or while it stands
    ended_at: Ints
    goal_seconds: Ints
    elapsed_seconds: Ints
    paused_seconds: Ints
    exempt: Flags
    known_at: Ints
    gone_at: Ints
    percent: NDArray[np.int16]  # of a hundred were to be met; -1: nobody said
    terms: Names  # version of the terms it was judged by
    facts: Mapping[str, Names]  # by each of FACTS; those of when the goal ended

    def __len__(self) -> int:
        return len(self.ticket_id)

    def take(self, rows: NDArray[np.generic]) -> Goals:
        """Return the rows that *rows*, a mask or places, picks out."""
        columns = {name: getattr(self, name)[rows] for name in _PLAIN}
        facts = {name: names.take(rows) for name, names in self.facts.items()}
        return Goals(**columns, terms=self.terms.take(rows), facts=facts)

    @staticmethod
    def join(parts: Sequence[Goals]) -> Goals:
        """Return the rows of all *parts*, in their order."""
        columns = {
            name: np.concatenate([getattr(part, name) for part in parts]) if parts else np.empty(0, dtype=kind)
            for name, kind in _PLAIN.items()
        }
        facts = {name: Names.join([part.facts[name] for part in parts]) for name in FACTS}
        return Goals(**columns, terms=Names.join([part.terms for part in parts]), facts=facts)


_PLAIN: Mapping[str, type[np.generic]] = {
    "ticket_id": np.int64,
    "stage": np.int8,
    "cycle": np.int32,
    "state": np.int8,
    "started_at": np.int64,
    "due_at": np.int64,
    "ended_at": np.int64,
    "goal_seconds": np.int64,
    "elapsed_seconds": np.int64,
    "paused_seconds": np.int64,
    "exempt": np.bool_,
    "known_at": np.int64,
    "gone_at": np.int64,
    "percent": np.int16,
}
NO_GOALS = Goals.join([])
