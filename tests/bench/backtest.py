"""How fast a year is read again under other rules, beside one ticket at a time, in the same run.

`python -m tests.bench.backtest` prints the table. The second part loads from a database too.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from slamon.core.batches import BLOCK
from slamon.core.chooser import Chooser
from slamon.core.clock import read_clocks
from slamon.core.facts import Facts
from slamon.core.history import NONE, build_histories
from slamon.core.instants import from_epoch
from slamon.core.lifeline import EventRow, steps_of
from slamon.core.promise import PolicyRule, PromiseSettings
from slamon.core.reference import GoalHours
from slamon.core.replay import KINDS, Lives, edges, tell
from slamon.core.rules import CalendarRules, Window
from slamon.core.ticket import Event, Kind, Level, Origin, Ref, Ticket
from slamon.core.whatif import Findings, Span
from slamon.jobs.backtest import Chunk, backtest, compare, gather
from slamon.jobs.lives import CHUNK, Held, LifeReader, TermsBook
from slamon.jobs.rechoose import Rechooser
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Poll, Store, Versions
from slamon.store.migrate import open_store
from tests.bench.store import _sqlite_urls
from tests.jobs.world import REFERENCE

EVENTS = 8  # a ticket
JANUARY, DAY = 1_767_225_600, 86_400
COMPANIES, PRIORITIES = 200, 4
ROWS = {1: GoalHours(1, 2, 4), 2: GoalHours(2, 4, 8), 3: GoalHours(4, 8, 24), 4: GoalHours(8, 16, 72)}
HARDER = {**ROWS, 2: GoalHours(1, 3, 6), 3: GoalHours(3, 6, 16)}
OFFICE = CalendarRules("office", "Europe/London", (*([(Window(8 * 3600, 18 * 3600),)] * 5), (), ()))
LONGER = replace(OFFICE, week=(*([(Window(7 * 3600, 19 * 3600),)] * 5), (), ()))
SPAN = Span(from_epoch(JANUARY), from_epoch(JANUARY + 330 * DAY), from_epoch(JANUARY + 330 * DAY))


def settings_of(rows: dict[int, GoalHours], calendar: CalendarRules = OFFICE) -> TenantSettings:
    rule = PolicyRule("default", calendar="office", goals_by_rank=rows)
    return TenantSettings("main", PromiseSettings(rule, calendars={"office": calendar}))


def rows(tickets: int = 1_000_000, stored: int = 40_000) -> Iterator[tuple[str, float, str]]:
    """Yield (what, value, unit)."""
    yield from _compute_rows(tickets)
    yield from _store_rows(stored)


class _NoStore:
    """The store of a desk where nobody excused anything."""

    def load_interventions(self, _tenant: str, _ids: object) -> dict[int, list[object]]:
        return {}


def _ticket(number: int, rank: int, company: int) -> Ticket:
    entered = from_epoch(JANUARY)
    ref = Ref(company, f"Company {company}")
    return Ticket(number, "", Ref(1, "Help Desk"), Ref(10, "New"), entered, entered, False, Ref(rank, ""), rank, ref)


def _lives(count: int, seed: int, first_id: int, terms: list[int]) -> Lives:
    """Return tickets with an entry, terms, four changes of status, an owner's change and a resolve each."""
    random = np.random.default_rng(seed)
    start = JANUARY + random.integers(0, 320 * DAY, count)
    gaps = random.integers(600, 20 * 3600, (count, EVENTS - 2))
    at = start[:, None] + np.concatenate([np.zeros((count, 2), np.int64), np.cumsum(gaps, axis=1)], axis=1)
    kinds = [Kind.ENTERED, Kind.TERMS, Kind.STATUS, Kind.STATUS, Kind.OWNER, Kind.STATUS, Kind.STATUS, Kind.STATUS]
    levels = [0, NONE, int(Level.RESPONDED), int(Level.WAITING), NONE, int(Level.RESOLUTION_PLAN), 4, 3]
    facts = random.integers(0, COMPANIES * PRIORITIES, count)
    named = np.full((count, EVENTS), NONE, np.int32)
    named[:, 1] = np.array(terms)[facts % PRIORITIES]
    return Lives(
        ids=np.arange(first_id, first_id + count),
        first=edges(np.full(count, EVENTS)),
        entered_as=facts.astype(np.int32),
        at=at.reshape(-1),
        kind=np.tile(np.array([KINDS.index(kind) for kind in kinds], np.int8), count),
        level=np.tile(np.array(levels, np.int8), count),
        terms=named.reshape(-1),
        facts=np.full(count * EVENTS, NONE, np.int32),
        status=np.full(count * EVENTS, NONE, np.int32),
    )


