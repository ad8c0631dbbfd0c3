"""Whole lives from the store as columns, chunk by chunk; what they name is numbered across the chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from slamon.core.calendar import BusinessCalendar
from slamon.core.facts import MOVES_TERMS, Facts, facts_since_entry
from slamon.core.history import NONE, TermsTable, build_terms_table
from slamon.core.instants import from_epoch
from slamon.core.policy import Terms
from slamon.core.replay import KINDS, Lives, edges
from slamon.core.rules import CalendarRules
from slamon.core.ticket import Kind, Ref, Ticket
from slamon.core.timeline import Index
from slamon.ports import LifeRow, Store

CHUNK = 20_000  # tickets held at a time
_CODE = {str(kind): code for code, kind in enumerate(KINDS)}
_MOVES = np.array([kind in MOVES_TERMS for kind in KINDS])
_TERMS = KINDS.index(Kind.TERMS)


@dataclass(frozen=True, slots=True)
class Held:
    """Facts as they held for a while. `terms` were in force then, '' where there is no hole to fill by them."""

    facts: Facts
    terms: str = ""


class TermsBook:
    """Terms by number, with the calendars that they name, each compiled once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.numbers: dict[str, int] = {}
        self._terms: dict[str, Terms] = {}
        self._calendars: dict[str, BusinessCalendar] = {}

    def number(self, version: str, terms: Terms, calendar: CalendarRules) -> int:
        """Return the number of terms that the store need not know."""
        self._terms.setdefault(version, terms)
        if terms.calendar not in self._calendars:
            self._calendars[terms.calendar] = BusinessCalendar(calendar)
        return self.numbers.setdefault(version, len(self.numbers))

    def terms(self) -> Mapping[str, Terms]:
        """Return all terms by version, in the order of their numbers."""
        if unknown := self.numbers.keys() - self._terms.keys():
            self._terms.update(self._store.load_terms(unknown))
        return {version: self._terms[version] for version in self.numbers}

    def table(self) -> tuple[TermsTable, list[BusinessCalendar]]:
        terms = self.terms()
        named = list(dict.fromkeys(each.calendar for each in terms.values()))
        if unknown := [version for version in named if version not in self._calendars]:
            found = self._store.load_calendars(unknown)
            self._calendars.update({version: BusinessCalendar(rules) for version, rules in found.items()})
        return build_terms_table(terms, named), [self._calendars[version] for version in named]

    def calendar(self, version: str) -> CalendarRules:
        return self._calendars[version].rules


@dataclass(slots=True)
class LifeReader:
    """Makes columns of stored lives. `held` are the facts and `statuses` (id, name) by their numbers."""

    book: TermsBook
    held: list[Held] = field(default_factory=list)
    statuses: dict[tuple[int | None, str], int] = field(default_factory=dict)
    _numbers: dict[tuple[object, ...], int] = field(default_factory=dict)

    def read(self, tickets: Mapping[int, Ticket], rows: Sequence[LifeRow]) -> Lives:
        """Return the lives that *rows* tell, which are ordered as LifeStore gives them; there is at least one."""
        ids, at, kinds, levels, terms, refs, names = zip(*rows, strict=True)
        owner, kind = np.array(ids, np.int64), np.array([_CODE[each] for each in kinds], np.int8)
        first = edges(np.diff(np.concatenate(([-1], np.flatnonzero(np.diff(owner)), [len(owner) - 1]))))
        numbers, statuses = self.book.numbers, self.statuses
        facts = np.full(len(owner), NONE, np.int32)
        return Lives(
            ids=owner[first[:-1]],
            first=first,
            entered_as=self._facts(tickets, rows, first, kind, facts),
            at=np.array(at, np.int64),
            kind=kind,
            level=np.array([NONE if level is None else level for level in levels], np.int8),
            terms=np.array([NONE if v is None else numbers.setdefault(v, len(numbers)) for v in terms], np.int32),
            facts=facts,
            status=np.array(
                [
                    NONE if level is None else statuses.setdefault((ref, name), len(statuses))
                    for level, ref, name in zip(levels, refs, names, strict=True)
                ],
                np.int32,
            ),
        )

    def _facts(
        self,
        tickets: Mapping[int, Ticket],
        rows: Sequence[LifeRow],
        first: Index,
        kind: NDArray[np.int8],
        facts: NDArray[np.int32],
    ) -> NDArray[np.int32]:
        """Return the facts that each ticket entered with, and fill in *facts* where an event moves them."""
        moving = np.add.reduceat(_MOVES[kind], first[:-1]) > 0
        entered = np.empty(len(moving), np.int32)
        for place, (begin, end, moves) in enumerate(zip(first[:-1].tolist(), first[1:].tolist(), moving, strict=True)):
            ticket = tickets[rows[begin].ticket_id]
            if not moves:
                entered[place] = self._number(Held(Facts(ticket)))
                continue
            own = rows[begin:end]
            before, then = facts_since_entry(ticket, [_move(row) for row in own if row.kind in MOVES_TERMS])
            promised = [(row.at, row.terms) for row in own if row.terms is not None]
            entered[place] = self._number(_held(before, promised, own[0].at))
            since = {at: self._number(_held(held, promised, int(at.timestamp()))) for at, held in then}
            for offset, row in enumerate(own):
                if row.kind in MOVES_TERMS:
                    facts[begin + offset] = since[from_epoch(row.at)]
        return entered

    def _number(self, held: Held) -> int:
        key = (*key_of(held.facts.ticket), held.facts.holes, held.terms)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.held)
            self.held.append(held)
        return found


def key_of(ticket: Ticket) -> tuple[object, ...]:
    """Return all of *ticket* that a promise or a level can depend on, and its company."""
    return (
        *(ticket.priority, ticket.priority_sort, ticket.sla, ticket.company, ticket.company_identifier),
        *(ticket.agreement, ticket.board, ticket.type),
    )


def read_lives(
    store: Store,
    tenant: str,
    reader: LifeReader,
    since: datetime,
    until: datetime,
    *,
    closed: bool = False,
    limit: int = CHUNK,
) -> Iterator[tuple[Mapping[int, Ticket], Sequence[LifeRow], Lives]]:
    """Yield the tickets of which something happened in [since, until), with all that ever did, chunk by chunk."""
    after = -1
    while True:
        found, rows = store.load_lives(tenant, since, until, after=after, limit=limit, closed=closed)
        if not found:
            return
        tickets = {ticket.id: ticket for ticket in found}
        if rows:
            yield tickets, rows, reader.read(tickets, rows)
        after = found[-1].id


def _move(row: LifeRow) -> tuple[datetime, Kind, Ref | None]:
    return from_epoch(row.at), Kind(row.kind), None if row.ref_id is None else Ref(row.ref_id, row.name)


def _held(facts: Facts, promised: Sequence[tuple[int, str]], at: int) -> Held:
    """Return *facts* with the terms in force at *at*, where those have to tell what no event does."""
    if not facts.holes or not promised:
        return Held(facts)
    past = [version for since, version in promised if since <= at]
    return Held(facts, past[-1] if past else promised[0][1])
