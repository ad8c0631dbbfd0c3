"""The ledger from events: every reason in its order, notes, starts ahead, and the evaluation it explains."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from slamon.core.calendar import BusinessCalendar
from slamon.core.clock import read_clocks
from slamon.core.history import build_histories, build_terms_table
from slamon.core.instants import from_epoch, to_epoch
from slamon.core.ledger import Ledger, build_ledger
from slamon.core.ledger_document import ledger_document
from slamon.core.lifeline import EventRow, steps_of
from slamon.core.policy import Terms
from slamon.core.reading import Verdict
from slamon.core.rules_document import rules_from_document
from slamon.core.ticket import Event, Kind, Level, Origin
from slamon.core.versions import version_of
from slamon.errors import HistoryError
from slamon.verify import check
from tests.core.lives import DOCUMENTS, LIFE, MORNING
from tests.core.samples import at_utc

OFFICE = rules_from_document(
    "Office",
    {
        "timezone": "UTC",
        "hours": {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
        "holidays": [{"date": "2026-11-03", "from": "10:00", "to": "24:00", "name": "half day"}],
    },
)
TERMS = Terms("default", version_of(OFFICE), 3600, 7200, 14_400)


def event(kind: Kind, at: str | datetime, level: Level | None = None, name: str = "", **rest: Any) -> Event:
    moment = at_utc(at) if isinstance(at, str) else at
    return Event(1, kind, moment, moment, Origin.POLL, name=name, level=level, **rest)


def numbered(*events: Event) -> list[Event]:
    """Return *events* as the store gives them: by time, then as learnt."""
    learnt = [replace(e, seq=number) for number, e in enumerate(events, 1)]
    return sorted(learnt, key=lambda e: (e.at, e.seq or 0))


def ledger(*events: Event, as_of: str) -> Ledger:
    version = version_of(TERMS)
    chosen = event(Kind.TERMS, events[0].at, terms=version)
    return build_ledger(numbered(*events, chosen), {version: TERMS}, {TERMS.calendar: OFFICE}, at_utc(as_of))


def rows(found: Ledger) -> list[tuple[str, str, str, int, str]]:
    return [
        (f"{i.begins_at:%a %H:%M}", f"{i.ends_at:%a %H:%M}", i.reason, i.counted_seconds // 60, i.status)
        for i in found.intervals
    ]


ENTERED = event(Kind.ENTERED, "2026-11-02T08:00", Level.NOT_RESPONDED, "New")


def test_every_reason_in_its_order() -> None:
    found = ledger(
        ENTERED,
        event(Kind.STATUS, "2026-11-02T10:00", Level.WAITING, "Waiting Customer"),
        event(Kind.STATUS, "2026-11-02T12:30", Level.RESPONDED, "Assigned"),
        event(Kind.STATUS, "2026-11-03T11:00", Level.RESOLVED, "Completed"),
        event(Kind.STATUS, "2026-11-04T09:30", Level.RESPONDED, "Assigned"),
        event(Kind.CANCELLED, "2026-11-04T10:00", Level.OUT_OF_SCOPE, "merged into another ticket"),
        as_of="2026-11-04T11:00",
    )

    assert rows(found) == [
        ("Mon 08:00", "Mon 09:00", "closed", 0, "New"),
        ("Mon 09:00", "Mon 10:00", "open", 60, "New"),
        ("Mon 10:00", "Mon 12:30", "waiting", 0, "Waiting Customer"),
        ("Mon 12:30", "Mon 13:00", "closed", 0, "Assigned"),
        ("Mon 13:00", "Mon 17:00", "open", 240, "Assigned"),
        ("Mon 17:00", "Tue 09:00", "closed", 0, "Assigned"),
        ("Tue 09:00", "Tue 10:00", "open", 60, "Assigned"),
        ("Tue 10:00", "Tue 11:00", "holiday", 0, "Assigned"),
        ("Tue 11:00", "Wed 09:30", "resolved", 0, "Completed"),
        ("Wed 09:30", "Wed 10:00", "open", 30, "Assigned"),
        ("Wed 10:00", "Wed 11:00", "out of scope", 0, "merged into another ticket"),
    ]
    assert found.counted_seconds == found.reading.elapsed_seconds == 390 * 60
    assert found.reading.note == "merged into another ticket"
    assert found.reading.paused_seconds == 2 * 3600  # of the wait, what lay in open time


def test_the_time_before_a_later_start_is_not_started_and_ends_at_the_moment_asked() -> None:
    started = event(Kind.STARTED, "2026-11-02T14:00")

    after = ledger(ENTERED, started, as_of="2026-11-02T15:00")
    before = ledger(ENTERED, started, as_of="2026-11-02T10:00")

    assert rows(after) == [
        ("Mon 08:00", "Mon 14:00", "not started", 0, "New"),
        ("Mon 14:00", "Mon 15:00", "open", 60, "New"),
    ]
    assert rows(before) == [("Mon 08:00", "Mon 10:00", "not started", 0, "New")]


def test_a_status_that_moves_out_of_scope_counts_only_once_it_is_back() -> None:
    found = ledger(
        ENTERED,
        event(Kind.CANCELLED, "2026-11-02T09:30", Level.OUT_OF_SCOPE, "child of another ticket"),
        event(Kind.STATUS, "2026-11-02T10:00", Level.RESPONDED, "Assigned"),
        event(Kind.RESTORED, "2026-11-02T11:00", Level.RESPONDED, "Assigned"),
        as_of="2026-11-02T11:30",
    )

    assert [(row[0], row[2], row[3]) for row in rows(found)] == [
        ("Mon 08:00", "closed", 0),
        ("Mon 09:00", "open", 30),
        ("Mon 09:30", "out of scope", 0),
        ("Mon 10:00", "out of scope", 0),
        ("Mon 11:00", "open", 30),
    ]
    assert found.intervals[-1].status == "Assigned"
    assert found.reading.note == ""


def test_the_reason_for_not_measuring_is_kept() -> None:
    unmeasured = event(Kind.NOT_MEASURED, "2026-11-02T08:00", name="no audit trail tells")

    found = ledger(ENTERED, unmeasured, as_of="2026-11-02T11:00")

    assert found.reading.stages[0].verdict is Verdict.NOT_MEASURED
    assert found.reading.note == "no audit trail tells"


def test_what_happens_later_is_left_out() -> None:
    later = event(Kind.STATUS, "2026-11-02T10:00", Level.WAITING, "Waiting Customer")

    found = ledger(ENTERED, later, as_of="2026-11-02T09:59")

    assert {e.kind for e in found.events} == {Kind.ENTERED, Kind.TERMS}
    assert found.counted_seconds == 59 * 60


def test_before_the_entry_there_is_no_ledger_and_at_it_an_empty_one() -> None:
    with pytest.raises(HistoryError, match="ticket 1"):
        ledger(ENTERED, as_of="2026-11-02T07:59")
    assert ledger(ENTERED, as_of="2026-11-02T08:00").intervals == ()


# --- laws --------------------------------------------------------------------------------------------

CALENDARS = {version_of(r): r for r in (rules_from_document(str(n), d) for n, d in enumerate(DOCUMENTS))}
COMPILED = [BusinessCalendar(rules) for rules in CALENDARS.values()]
REASONS = {"open", "closed", "holiday", "waiting", "resolved", "out of scope", "not started"}
KINDS = (*([Kind.STATUS] * 6), Kind.RESPONDED, Kind.RESOLVED, Kind.TERMS, Kind.CANCELLED, Kind.RESTORED, Kind.OWNER)
History = tuple[list[Event], dict[str, Terms], datetime]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Draw events of every kind, cancelled and restored ones and a start ahead among them."""
    built = st.builds(
        Terms,
        policy=st.just("p"),
        calendar=st.sampled_from(list(CALENDARS)),
        respond_seconds=st.one_of(st.none(), st.integers(0, 7200)),
        resolve_seconds=st.integers(0, 7200),
        change=st.sampled_from(["same_start", "forward", "strictest"]),
        reopen=st.sampled_from(["resume", "count", "new_cycle"]),
        reopen_grace_seconds=st.sampled_from([0, 0, 600]),
    )
    terms = {version_of(t): t for t in draw(st.lists(built, min_size=1, max_size=3))}
    levels = st.sampled_from([level for level in Level if level is not Level.OUT_OF_SCOPE])
    instants = st.integers(0, LIFE).map(lambda ahead: from_epoch(MORNING + ahead))

    def happening(at: datetime, kind: Kind, level: Level, version: str) -> Event:
        shown = {Kind.STATUS: level, Kind.RESTORED: level, Kind.CANCELLED: Level.OUT_OF_SCOPE}.get(kind)
        return event(kind, at, shown, str(kind), terms=version if kind is Kind.TERMS else None)

    versions = st.sampled_from(list(terms))
    later = draw(st.lists(st.builds(happening, instants, st.sampled_from(KINDS), levels, versions), max_size=9))
    first = from_epoch(MORNING)
    events = [
        event(Kind.ENTERED, first, draw(levels), "entered"),
        event(Kind.TERMS, first, terms=draw(versions)),
        *later,
        *([event(Kind.STARTED, draw(instants))] if draw(st.booleans()) else []),
    ]
    return numbered(*events), terms, draw(instants)


