"""What broke: which transitions make a row of the breach report, and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from slamon.core.reading import ClockState, Reading, Verdict
from slamon.core.ticket import Stage
from slamon.core.transition import Change
from slamon.ports import TransitionRecord
from slamon.reports.breaks import read_breaks
from slamon.reports.material import Breaks
from tests.outputs.samples import HOUR, NOW, reading, record, stage

SINCE = NOW - timedelta(days=1)


def breaks(*records: TransitionRecord, readings: dict[int, Reading] | None = None) -> Breaks:
    return read_breaks(records, readings or {}, SINCE, lambda _ticket: {})


def broke(number: int, over: int, *, version: int = 1) -> TransitionRecord:
    due = NOW - timedelta(seconds=over)
    changes = {"elapsed_seconds": 4 * HOUR + over, "due_at": due, "version": version}
    told = record(Change.BREACHED, number, Stage.RESOLVE, None, **changes)
    return replace(told, transition=replace(told.transition, at=due))


def test_only_breaches_count() -> None:
    assert breaks(record(Change.NEAR_BREACH), record(Change.MET), record(Change.CANCELLED)) == Breaks()


def test_the_worst_comes_first() -> None:
    found = breaks(broke(1, 60), broke(2, 7200), broke(3, 600))

    assert [(row.key.ticket_id, row.over_seconds) for row in found.broke] == [(2, 7200), (3, 600), (1, 60)]


def test_readings_say_how_far_over_it_is_by_then() -> None:
    now = reading(1, resolve=stage(Verdict.BREACHED, elapsed=9 * HOUR, version=1), state=ClockState.PAUSED)
    (row,) = breaks(broke(1, 1), readings={1: now}).broke

    assert (row.over_seconds, row.state) == (5 * HOUR, "paused")


def test_a_reading_of_a_newer_deadline_does_not_change_the_row() -> None:
    (row,) = breaks(broke(1, 60), readings={1: reading(1, resolve=stage(elapsed=9 * HOUR, version=2))}).broke

    assert row.over_seconds == 60


def test_a_breach_reached_in_the_same_span_is_one_row() -> None:
    late = record(Change.MISSED, 1, elapsed_seconds=6 * HOUR, due_at=NOW - timedelta(hours=2))

    assert [(row.over_seconds, row.state) for row in breaks(broke(1, 1), late).broke] == [(2 * HOUR, "late")]


def test_a_breach_never_seen_open_is_in_the_report() -> None:
    missed = record(Change.MISSED, 1, elapsed_seconds=5 * HOUR, due_at=NOW - timedelta(hours=2))

    assert [row.state for row in breaks(missed).broke] == ["late"]


def test_a_breach_of_an_earlier_report_that_ends_now_is_listed_apart() -> None:
    found = breaks(record(Change.MISSED, 1, elapsed_seconds=40 * HOUR, due_at=SINCE - timedelta(days=3)))

    assert not found.broke
    assert [row.key.ticket_id for row in found.concluded] == [1]


def test_a_superseded_breach_is_listed_apart() -> None:
    found = breaks(broke(1, 60), record(Change.SUPERSEDED, 1, version=2))

    assert not found.broke
    assert [row.state for row in found.superseded] == ["superseded"]


def test_a_new_deadline_that_broke_too_is_the_same_goal() -> None:
    found = breaks(broke(1, 60), broke(1, 7200, version=2))

    assert [(row.over_seconds, row.state) for row in found.broke] == [(7200, "open")]
    assert (found.broke[0].broke_at, found.superseded) == (int((NOW - timedelta(hours=2)).timestamp()), ())