def _compute_rows(tickets: int) -> Iterator[tuple[str, float, str]]:
    store: Store = _NoStore()  # type: ignore[assignment]  # all that is asked of it is who excused what
    today, then = settings_of(ROWS), settings_of(HARDER, LONGER)
    book = TermsBook(store)
    reader = LifeReader(book)
    reader.held += [
        Held(Facts(_ticket(0, rank + 1, company))) for company in range(COMPANIES) for rank in range(PRIORITIES)
    ]
    terms = [_number(book, today, rank) for rank in range(1, PRIORITIES + 1)]
    facts = {number: _ticket(number, 1, 1) for number in range(CHUNK)}
    rules = Rechooser(reader, REFERENCE, today, then)
    total, spent, events = Findings(), 0.0, 0
    for begin in range(0, tickets, CHUNK):
        lives = _lives(min(CHUNK, tickets - begin), begin, 0, terms)
        began = time.process_time()
        told = tell(lives)
        other, _ = rules.terms(told)
        pairs = compare(told, book, other, told.level, SPAN)
        total.add(gather(store, "main", reader, Chunk(facts, lives, told), pairs, SPAN.now, None))
        spent += time.process_time() - began
        events += len(lives.at)
    alone = _one_by_one(_lives(2000, 0, 0, terms), book)
    yield f"{tickets:,} tickets, {events:,} events, seconds of one processor", spent, "s"
    yield "  a ticket", spent / tickets * 1e6, "us"
    yield "  one ticket at a time, by the same clock", alone * 1e6, "us"
    yield "  times as fast", alone / (spent / tickets), "x"
    yield "  goals that flip", float(sum(n for (_, _, which, _), n in total.counts.items() if which[:3] == "to_")), ""


def _number(book: TermsBook, settings: TenantSettings, rank: int) -> int:
    choice, version = Chooser(REFERENCE, settings.promises).choose(_ticket(0, rank, 1))
    return book.number(version, choice.terms, choice.calendar)


def _one_by_one(lives: Lives, book: TermsBook) -> float:
    """Return the seconds a ticket takes when its history is built and read by itself, twice as a backtest does."""
    table, calendars = book.table()
    index = {version: place for place, version in enumerate(table.versions)}
    names = list(table.versions)
    now = int(SPAN.now.timestamp())
    began = time.process_time()
    for begin, end in zip(lives.first[:-1].tolist(), lives.first[1:].tolist(), strict=True):
        own = [
            EventRow(
                int(lives.at[place]),
                KINDS[lives.kind[place]],
                None if lives.level[place] == NONE else int(lives.level[place]),
                None if lives.terms[place] == NONE else names[lives.terms[place]],
            )
            for place in range(begin, end)
        ]
        for _ in range(2):
            start, steps, _ = steps_of(1, own, index)
            read_clocks(build_histories(table, [(1, start, steps)]), calendars, now).values()
    return (time.process_time() - began) / (len(lives.first) - 1)


def _store_rows(tickets: int) -> Iterator[tuple[str, float, str]]:
    """The same from an SQLite file: loading is most of it."""
    with _sqlite_urls() as url:
        store = open_store(url)
        today, then = settings_of(ROWS), settings_of(HARDER, LONGER)
        _fill(store, tickets, today)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        times = [_timed(lambda: list(backtest(store, today, then, REFERENCE, SPAN))) for _ in range(3)]
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        store.close()
    yield f"{tickets:,} stored tickets, loaded and computed (sqlite)", statistics.median(times), "s"
    yield "  a ticket", statistics.median(times) / tickets * 1e6, "us"
    yield "  memory it added at most", grown / 1024, "MiB"


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _fill(store: Store, tickets: int, today: TenantSettings) -> None:
    chooser = Chooser(REFERENCE, today.promises)
    for begin in range(0, tickets, BLOCK):
        count = min(BLOCK, tickets - begin)
        lives = _lives(count, begin, begin + 1, [0, 1, 2, 3])
        kinds = [KINDS[code] for code in lives.kind[:EVENTS]]
        seen, events, versions = [], [], Versions()
        for place in range(count):
            number, rank = begin + 1 + place, int(lives.entered_as[place]) % PRIORITIES + 1
            one = _ticket(number, rank, int(lives.entered_as[place]) // PRIORITIES)
            choice, version = chooser.choose(one)
            versions.terms[version], versions.calendars[choice.terms.calendar] = choice.terms, choice.calendar
            seen.append(one)
            for kind, moment, level in zip(
                kinds,
                lives.at[place * EVENTS : (place + 1) * EVENTS].tolist(),
                lives.level[:EVENTS].tolist(),
                strict=True,
            ):
                at = from_epoch(moment)
                given = None if level == NONE else Level(level)
                name = version if kind is Kind.TERMS else None
                events.append(Event(number, kind, at, at, Origin.POLL, level=given, terms=name))
        at = from_epoch(JANUARY + begin)
        store.save_poll(Poll("main", at, at, "ok"), seen, events, versions=versions)


if __name__ == "__main__":
    for what, value, unit in rows(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000):
        sys.stdout.write(f"{what:<66} {value:>14,.2f} {unit}\n")
