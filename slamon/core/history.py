"""Histories in columns: the events of many tickets as flat arrays, as the clock reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from slamon.core.policy import Terms
from slamon.core.segments import Ints
from slamon.core.ticket import STAGES, Level

NONE = -1  # in a column: nothing changed, or no target


class Mark(IntFlag):
    """Milestones an event brings besides its level."""

    REACHED_RESPOND = 1  # counts like a level that reaches it: the first one holds
    REACHED_PLAN = 2
    SAID_RESPOND = 8  # ConnectWise's own date: holds whatever the levels say
    SAID_PLAN = 16
    NOT_MEASURED = 64


@dataclass(frozen=True, slots=True)
class TermsTable:
    """Distinct terms as columns, one row each. `goals` are (rows, 3) business seconds or NONE; warnings (rows, 3) too.

    `calendar` indexes the list of calendars given to the clock. `promise` numbers,
    per stage, what a deadline version depends on: policy, calendar, goal.
    """

    versions: tuple[str, ...]
    goals: Ints
    warn_percent: Ints
    warn_left: Ints
    calendar: Ints
    promise: Ints
    forward: NDArray[np.bool_]
    strictest: NDArray[np.bool_]
    reopen_counts: NDArray[np.bool_]
    reopen_cycles: NDArray[np.bool_]
    grace: Ints
    waiting_responds: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Histories:
    """The events of n tickets, m in all. Times are epoch seconds, UTC.

    Ticket i's events are rows `first[i]` to `first[i + 1]`, ordered by time and
    then as they were learnt. Its first event has a level and terms. In `level`
    and `terms` NONE means unchanged; `terms` indexes the terms table.
    """

    ids: Ints
    first: Ints
    start: Ints
    at: Ints
    level: NDArray[np.int8]
    terms: NDArray[np.int32]
    marks: NDArray[np.int16]
    table: TermsTable

    def __len__(self) -> int:
        return len(self.ids)


def build_terms_table(terms: Mapping[str, Terms], calendars: Sequence[str]) -> TermsTable:
    """Return *terms* as columns; *calendars* are the calendar versions in the order the clock gets them."""
    position = {version: index for index, version in enumerate(calendars)}
    rows = list(terms.values())
    return TermsTable(
        versions=tuple(terms),
        goals=np.array([[_or_none(t.goal_seconds(s)) for s in STAGES] for t in rows], np.int64).reshape(-1, 3),
        warn_percent=np.array([[t.warning(s)[0] for s in STAGES] for t in rows], np.int64).reshape(-1, 3),
        warn_left=np.array([[t.warning(s)[1] for s in STAGES] for t in rows], np.int64).reshape(-1, 3),
        calendar=np.array([position[t.calendar] for t in rows], np.int64),
        promise=_number_promises(rows),
        forward=np.array([t.change == "forward" for t in rows], np.bool_),
        strictest=np.array([t.change == "strictest" for t in rows], np.bool_),
        reopen_counts=np.array([t.reopen == "count" for t in rows], np.bool_),
        reopen_cycles=np.array([t.reopen == "new_cycle" for t in rows], np.bool_),
        grace=np.array([t.reopen_grace_seconds for t in rows], np.int64),
        waiting_responds=np.array([t.waiting_responds for t in rows], np.bool_),
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One event of one ticket on its way into the columns."""

    at: int
    level: int = NONE
    terms: int = NONE
    marks: int = 0


def build_histories(table: TermsTable, tickets: Iterable[tuple[int, int | None, Sequence[Step]]]) -> Histories:
    """Return the columns of *tickets*: an id, a start (None: the first event), steps in order."""
    ids, first, start, steps = [], [0], [], list[Step]()
    for ticket_id, begins, own in tickets:
        ids.append(ticket_id)
        start.append(own[0].at if begins is None else begins)
        steps.extend(own)
        first.append(len(steps))
    return Histories(
        ids=np.array(ids, np.int64),
        first=np.array(first, np.int64),
        start=np.array(start, np.int64),
        at=np.array([s.at for s in steps], np.int64),
        level=np.array([s.level for s in steps], np.int8),
        terms=np.array([s.terms for s in steps], np.int32),
        marks=np.array([s.marks for s in steps], np.int16),
        table=table,
    )


def _number_promises(rows: Sequence[Terms]) -> Ints:
    numbers: dict[object, int] = {}
    return np.array(
        [[numbers.setdefault((t.policy, t.calendar, t.goal_seconds(s)), len(numbers)) for s in STAGES] for t in rows],
        np.int64,
    ).reshape(-1, 3)


def _or_none(seconds: int | None) -> int:
    return NONE if seconds is None else seconds


WAITING, RESOLVED, OUT_OF_SCOPE = int(Level.WAITING), int(Level.RESOLVED), int(Level.OUT_OF_SCOPE)
