"""The open tickets of one tenant as columns: what a snapshot counts, kept up by what has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np

from slamon.clean import clean_label
from slamon.core.reading import Verdict
from slamon.core.ticket import STAGES
from slamon.ports import NEVER, Look, OpenColumns
from slamon.ports.outcomes import OTHER

_RUNS = (Verdict.RUNNING, Verdict.OUTSIDE_HOURS)
_FIRST_SIZE = 1024

_OPEN = ("running", "outside_hours", "at_risk", "paused")


Counted = Counter[tuple[str, str, str]]  # goals by a name, stage and state


class Shape(NamedTuple):
    """What many tickets have in common; a state for each stage, None where it is not counted."""

    board: str
    priority: str
    company: str
    terms: str
    team: str
    states: tuple[str | None, ...]


class Still(NamedTuple):
    """How many goals of a shape's stage are still to be reached: in time so far, and broken since some instant."""

    shape: Shape
    stage: int
    running: int
    late: int


class Worst(NamedTuple):
    """A goal still to be reached, and when it is or was due."""

    due_at: int
    ticket_id: int
    stage: str
    board: str


class OpenBoard:
    """A row a ticket: which shape it has, of a few hundred, and when each goal is due or broke.

    To count a hundred thousand of them takes less than a millisecond; to load them, seconds.
    Companies but *companies* are one, None: each is kept apart.
    """

    def __init__(self, columns: OpenColumns | None = None, *, companies: Collection[str] | None = ()) -> None:
        self._companies = None if companies is None else frozenset(companies)
        self._places: dict[int, int] = {}
        self._free: list[int] = []
        self._used = 0  # places that are taken or free again
        self._shapes: dict[Shape, int] = {}
        self._shape = np.full(_FIRST_SIZE, -1, np.int32)
        self._id = np.zeros(_FIRST_SIZE, np.int64)
        self._due = np.full((_FIRST_SIZE, len(STAGES)), NEVER, np.int64)
        self._broke = np.full((_FIRST_SIZE, len(STAGES)), NEVER, np.int64)
        if columns is not None:
            self.put(columns)

    def __len__(self) -> int:
        return len(self._places)

    def replace(self, ids: Iterable[int], columns: OpenColumns) -> None:
        """Forget the tickets *ids*, then take *columns*: those of them that are open."""
        for ticket_id in ids:
            place = self._places.pop(ticket_id, None)
            if place is not None:
                self._shape[place] = -1
                self._due[place] = self._broke[place] = NEVER
                self._free.append(place)
        self.put(columns)

    def put(self, columns: OpenColumns) -> None:
        """Take tickets that are not there."""
        if not len(columns.ids):
            return
        places = [self._free.pop() if self._free else self._grown() for _ in columns.ids]
        self._places.update(zip(columns.ids.tolist(), places, strict=True))
        shapes = np.array([self._shape_of(look) for look in columns.looks], np.int32)
        runs = np.array([[verdict in _RUNS for verdict in look.verdicts] for look in columns.looks])
        broken = np.array([[verdict == Verdict.BREACHED for verdict in look.verdicts] for look in columns.looks])
        self._id[places], self._shape[places] = columns.ids, shapes[columns.look]
        self._due[places] = np.where(runs[columns.look], columns.due_at, NEVER)
        self._broke[places] = np.where(broken[columns.look], columns.breached_at, NEVER)

    def _shape_of(self, look: Look) -> int:
        states = tuple(state_of(*goal) for goal in zip(look.verdicts, look.at_risk, strict=True))
        priority, team = ("none" if name is None else clean_label(name) for name in (look.priority, look.team))
        shape = Shape(clean_label(look.board), priority, self._company_of(look.company), look.terms, team, states)
        return self._shapes.setdefault(shape, len(self._shapes))

    def _company_of(self, name: str | None) -> str:
        if name is None:
            return "none" if self._companies is None else OTHER
        return clean_label(name) if self._companies is None or name in self._companies else OTHER

    def count(self) -> tuple[Counted, Counted, Counted]:
        """Return how many goals there are by (board, stage, state), and so by priority and by team."""
        by_board, by_priority, by_team = Counted(), Counted(), Counted()
        for shape, number in zip(self._shapes, self._numbers(self._shape >= 0), strict=True):
            for stage, state in zip(STAGES, shape.states, strict=True):
                if state is not None and number:
                    by_board[shape.board, stage.label, state] += number
                    by_priority[shape.priority, stage.label, state] += number
                    by_team[shape.team, stage.label, state] += number
        return by_board, by_priority, by_team

    def still(self, since: int) -> list[Still]:
        """Return the goals that are still to be reached, those that broke at or after *since* (epoch seconds) apart."""
        found = []
        all_of = self._numbers(self._shape >= 0)
        for stage in STAGES:
            broke = self._broke[:, stage]
            late_of = self._numbers((broke >= since) & (broke != NEVER))
            for shape, number, late in zip(self._shapes, all_of, late_of, strict=True):
                running = number if shape.states[stage] in _OPEN else 0
                if running or late:
                    found.append(Still(shape, int(stage), running, late))
        return found

    def worst(self, most: int) -> tuple[list[Worst], int]:
        """Return the goals that are or were due first, at most *most*, and how many with a due instant there are."""
        due = np.minimum(self._due, self._broke).ravel()
        known = int(np.count_nonzero(due != NEVER))
        first = np.argpartition(due, min(most, len(due) - 1))[: min(most, known)].tolist()
        shapes = list(self._shapes)
        found = (
            Worst(int(due[at]), int(self._id[at // 3]), STAGES[at % 3].label, shapes[self._shape[at // 3]].board)
            for at in first
        )
        return sorted(found), known

    def _numbers(self, which: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[int]:
        """Return for each shape how many of the tickets in these places have it."""
        counted: list[int] = np.bincount(self._shape[which], minlength=len(self._shapes)).tolist()
        return counted

    def next_deadlines(self) -> tuple[tuple[str, float], ...]:
        """Return the earliest deadline of the goals that run, by stage."""
        return _earliest(self._due)

    def oldest_breaches(self) -> tuple[tuple[str, float], ...]:
        """Return when the oldest open breach happened, by stage."""
        return _earliest(self._broke)

    def _grown(self) -> int:
        """Return a place that was never used."""
        place, self._used = self._used, self._used + 1
        if place >= len(self._shape):
            self._shape = np.concatenate([self._shape, np.full_like(self._shape, -1)])
            self._id = np.concatenate([self._id, np.zeros_like(self._id)])
            self._due = np.concatenate([self._due, np.full_like(self._due, NEVER)])
            self._broke = np.concatenate([self._broke, np.full_like(self._broke, NEVER)])
        return place


def state_of(verdict: str, at_risk: bool) -> str | None:
    """Return the value of the label `state`; None for a cancelled goal."""
    if verdict == Verdict.CANCELLED:
        return None
    return "at_risk" if at_risk and verdict in _RUNS else str(verdict)


def _earliest(instants: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> tuple[tuple[str, float], ...]:
    first = instants.min(axis=0).tolist()
    return tuple((stage.label, float(at)) for stage, at in zip(STAGES, first, strict=True) if at != NEVER)
