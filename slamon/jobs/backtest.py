"""Backtest: how the goals that ended would have ended under other goals, calendars or meanings of statuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from slamon.core.backtest import MET, MISSED, Pairs, cause_names, pair, read_ends, verdict_name
from slamon.core.history import NONE
from slamon.core.instants import from_epoch, to_epoch
from slamon.core.intervention import standing
from slamon.core.reference import Reference
from slamon.core.replay import Lives, Told, build_replay, tell
from slamon.core.ticket import STAGES, Stage, Ticket
from slamon.jobs.lives import LifeReader, TermsBook, read_lives
from slamon.jobs.rechoose import Rechooser
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Store

BEFORE, AFTER, TO_MET, TO_MISSED, TO_OTHER = "before", "after", "to_met", "to_missed", "to_other"
Counts = Counter[tuple[str, Stage, str, int]]  # company, stage, which of the five above, verdict


@dataclass(frozen=True, slots=True)
class Span:
    """The goals to look at: those that ended in [since, until), as the clock stands at `now`."""

    since: datetime
    until: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Flip:
    """A goal whose verdict is another one. `causes` are goal, calendar, pause or rule."""

    ticket_id: int
    company: str
    stage: Stage
    cycle: int
    before: str
    after: str
    causes: tuple[str, ...]
    ended_at: datetime
    goal_before_seconds: int | None
    goal_after_seconds: int | None
    elapsed_before_seconds: int
    elapsed_after_seconds: int


@dataclass(slots=True)
class Findings:
    """What was found, of a chunk or of all chunks together. `exempt` goals are in none of the counts."""

    tickets: int = 0
    unreadable: int = 0  # tickets whose history does not begin with an entry
    untold: int = 0  # tickets that keep their promise: nothing tells what they were when it was chosen
    exempt: int = 0  # goals that a person has excused
    changed: int = 0  # goals that took another time or had another goal, flips included
    counts: Counts = field(default_factory=Counter)
    flips: list[Flip] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        """Add the numbers of *other*; flips are not gathered, there may be any number of them."""
        self.tickets += other.tickets
        self.unreadable += other.unreadable
        self.untold += other.untold
        self.exempt += other.exempt
        self.changed += other.changed
        self.counts.update(other.counts)

    def count(self, which: str, stage: Stage, verdict: int | None = None, company: str | None = None) -> int:
        return sum(
            number
            for (of, on, what, ended), number in self.counts.items()
            if what == which and on is stage and verdict in (None, ended) and company in (None, of)
        )

    def companies(self) -> list[str]:
        return sorted({company for company, _, _, _ in self.counts})


def backtest(
    store: Store,
    today: TenantSettings,
    then: TenantSettings,
    reference: Reference,
    span: Span,
    companies: Collection[str] | None = None,
    seen: Callable[[int], None] = lambda _tickets: None,
) -> Iterator[Findings]:
    """Yield, chunk by chunk, how goals ended that ended in *span*, and how under the settings *then*.

    *companies*: only goals of these. *seen* is told how many tickets have been read.
    """
    book = TermsBook(store)
    reader = LifeReader(book)
    rules = Rechooser(reader, reference, today, then)
    for tickets, _, lives in read_lives(store, today.name, reader, span.since, span.until):
        chunk = Chunk(tickets, lives, tell(lives))
        pairs, untold = _pairs_under(chunk, rules, book, span)
        yield gather(store, today.name, reader, chunk, pairs, span.now, companies, untold)
        seen(len(tickets))


@dataclass(frozen=True, slots=True)
class Chunk:
    tickets: Mapping[int, Ticket]
    lives: Lives
    told: Told


def _pairs_under(chunk: Chunk, rules: Rechooser, book: TermsBook, span: Span) -> tuple[Pairs | None, int]:
    """Return the goals of the chunk as they ended and as they would have; None where no ticket can be read."""
    told = chunk.told
    if not len(told):
        return None, 0
    terms, untold = rules.terms(told)
    closed = np.array([chunk.tickets[number].closed for number in told.ids.tolist()], np.bool_)
    level = rules.levels(told, closed)
    return compare(told, book, terms, level, span), int(untold.sum())


def compare(told: Told, book: TermsBook, terms: NDArray[np.int32], level: NDArray[np.int8], span: Span) -> Pairs:
    """Return the goals that ended in *span* by what was told, or under other *terms* and levels."""
    table, calendars = book.table()
    now = to_epoch(span.now)
    before = read_ends(build_replay(told, table), calendars, now)
    same = terms is told.terms and level is told.level
    after = before if same else read_ends(build_replay(told, table, terms, level), calendars, now)
    remapped = np.logical_or.reduceat(level != told.level, told.first[:-1])
    return pair(before, after, to_epoch(span.since), to_epoch(span.until), remapped)


def gather(
    store: Store,
    tenant: str,
    reader: LifeReader,
    chunk: Chunk,
    pairs: Pairs | None,
    now: datetime,
    companies: Collection[str] | None,
    untold: int = 0,
) -> Findings:
    """Return what *pairs* say, counted by company and stage."""
    found = Findings(len(chunk.tickets), len(chunk.lives.ids) - len(chunk.told), untold)
    if pairs is None or not len(pairs.row):
        return found
    names = [_company(held.facts.ticket) for held in reader.held]
    numbers = {name: place for place, name in enumerate(dict.fromkeys(names))}
    of_facts = np.array([numbers[name] for name in names])
    company = of_facts[chunk.told.facts_at(pairs.row, pairs.reached_at)]
    exempt = _exempt(store, tenant, chunk.told, pairs, now)
    wanted = np.ones(len(pairs.row), np.bool_)
    if companies is not None:
        wanted = np.array([name in companies for name in numbers])[company]
    found.exempt = int((exempt & wanted).sum())
    wanted &= ~exempt
    table = list(numbers)
    found.counts = _count(pairs, company, wanted, table)
    found.changed = int((pairs.counts_otherwise & wanted).sum())
    found.flips = [
        _flip(chunk.told, pairs, place, table[company[place]])
        for place in np.flatnonzero(pairs.flips & wanted).tolist()
    ]
    return found


def _company(ticket: Ticket) -> str:
    return ticket.company.name if ticket.company else ""


def _exempt(store: Store, tenant: str, told: Told, pairs: Pairs, now: datetime) -> NDArray[np.bool_]:
    """Return which goals a person has excused."""
    excused = np.zeros(len(pairs.row), np.bool_)
    said = store.load_interventions(tenant, told.ids[np.unique(pairs.row)].tolist())
    if not said:
        return excused
    for place in np.flatnonzero(np.isin(told.ids[pairs.row], list(said))).tolist():
        own = said[int(told.ids[pairs.row[place]])]
        excused[place] = standing(own, Stage(int(pairs.stage[place])), 0, now).exempt is not None
    return excused


def _count(pairs: Pairs, company: NDArray[np.int64], wanted: NDArray[np.bool_], names: Sequence[str]) -> Counts:
    counts: Counts = Counter()
    flips = pairs.flips
    to = {TO_MET: pairs.verdict_after == MET, TO_MISSED: pairs.verdict_after == MISSED}
    for which, rows, verdict in (
        (BEFORE, pairs.counts_before, pairs.verdict_before),
        (AFTER, pairs.counts_after, pairs.verdict_after),
        (TO_MET, flips & to[TO_MET], pairs.verdict_before),
        (TO_MISSED, flips & to[TO_MISSED], pairs.verdict_before),
        (TO_OTHER, flips & ~to[TO_MET] & ~to[TO_MISSED], pairs.verdict_before),
    ):
        chosen = rows & wanted
        key = np.stack([company[chosen], pairs.stage[chosen], verdict[chosen]], axis=1)
        distinct, number = np.unique(key, axis=0, return_counts=True)
        for (of, stage, ended), many in zip(distinct.tolist(), number.tolist(), strict=True):
            counts[names[of], STAGES[stage], which, ended] += many
    return counts


def _flip(told: Told, pairs: Pairs, place: int, company: str) -> Flip:
    def seconds(value: int) -> int | None:
        return None if value == NONE else value

    return Flip(
        ticket_id=int(told.ids[pairs.row[place]]),
        company=company,
        stage=STAGES[pairs.stage[place]],
        cycle=int(pairs.cycle[place]),
        before=verdict_name(int(pairs.verdict_before[place])),
        after=verdict_name(int(pairs.verdict_after[place])),
        causes=tuple(cause_names(int(pairs.cause[place]))),
        ended_at=from_epoch(int(pairs.reached_at[place])),
        goal_before_seconds=seconds(int(pairs.goal_before[place])),
        goal_after_seconds=seconds(int(pairs.goal_after[place])),
        elapsed_before_seconds=int(pairs.elapsed_before[place]),
        elapsed_after_seconds=int(pairs.elapsed_after[place]),
    )
