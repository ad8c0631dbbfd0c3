"""Backtest: how the goals that ended would have ended under other goals, calendars or meanings of statuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from slamon.core.backtest import ABSENT, MET, MISSED, Pairs, cause_names, pair, read_ends, verdict_name
from slamon.core.columns import VERDICTS
from slamon.core.history import NONE
from slamon.core.instants import from_epoch, to_epoch
from slamon.core.intervention import standing
from slamon.core.reference import Reference
from slamon.core.replay import Lives, Told, build_replay, tell
from slamon.core.ticket import STAGES, Stage, Ticket
from slamon.core.whatif import AFTER, BEFORE, TO_MET, TO_MISSED, TO_OTHER, Counts, Findings, Flip, Span
from slamon.jobs.lives import LifeReader, TermsBook, read_lives
from slamon.jobs.rechoose import Rechooser
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Store

Seen = Callable[[int, int], None]
_VERDICTS = len(VERDICTS) + 1  # and ABSENT


def backtest(
    store: Store,
    today: TenantSettings,
    then: TenantSettings,
    reference: Reference,
    span: Span,
    companies: Collection[str] | None = None,
    seen: Seen = lambda _first, _last: None,
) -> Iterator[Findings]:
    """Yield, chunk by chunk, how goals ended that ended in *span*, and how under the settings *then*.

    *companies*: only goals of these. *seen* is told the first and the last ticket of each chunk.
    """
    book = TermsBook(store)
    reader = LifeReader(book)
    rules = Rechooser(reader, reference, today, then)
    for tickets, _, lives in read_lives(store, today.name, reader, span.since, span.until):
        chunk = Chunk(tickets, lives, tell(lives))
        pairs, untold = _pairs_under(chunk, rules, book, span)
        yield gather(store, today.name, reader, chunk, pairs, span.now, companies, untold)
        seen(min(tickets), max(tickets))


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
    flips = pairs.flips & wanted
    found.flips = _flips(chunk.told, pairs.take(flips), [table[code] for code in company[flips].tolist()])
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
    flips, to_met, to_missed = pairs.flips, pairs.verdict_after == MET, pairs.verdict_after == MISSED
    for which, rows, verdict in (
        (BEFORE, pairs.counts_before, pairs.verdict_before),
        (AFTER, pairs.counts_after, pairs.verdict_after),
        (TO_MET, flips & to_met, pairs.verdict_before),
        (TO_MISSED, flips & to_missed, pairs.verdict_before),
        (TO_OTHER, flips & ~to_met & ~to_missed, pairs.verdict_before),
    ):
        chosen = rows & wanted
        key = (company[chosen] * len(STAGES) + pairs.stage[chosen]) * _VERDICTS + verdict[chosen] - ABSENT
        number = np.bincount(key)
        for place in np.flatnonzero(number).tolist():
            of, ended = divmod(place, _VERDICTS)
            of, stage = divmod(of, len(STAGES))
            counts[names[of], STAGES[stage], which, ended + ABSENT] = int(number[place])
    return counts


def _flips(told: Told, pairs: Pairs, companies: Sequence[str]) -> list[Flip]:
    """Return the goals of *pairs* as values; a number taken alone out of a column costs as much as ten."""
    verdicts = (pairs.verdict_before, pairs.verdict_after)
    columns = (told.ids[pairs.row], pairs.stage, pairs.cycle, *verdicts, pairs.cause, pairs.reached_at)
    seconds = (pairs.goal_before, pairs.goal_after, pairs.elapsed_before, pairs.elapsed_after)
    rows = zip(_rows(columns), _rows(seconds), strict=True)
    return [
        Flip(
            ticket_id=ticket_id,
            company=company,
            stage=STAGES[stage],
            cycle=cycle,
            before=verdict_name(before),
            after=verdict_name(after),
            causes=cause_names(cause),
            ended_at=from_epoch(ended_at),
            goal_before_seconds=None if goal_before == NONE else goal_before,
            goal_after_seconds=None if goal_after == NONE else goal_after,
            elapsed_before_seconds=elapsed_before,
            elapsed_after_seconds=elapsed_after,
        )
        for company, (
            (ticket_id, stage, cycle, before, after, cause, ended_at),
            (goal_before, goal_after, elapsed_before, elapsed_after),
        ) in zip(companies, rows, strict=True)
    ]


def _rows(columns: Sequence[NDArray[np.integer]]) -> Iterator[tuple[int, ...]]:
    return zip(*(column.tolist() for column in columns), strict=True)
