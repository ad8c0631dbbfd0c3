"""What changed of goals between two instants of knowledge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slamon.core.attainment import Bin, sort_out
from slamon.core.goals import FACTS, NEVER, Goals, Ints
from slamon.core.ticket import STAGES
from slamon.reports.lines import GoalKey, GoalLine, lines_of


@dataclass(frozen=True, slots=True)
class Changed:
    """One goal as it was told, and as it is; None: it was not, or is not, among those that ended in the span.

    `learnt_at` is when slamon learnt of it, epoch seconds; None where that is not known.
    """

    key: GoalKey
    was: GoalLine | None
    now: GoalLine | None
    learnt_at: int | None

    @property
    def flips(self) -> bool:
        """Whether a count changes, not a detail alone."""
        return self.was is None or self.now is None or self.was.bin is not self.now.bin


def changes_in(goals: Goals, since: int, until: int) -> list[Changed]:
    """Return what became, in knowledge after *since* and up to *until*, of the goals whose rows came or went then.

    Rows that came and went in between are not told of. Ordered by ticket, stage and cycle.
    """
    went: dict[GoalKey, GoalLine] = {}
    came: dict[GoalKey, GoalLine] = {}
    learnt: dict[GoalKey, int] = {}
    for row, line in enumerate(lines_of(goals, sort_out(goals, until), range(len(goals)))):
        known_at, gone_at = int(goals.known_at[row]), int(goals.gone_at[row])
        goes = gone_at != NEVER and since < gone_at <= until
        if known_at <= since and goes:
            went[line.key] = line
        elif since < known_at <= until and not goes:
            came[line.key] = line
        learnt[line.key] = max(gone_at if goes else known_at, learnt.get(line.key, 0))
    return [Changed(key, went.get(key), came.get(key), learnt[key]) for key in sorted({*went, *came})]


def compare_goals(then: Goals, now: Goals, then_at: int, now_at: int) -> list[Changed]:
    """Return what differs between the goals known at *then_at* and at *now_at*, by ticket, stage and cycle.

    A row that slamon never took back is the same; only that a person excused it can be new. A goal that is open as
    it was has not changed by that time went on.
    """
    old, new = _packed(then), _packed(now)
    _, in_old, in_new = np.intersect1d(old, new, assume_unique=True, return_indices=True)
    stays = (then.known_at[in_old] == now.known_at[in_new]) & (then.exempt[in_old] == now.exempt[in_new])
    was = _lines(then, np.setdiff1d(np.arange(len(then)), in_old[stays]), then_at)
    has = _lines(now, np.setdiff1d(np.arange(len(now)), in_new[stays]), now_at)
    found = [
        Changed(key, was.get(key), has.get(key), _learnt(has.get(key), now, then_at)) for key in sorted({*was, *has})
    ]
    return [change for change in found if not _is_still_open(change.was, change.now)]


def _packed(goals: Goals) -> Ints:
    return (goals.ticket_id * len(STAGES) + goals.stage << 16) | goals.cycle


def _lines(goals: Goals, rows: Ints, at: int) -> dict[GoalKey, GoalLine]:
    return {line.key: line for line in lines_of(goals, sort_out(goals, at), rows.tolist())}


def _is_still_open(was: GoalLine | None, now: GoalLine | None) -> bool:
    if was is None or now is None or was.ended_at is not None or now.ended_at is not None:
        return False
    return (was.bin, was.terms, was.facts) == (now.bin, now.terms, now.facts)


def _learnt(line: GoalLine | None, now: Goals, then_at: int) -> int | None:
    """Return when the row of *line* was learnt; None where it was known before: a person spoke since."""
    if line is None:
        return None
    row = np.flatnonzero((now.ticket_id == line.key.ticket_id) & (now.stage == line.key.stage))
    known = [int(now.known_at[place]) for place in row if now.cycle[place] == line.key.cycle]
    return max((at for at in known if at > then_at), default=None)


def flips_first(changes: Sequence[Changed]) -> list[Changed]:
    """Return those first that change a count, in their order."""
    return sorted(changes, key=lambda change: not change.flips)


BIN_WORDS = {
    Bin.MET: "met",
    Bin.MISSED: "missed",
    Bin.NOT_MEASURED: "not measured",
    Bin.CANCELLED: "cancelled",
    Bin.EXEMPT: "exempted",
    Bin.OPEN: "open",
    Bin.OVER: "open, over",
}


Rename = tuple[str, str, str, int]  # fact, old name, new name, of how many goals


def find_renames(then: Goals, now: Goals) -> list[Rename]:
    """Return what is called otherwise *now*, of goals of which nothing else was learnt."""
    _, in_old, in_new = np.intersect1d(_packed(then), _packed(now), assume_unique=True, return_indices=True)
    same = then.known_at[in_old] == now.known_at[in_new]
    found: list[Rename] = []
    for fact in FACTS:
        old, new = then.facts[fact].take(in_old[same]), now.facts[fact].take(in_new[same])
        pairs, counts = np.unique(np.stack([old.codes, new.codes]), axis=1, return_counts=True)
        named = zip(pairs[0].tolist(), pairs[1].tolist(), counts.tolist(), strict=True)
        found += [(fact, old.table[a], new.table[b], n) for a, b, n in named if old.table[a] != new.table[b]]
    return sorted(found)
