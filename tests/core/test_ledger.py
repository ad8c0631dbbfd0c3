"""The ledger of random tickets: stretches that meet, reasons that fit, counted seconds that add up to elapsed."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.core.ledger import Ledger, build_ledger
from slamon.core.rules_document import rules_from_document
from slamon.core.ticket import STAGES, Event, Kind, Level, Origin
from tests.core.lives import DOCUMENTS, LIFE, MORNING, calendars, moments, promises
from tests.core.oracle import Book, Moment, Promise
from tests.core.samples import read_one, terms_of

RULES = {str(index): rules_from_document(str(index), document) for index, document in enumerate(DOCUMENTS)}


def told(life: list[Moment]) -> list[Event]:
    """Write a life as the events that the store would hold."""
    events: list[Event] = []
    for place, moment in enumerate(life):
        at = datetime.fromtimestamp(moment.at, UTC)
        kinds: list[tuple[Kind, Level | None, str | None]] = []
        if moment.level is not None:
            kind = Kind.CANCELLED if moment.level == Level.OUT_OF_SCOPE else Kind.STATUS if place else Kind.ENTERED
            kinds.append((kind, Level(moment.level), None))
        if moment.promise is not None:
            kinds.append((Kind.TERMS, None, str(moment.promise)))
        # In one save the promise is there before what the status reaches; an entry comes before all.
        for kind, level, terms in reversed(kinds) if place else kinds:
            events.append(Event(1, kind, at, at, Origin.AUDIT, level=level, terms=terms, seq=len(events)))
    return events


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[Ledger, list[Promise], list[Moment], int]:
    known = draw(promises())
    life = draw(moments(len(known), levels=4))
    bare = [Moment(moment.at, moment.level, moment.promise) for moment in life if moment.level != Level.OUT_OF_SCOPE]
    as_of = max(MORNING + draw(st.integers(0, LIFE)), bare[0].at)
    terms = {str(index): terms_of(promise) for index, promise in enumerate(known)}
    return build_ledger(told(bare), terms, RULES, datetime.fromtimestamp(as_of, UTC)), known, bare, as_of


@settings(max_examples=100, deadline=None)
@given(ledgers())
def test_counted_seconds_add_up_to_elapsed_and_stretches_meet(
    drawn: tuple[Ledger, list[Promise], list[Moment], int],
) -> None:
    ledger, known, life, as_of = drawn
    reading = read_one(life, known, calendars(), as_of)

    assert ledger.counted_seconds == ledger.reading.elapsed_seconds == reading.elapsed_seconds
    for stage in STAGES:
        assert ledger.reading.stage(stage).verdict == reading.stage(stage).verdict
        assert ledger.reading.stage(stage).due_at == reading.stage(stage).due_at
    for sooner, later in pairwise(ledger.intervals):
        assert sooner.ends_at == later.begins_at
    if ledger.intervals:
        assert ledger.intervals[0].begins_at.timestamp() == life[0].at or reading.cycle
        assert ledger.intervals[-1].ends_at.timestamp() == as_of


@settings(max_examples=60, deadline=None)
@given(ledgers())
def test_each_reason_is_what_the_second_it_begins_with_was(
    drawn: tuple[Ledger, list[Promise], list[Moment], int],
) -> None:
    ledger, _, _, _ = drawn
    book = Book(DOCUMENTS[int(ledger.calendar.name)])

    for interval in ledger.intervals:
        assert interval.begins_at < interval.ends_at
        for second in (int(interval.begins_at.timestamp()), int(interval.ends_at.timestamp()) - 1):
            if interval.reason == "open":
                assert book.is_open(second)
            if interval.reason in ("closed", "holiday"):
                assert not book.is_open(second)
        if interval.reason in ("closed", "holiday", "waiting", "out of scope", "not started"):
            assert interval.counted_seconds == 0
        assert 0 <= interval.counted_seconds <= interval.business_seconds
