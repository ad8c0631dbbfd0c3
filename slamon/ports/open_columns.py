"""Open tickets as they are counted: many at once, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NEVER = int(np.iinfo(np.int64).max)


class GoalRow(NamedTuple):
    """One goal of an open ticket, as it is counted; instants are epoch seconds."""

    verdict: str
    at_risk: bool
    due_at: int | None
    breached_at: int | None


class OpenRow(NamedTuple):
    """An open ticket that has been read, as it is counted; `terms` is the version of its promise."""

    ticket_id: int
    board: str
    priority: str | None
    goals: tuple[GoalRow, GoalRow, GoalRow]
    company: str | None = None
    terms: str = ""
    team: str | None = None


class Look(NamedTuple):
    """What many open tickets have in common."""

    board: str
    priority: str | None
    company: str | None
    terms: str
    team: str | None
    verdicts: tuple[str, ...]
    at_risk: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class OpenColumns:
    """Open tickets, the same place in each column. Instants are epoch seconds by stage, NEVER where there is none.

    `look`: where in `looks` a ticket's stands; a look may stand there more than once.
    """

    ids: NDArray[np.int64]
    due_at: NDArray[np.int64]
    breached_at: NDArray[np.int64]
    look: NDArray[np.int64]
    looks: Sequence[Look]


def columns_of(rows: Iterable[OpenRow]) -> OpenColumns:
    """Return *rows* as columns."""
    known: dict[Look, int] = {}
    table: list[tuple[int, ...]] = []
    for row in rows:
        look = Look(
            *(row.board, row.priority, row.company, row.terms, row.team),
            tuple(goal.verdict for goal in row.goals),
            tuple(goal.at_risk for goal in row.goals),
        )
        due = (NEVER if goal.due_at is None else goal.due_at for goal in row.goals)
        broke = (NEVER if goal.breached_at is None else goal.breached_at for goal in row.goals)
        table.append((row.ticket_id, *due, *broke, known.setdefault(look, len(known))))
    return columns_from(np.array(table, np.int64).reshape(-1, 8), tuple(known))


def columns_from(table: NDArray[np.int64], looks: Sequence[Look]) -> OpenColumns:
    """Return the columns of a *table* of rows: id, three due, three breached instants, and the place of the look."""
    return OpenColumns(table[:, 0], table[:, 1:4], table[:, 4:7], table[:, 7], looks)
