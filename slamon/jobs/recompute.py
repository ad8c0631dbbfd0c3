"""Recompute: closed tickets counted again on a corrected calendar, as history and not as news.

Nothing that is stored is changed. Each ticket that reads otherwise gets one more event, its terms on the corrected
calendar, and one more reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from slamon.core.backtest import Pairs, read_closed_cycles
from slamon.core.instants import from_epoch, to_epoch
from slamon.core.nearest import offer_names
from slamon.core.promise import source_rules
from slamon.core.reading import Reading
from slamon.core.reference import Reference
from slamon.core.replay import Told, build_replay, tell
from slamon.core.rules import CalendarRules
from slamon.core.ticket import Event, Kind, Origin
from slamon.core.versions import version_of
from slamon.core.whatif import Findings, Span
from slamon.errors import InputError
from slamon.jobs.backtest import Chunk, Seen, compare, gather
from slamon.jobs.evaluate import Evaluator
from slamon.jobs.lives import LifeReader, TermsBook, read_lives
from slamon.jobs.tenant import TenantSettings
from slamon.ports import HistoryRow, Recompute, Store, Unobserved

CHUNK = 5000  # tickets a transaction
_BEGIN = from_epoch(0)

Corrected = Mapping[str, CalendarRules]  # by the version whose place they take


@dataclass(frozen=True, slots=True)
class Recounted:
    """What a chunk brings. `left` are tickets that stay as they are: goals would change that ended before."""

    found: Findings
    tickets: int
    left: tuple[int, ...]


def find_corrected(store: Store, settings: TenantSettings, reference: Reference | None, name: str) -> Corrected:
    """Return the rules that calendar *name* has now, by each other version of it that was ever in force.

    Raises:
        InputError: There is no such calendar; the message offers the nearest.
    """
    own = settings.promises.calendars.get(name)
    sources = [each for each in reference.calendars.values() if each.name == name] if reference else []
    seen = store.find_calendars(name)
    if own is None and not sources:
        known = {*settings.promises.calendars}
        known |= {each.name for each in reference.calendars.values()} if reference else set()
        gone = "tickets were counted on it, but neither the settings nor ConnectWise have one to correct it by"
        said = gone if seen else offer_names(name, known)
        raise InputError(f"tenant {settings.name} has no calendar {name!r}: {said}")
    if own is None and len(sources) > 1:
        raise InputError(f"calendar {name!r}: ConnectWise has {len(sources)} of that name; give each its own")
    now = {version: own or source_rules(sources[0], old.zone) for version, old, _ in seen}
    return {version: rules for version, rules in now.items() if version_of(rules) != version}


def recount(
    store: Store,
    settings: TenantSettings,
    corrected: Corrected,
    span: Span,
    seen: Seen = lambda _first, _last: None,
    apply: Callable[[Correction], None] = lambda _correction: None,
) -> Iterator[Recounted]:
    """Yield, chunk by chunk, what closed tickets read otherwise on *corrected* calendars; *apply* may store it.

    Only goals that ended in *span* may change. A ticket of which an earlier one would, too, stays as it is.
    """
    book = TermsBook(store)
    reader = LifeReader(book)
    for tickets, _, lives in read_lives(store, settings.name, reader, span.since, span.until, closed=True, limit=CHUNK):
        chunk = Chunk(tickets, lives, tell(lives))
        if len(chunk.told):
            terms = _on_corrected(chunk.told, book, corrected)
            pairs, left = _changes(chunk.told, book, terms, span)
            rows = np.unique(pairs.row)
            inside = pairs.take(pairs.reached_at >= to_epoch(span.since))
            found = gather(store, settings.name, reader, chunk, inside, span.now, None)
            found.changed = len(inside.row)
            apply(Correction(chunk.told, terms, rows, book, found))
            yield Recounted(found, len(rows), tuple(chunk.told.ids[left].tolist()))
        seen(min(tickets), max(tickets))


@dataclass(frozen=True, slots=True)
class Correction:
    """The tickets at `rows` of `told` that read otherwise under `terms`, in force from each event on."""

    told: Told
    terms: NDArray[np.int32]
    rows: NDArray[np.intp]
    book: TermsBook
    found: Findings


def _on_corrected(told: Told, book: TermsBook, corrected: Corrected) -> NDArray[np.int32]:
    """Return the terms from each event on, with the calendar corrected where a ticket is counted on it now."""
    swap = []
    for place, (_, terms) in enumerate(list(book.terms().items())):
        rules = corrected.get(terms.calendar)
        if rules is None:
            swap.append(place)
            continue
        other = replace(terms, calendar=version_of(rules))
        swap.append(book.number(version_of(other), other, rules))
    others = np.array(swap, np.int32)
    newest = told.terms[told.first[1:] - 1]
    affected = np.repeat(others[newest] != newest, np.diff(told.first))
    return np.where(affected, others[told.terms], told.terms)


def _changes(told: Told, book: TermsBook, terms: NDArray[np.int32], span: Span) -> tuple[Pairs, NDArray[np.intp]]:
    """Return the goals of tickets that are to change, whenever they ended; and the tickets that must stay."""
    everything = Span(_BEGIN, span.until, span.now)
    pairs = compare(told, book, terms, told.level, everything)
    pairs = pairs.take(pairs.counts_otherwise | pairs.is_due_otherwise)
    early = pairs.reached_at < to_epoch(span.since)
    late, closed = np.unique(pairs.row[~early]), np.unique(pairs.row[early & pairs.counts_otherwise])
    return pairs.take(np.isin(pairs.row, np.setdiff1d(late, closed))), np.intersect1d(late, closed)


class Recomputer:
    """Stores corrections, a chunk in one transaction, with the record of who wanted them and why."""

    def __init__(self, store: Store, record: Recompute) -> None:
        self._store = store
        self.record = record
        self._evaluator = Evaluator(record.tenant, store, Unobserved())

    def apply(self, correction: Correction) -> None:
        """Store the events, readings and ends of one chunk; what a crash interrupts is found by the next run."""
        if not len(correction.rows):
            return
        told, now = correction.told, self.record.started_at
        names = list(correction.book.numbers)
        newest = correction.terms[told.first[correction.rows + 1] - 1]
        terms = {int(told.ids[row]): names[number] for row, number in zip(correction.rows, newest, strict=True)}
        self._keep_versions(correction.book, set(terms.values()))
        added = {
            ticket: HistoryRow(ticket, to_epoch(now), Kind.TERMS, None, version) for ticket, version in terms.items()
        }
        readings, next_changes = self._evaluator.reread(terms, now, added)
        self.record = replace(
            self.record,
            tickets=self.record.tickets + len(terms),
            goals=self.record.goals + correction.found.changed,
            flips=self.record.flips + len(correction.found.flips),
        )
        events = [
            Event(ticket, Kind.TERMS, now, now, Origin.SETTINGS, name=self._why(), terms=version)
            for ticket, version in terms.items()
        ]
        over = _over(correction, now)
        self._store.save_correction(self.record, events=events, readings=readings, over=over, next_changes=next_changes)

    def finish(self, now: datetime) -> Recompute:
        """Return the record, marked as finished; where nothing was changed none is kept."""
        self.record = replace(self.record, finished_at=now)
        if self.record.tickets:
            self._store.save_correction(self.record)
        return self.record

    def _why(self) -> str:
        record = self.record
        return f"recomputed on calendar {record.calendar!r} by {record.by}: {record.reason}"

    def _keep_versions(self, book: TermsBook, named: set[str]) -> None:
        """Store the versions before the events that name them: alone they mean nothing, and are pruned in time."""
        terms = {version: each for version, each in book.terms().items() if version in named}
        calendars = {each.calendar: book.calendar(each.calendar) for each in terms.values()}
        self._store.save_versions(terms, calendars)


def _over(correction: Correction, now: datetime) -> list[Reading]:
    """Return the readings of cycles that reopenings closed, on the corrected calendar, as they are known now."""
    table, calendars = correction.book.table()
    histories = build_replay(correction.told, table, correction.terms)
    found = read_closed_cycles(histories, calendars, to_epoch(now))
    if found is None:
        return []
    changed = set(correction.told.ids[correction.rows].tolist())
    return [replace(each, as_of=now) for each in found[1].values() if each.ticket_id in changed]
