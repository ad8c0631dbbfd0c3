"""Other rules over stored lives: which promise, and which level, they give where they part from those of today.

What both give alike stays as it was stored. So the rules of today change nothing, also of a time that went by others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from slamon.core.chooser import Chooser
from slamon.core.facts import Facts
from slamon.core.history import NONE
from slamon.core.levels import choose_level, find_status
from slamon.core.policy import Terms
from slamon.core.reference import Reference
from slamon.core.replay import Told
from slamon.core.ticket import Kind, Ref, Ticket
from slamon.jobs.lives import Held, LifeReader
from slamon.jobs.tenant import TenantSettings

_MOST = 2000  # guesses at what a ticket may have been
KEPT, UNTOLD = NONE, -2


class Rechooser:
    """Gives the lives of *reader* the terms and levels of settings *then*, where those of *today* are others."""

    def __init__(self, reader: LifeReader, reference: Reference, today: TenantSettings, then: TenantSettings) -> None:
        self._reader = reader
        self._reference = reference
        self._today = Chooser(reference, today.promises)
        self._then = Chooser(reference, then.promises)
        self._levels = (today.levels, then.levels)
        self._same = today.promises == then.promises
        self._chosen: list[int] = []  # by facts: the number of the terms, KEPT or UNTOLD
        self._decided: dict[tuple[Ref, tuple[int | None, str], bool], int] = {}

    def terms(self, told: Told) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Return the terms in force from each event on, and which tickets keep theirs because nothing tells enough."""
        if self._same:
            return told.terms, np.zeros(len(told), np.bool_)
        self._chosen += [self._choose(held) for held in self._reader.held[len(self._chosen) :]]
        chosen = np.array(self._chosen, np.int32)[told.facts]
        untold = np.logical_or.reduceat(chosen == UNTOLD, told.first[:-1])
        return np.where(chosen >= 0, chosen, told.terms), untold

    def levels(self, told: Told, closed: NDArray[np.bool_]) -> NDArray[np.int8]:
        """Return the level that each event gives; *closed* says which tickets are closed now."""
        today, then = self._levels
        if today == then:
            return told.level
        given = told.status != NONE
        place = np.where(given, np.arange(len(given)), NONE)
        newest = np.maximum.reduceat(place, told.first[:-1])
        is_closed = np.zeros(len(given), np.bool_)
        is_closed[newest[closed & (newest != NONE)]] = True
        boards = [held.facts.ticket.board for held in self._reader.held]
        statuses = list(self._reader.statuses)
        key = np.stack([told.facts[given], told.status[given], is_closed[given]], axis=1)
        distinct, which = np.unique(key, axis=0, return_inverse=True)
        found = [self._level(boards[facts], statuses[status], bool(shut)) for facts, status, shut in distinct.tolist()]
        level = told.level.copy()
        other = np.array(found, np.int8)[which.reshape(-1)] if found else np.zeros(0, np.int8)
        level[given] = np.where(other != KEPT, other, level[given])
        return level

    def _level(self, board: Ref, status: tuple[int | None, str], closed: bool) -> int:
        key = (board, status, closed)
        if key not in self._decided:
            self._decided[key] = self._decide(board, *status, closed)
        return self._decided[key]

    def _decide(self, board: Ref, number: int | None, name: str, closed: bool) -> int:
        """Return the level of a status by the other rules, KEPT where today's say the same, or nobody knows it."""
        if number is None:
            known = find_status(self._reference, board, name)
            if known is None:
                return KEPT
            number = known.id
        today, then = (
            choose_level(board, Ref(number, name), self._reference, rules, closed=closed).level
            for rules in self._levels
        )
        return KEPT if today is then else int(then)

    def _choose(self, held: Held) -> int:
        if not held.facts.holes:
            return self._other(held.facts.ticket)[1]
        guesses = list(self._guesses(held.facts))
        if len(guesses) > _MOST:
            return UNTOLD
        found = [self._other(ticket) for ticket in guesses]
        # Calendars get new holidays every year; what else was promised then tells as much.
        promised = _but_calendar(self._reader.book.terms()[held.terms]) if held.terms else None
        fitting = {other for today, other in found if today == promised} or {other for _, other in found}
        return fitting.pop() if len(fitting) == 1 else UNTOLD

    def _other(self, ticket: Ticket) -> tuple[Terms, int]:
        """Return today's terms for *ticket* but their calendar, and the number of the others, KEPT where they agree."""
        choice, today = self._today.choose(ticket)
        other, then = self._then.choose(ticket)
        number = KEPT if today == then else self._reader.book.number(then, other.terms, other.calendar)
        return _but_calendar(choice.terms), number

    def _guesses(self, facts: Facts) -> Iterator[Ticket]:
        """Yield what the ticket may have been, by the reference data; one more than _MOST if there are too many."""
        ways = [self._ways(kind) for kind in sorted(facts.holes)]
        for count, changes in enumerate(product(*ways)):
            if count > _MOST:
                return
            merged = {name: value for change in changes for name, value in change.items()}
            yield structs.replace(facts.ticket, **merged)

    def _ways(self, kind: Kind) -> list[dict[str, object]]:
        known = self._reference
        if kind is Kind.PRIORITY:
            return [{"priority": Ref(p.id, p.name), "priority_sort": p.sort} for p in known.priorities.values()]
        if kind is Kind.BOARD:
            return [{"board": Ref(b.id, b.name)} for b in known.boards.values()]
        if kind is Kind.COMPANY:
            return [
                {"company": Ref(c.id, c.name), "company_identifier": c.identifier} for c in known.companies.values()
            ]
        if kind is Kind.SLA:
            return [{"sla": sla} for sla in (None, *(Ref(s.id, s.name) for s in known.slas.values()))]
        return [{"agreement": one} for one in (None, *(Ref(a.id, a.name) for a in known.agreements.values()))]


def _but_calendar(terms: Terms) -> Terms:
    return replace(terms, calendar="")