@settings(max_examples=200, deadline=None)
@given(histories())
def test_intervals_meet_and_add_up_from_the_entry_to_the_moment_asked(history: History) -> None:
    events, terms, as_of = history

    found = build_ledger(events, terms, CALENDARS, as_of)

    assert found.counted_seconds == found.reading.elapsed_seconds
    waited = sum(i.business_seconds for i in found.intervals if i.reason == "waiting")
    assert waited == found.reading.paused_seconds
    for interval in found.intervals:
        assert interval.begins_at < interval.ends_at
        assert interval.reason in REASONS
        length = int((interval.ends_at - interval.begins_at) / timedelta(seconds=1))
        assert interval.counted_seconds == (length if interval.reason == "open" else 0)
    for sooner, later in pairwise(found.intervals):
        assert sooner.ends_at == later.begins_at
    ends = (found.intervals[0].begins_at, found.intervals[-1].ends_at) if found.intervals else (as_of, as_of)
    # A cycle's ledger begins with the reopening that began it.
    assert ends == (found.reading.started_at if found.reading.cycle else events[0].at, as_of)


@settings(max_examples=150, deadline=None)
@given(histories())
def test_it_explains_the_reading_that_the_evaluation_gives(history: History) -> None:
    """An evaluation reads all events, those that lie ahead too."""
    events, terms, as_of = history
    told = [EventRow(to_epoch(e.at), e.kind, None if e.level is None else int(e.level), e.terms) for e in events]
    start, steps, _ = steps_of(1, told, {version: place for place, version in enumerate(terms)})
    table = build_terms_table(terms, list(CALENDARS))
    read = read_clocks(build_histories(table, [(1, start, steps)]), COMPILED, to_epoch(as_of)).reading(0)

    assert replace(build_ledger(events, terms, CALENDARS, as_of).reading, note="") == read


@settings(max_examples=400, deadline=None)
@given(histories())
def test_independent_code_derives_the_same_ledger(history: History) -> None:
    events, terms, as_of = history
    # Two promises chosen in the second of the entry: which one an entry that reaches a goal meets is left open.
    assume(sum(e.kind is Kind.TERMS and e.at == events[0].at for e in events) == 1)

    document = ledger_document(build_ledger(events, terms, CALENDARS, as_of), tenant="t", ticket=1, summary="")

    assert check(json.loads(json.dumps(document))) == []
