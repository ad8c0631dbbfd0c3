"""Stored lives told again, many at once: the same events, as they were judged or under other terms and levels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from slamon.core.facts import MOVES_TERMS
from slamon.core.history import NONE, OUT_OF_SCOPE, RESOLVED, Histories, Mark, TermsTable
from slamon.core.segments import Ints
from slamon.core.ticket import Kind
from slamon.core.timeline import Bools, Index

KINDS = tuple(Kind)
_CODE = {kind: code for code, kind in enumerate(KINDS)}


def _by_kind(values: dict[Kind, int], otherwise: int = 0) -> NDArray[np.int16]:
    return np.array([values.get(kind, otherwise) for kind in KINDS], np.int16)


# Of one second the entry comes first, then what moves a promise, then the promise, then what is held against it.
_RANK = _by_kind({Kind.ENTERED: 0, **dict.fromkeys(MOVES_TERMS, 1), Kind.TERMS: 2}, 3)
_MARKS = _by_kind(
    {Kind.RESPONDED: Mark.SAID_RESPOND, Kind.PLANNED: Mark.SAID_PLAN, Kind.NOT_MEASURED: Mark.NOT_MEASURED}
)


@dataclass(frozen=True, slots=True, eq=False)
class Lives:
    """What happened to n tickets, m events in all, ordered by ticket, instant and number. Times are epoch seconds.

    `kind` indexes KINDS; `terms` numbers the versions of terms, `facts` all that a promise depends on, `status`
    what is called a status. They are NONE where an event says nothing of them; `entered_as` are the facts of the entry.
    """

    ids: Ints
    first: Index
    entered_as: NDArray[np.int32]
    at: Ints
    kind: NDArray[np.int8]
    level: NDArray[np.int8]
    terms: NDArray[np.int32]
    facts: NDArray[np.int32]
    status: NDArray[np.int32]


_OF_EVENTS = ("at", "kind", "level", "terms", "facts", "status")


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Lives in the order of the clock, with the terms and the facts that are in force from each event on."""

    ids: Ints
    first: Index
    start: Ints
    at: Ints
    kind: NDArray[np.int8]
    level: NDArray[np.int8]  # that the event gave; NONE: none
    terms: NDArray[np.int32]
    facts: NDArray[np.int32]
    status: NDArray[np.int32]
    out: Bools  # out of scope from the event on: no status moves anything

    def __len__(self) -> int:
        return len(self.ids)

    def facts_at(self, rows: Index, at: Ints) -> NDArray[np.int32]:
        """Return the facts of the tickets at *rows* as they were at the instants *at*."""
        low = int(min(self.at.min(), at.min())) if len(at) else 0
        width = int(max(self.at.max(), at.max(initial=low))) - low + 1
        key = np.repeat(np.arange(len(self.ids)), np.diff(self.first)) * width + (self.at - low)
        place = np.searchsorted(key, rows * width + (at - low), side="right") - 1
        found: NDArray[np.int32] = self.facts[np.maximum(place, self.first[rows])]
        return found


def tell(lives: Lives) -> Told:
    """Return *lives* as the clock reads them; tickets without an entry, or without terms, are left out."""
    lives = _usable(_in_order(lives))
    first, place = lives.first[:-1], np.arange(len(lives.at))
    begins = np.zeros(len(place), np.bool_)
    begins[first] = True
    terms, facts = lives.terms.copy(), lives.facts.copy()
    # The first terms hold from the entry on, whenever they were chosen.
    terms[first] = lives.terms[_first_place(lives.terms != NONE, lives.first)]
    facts[first] = lives.entered_as
    scope = (lives.kind == _CODE[Kind.CANCELLED]) | (lives.kind == _CODE[Kind.RESTORED]) | begins
    started = _last_place(lives.kind == _CODE[Kind.STARTED], lives.first)
    return Told(
        ids=lives.ids,
        first=lives.first,
        start=lives.at[np.where(started == NONE, first, started)],
        at=lives.at,
        kind=lives.kind,
        level=lives.level,
        terms=terms[_carried(terms != NONE, place)],
        facts=facts[_carried(facts != NONE, place)],
        status=lives.status,
        out=lives.kind[_carried(scope, place)] == _CODE[Kind.CANCELLED],
    )


def build_replay(
    told: Told, table: TermsTable, terms: NDArray[np.int32] | None = None, level: NDArray[np.int8] | None = None
) -> Histories:
    """Return the histories of *told* by its own terms and levels, or by others in force from each event on.

    They say what `lifeline.steps_of` would; a test compares the two.
    """
    terms, level = told.terms if terms is None else terms, told.level if level is None else level
    changes = np.empty(len(terms), np.bool_)
    changes[1:] = terms[1:] != terms[:-1]
    changes[told.first[:-1]] = True
    step = np.where(told.out, NONE, np.where(told.kind == _CODE[Kind.RESOLVED], RESOLVED, level))
    return Histories(
        ids=told.ids,
        first=told.first,
        start=told.start,
        at=told.at,
        level=np.where(told.kind == _CODE[Kind.CANCELLED], OUT_OF_SCOPE, step).astype(np.int8),
        terms=np.where(changes, terms, NONE).astype(np.int32),
        marks=_MARKS[told.kind],
        table=table,
    )


def _in_order(lives: Lives) -> Lives:
    """Return *lives* with the events of one second in the order in which they are read."""
    rank = _RANK[lives.kind]
    alone = np.ones(len(lives.at), np.bool_)
    alone[1:] = lives.at[1:] != lives.at[:-1]
    alone[lives.first[:-1]] = True
    if not (~alone[1:] & (rank[1:] < rank[:-1])).any():
        return lives
    order = np.argsort(np.cumsum(alone) * 4 + rank, kind="stable")
    return replace(lives, **{name: getattr(lives, name)[order] for name in _OF_EVENTS})


def _usable(lives: Lives) -> Lives:
    if not len(lives.ids):
        return lives
    entry = lives.first[:-1]
    good = lives.level[entry] != NONE
    good &= _first_place(lives.terms != NONE, lives.first) != NONE
    if good.all():
        return lives
    counts = np.diff(lives.first)
    kept = np.repeat(good, counts)
    events = {name: getattr(lives, name)[kept] for name in _OF_EVENTS}
    return Lives(ids=lives.ids[good], first=edges(counts[good]), entered_as=lives.entered_as[good], **events)


def edges(counts: Ints) -> Index:
    """Return where each ticket's events begin, and the end, from how many each has."""
    return np.concatenate(([0], np.cumsum(counts)))


def _carried(known: Bools, place: Index) -> Index:
    carried: Index = np.maximum.accumulate(np.where(known, place, NONE))
    return carried


def _first_place(known: Bools, first: Index) -> Index:
    """Return each ticket's first event where *known* holds, NONE without one."""
    if len(first) < 2:
        return np.zeros(0, np.int64)
    beyond = len(known)
    found: Index = np.minimum.reduceat(np.where(known, np.arange(beyond), beyond), first[:-1])
    return np.where(found == beyond, NONE, found)


def _last_place(known: Bools, first: Index) -> Index:
    """Return each ticket's last event where *known* holds, NONE without one."""
    if len(first) < 2:
        return np.zeros(0, np.int64)
    found: Index = np.maximum.reduceat(np.where(known, np.arange(len(known)), NONE), first[:-1])
    return found
