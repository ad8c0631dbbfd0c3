"""The status map: what each status of a desk means, by reference data and settings, as one value to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slamon.core.levels import LevelRule, choose_level
from slamon.core.reference import Reference
from slamon.core.ticket import Level, Ref


@dataclass(frozen=True, slots=True)
class MappedStatus:
    """One status of one board: its level and what decided it, for a ticket that is not closed itself."""

    board: Ref
    status: Ref
    level: Level
    why: str


@dataclass(frozen=True, slots=True)
class StatusMap:
    """All statuses of the reference data, by board and id, and the settings' rules, also for those unlisted."""

    statuses: tuple[MappedStatus, ...]
    rules: tuple[LevelRule, ...] = ()


def build_status_map(reference: Reference, rules: Sequence[LevelRule]) -> StatusMap:
    """Return what every status means under *reference* and *rules*."""
    found = []
    for known in sorted(reference.statuses.values(), key=lambda one: (one.board_id, one.id)):
        of_board = reference.boards.get(known.board_id)
        board, status = Ref(known.board_id, of_board.name if of_board else ""), Ref(known.id, known.name)
        choice = choose_level(board, status, reference, rules)
        found.append(MappedStatus(board, status, choice.level, choice.why))
    return StatusMap(tuple(found), tuple(rules))
