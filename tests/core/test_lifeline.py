"""What each kind of event means for the clock."""

from __future__ import annotations

import pytest

from slamon.core.history import NONE, Mark, Step
from slamon.core.lifeline import EventRow, steps_of
from slamon.core.ticket import Kind, Level
from slamon.errors import HistoryError

INDEX = {"a": 0, "b": 1}
ENTERED = EventRow(100, Kind.ENTERED, Level.NOT_RESPONDED, None)
TERMS = EventRow(100, Kind.TERMS, None, "a")


def steps(*rows: EventRow) -> list[Step]:
    return steps_of(1, [ENTERED, TERMS, *rows], INDEX)[1]


@pytest.mark.parametrize(
    ("row", "step"),
    [
        (EventRow(200, Kind.STATUS, Level.WAITING, None), Step(200, Level.WAITING)),
        (EventRow(200, Kind.TERMS, None, "b"), Step(200, terms=1)),
        (EventRow(200, Kind.RESPONDED, None, None), Step(200, marks=Mark.SAID_RESPOND)),
        (EventRow(200, Kind.PLANNED, None, None), Step(200, marks=Mark.SAID_PLAN)),
        (EventRow(200, Kind.RESOLVED, None, None), Step(200, Level.RESOLVED)),
        (EventRow(200, Kind.NOT_MEASURED, None, None), Step(200, marks=Mark.NOT_MEASURED)),
        (EventRow(200, Kind.CANCELLED, Level.OUT_OF_SCOPE, None), Step(200, Level.OUT_OF_SCOPE)),
    ],
)
def test_what_moves_the_clock_is_a_step(row: EventRow, step: Step) -> None:
    assert steps(row)[2:] == [step]


@pytest.mark.parametrize(
    "kind", [Kind.PRIORITY, Kind.SLA, Kind.BOARD, Kind.COMPANY, Kind.AGREEMENT, Kind.OWNER, Kind.STARTED]
)
def test_what_does_not_is_none(kind: Kind) -> None:
    assert len(steps(EventRow(200, kind, None, None))) == 2


def test_the_start_is_told_apart_and_the_last_one_holds() -> None:
    rows = [ENTERED, TERMS, EventRow(150, Kind.STARTED, None, None)]

    assert steps_of(1, rows, INDEX)[0] == 150
    assert steps_of(1, [ENTERED, TERMS], INDEX)[0] is None


def test_out_of_scope_nothing_moves_until_it_is_restored() -> None:
    found = steps(
        EventRow(200, Kind.CANCELLED, Level.OUT_OF_SCOPE, None),
        EventRow(300, Kind.STATUS, Level.RESPONDED, None),
        EventRow(400, Kind.RESOLVED, None, None),
        EventRow(450, Kind.TERMS, None, "b"),
        EventRow(500, Kind.RESTORED, Level.WAITING, None),
        EventRow(600, Kind.STATUS, Level.RESPONDED, None),
    )

    assert [(step.at, step.level, step.terms) for step in found[2:]] == [
        (200, Level.OUT_OF_SCOPE, NONE),
        (300, NONE, NONE),
        (400, NONE, NONE),
        (450, NONE, 1),
        (500, Level.WAITING, NONE),
        (600, Level.RESPONDED, NONE),
    ]


def test_the_first_terms_hold_from_the_entry_whenever_they_were_chosen() -> None:
    found = steps_of(1, [ENTERED, EventRow(900, Kind.TERMS, None, "b")], INDEX)[1]

    assert (found[0].at, found[0].terms) == (100, 1)


def test_each_step_knows_its_row() -> None:
    rows = [
        ENTERED,
        TERMS,
        EventRow(200, Kind.OWNER, None, None),
        EventRow(300, Kind.STATUS, Level.RESPONDED, None),
    ]

    assert steps_of(1, rows, INDEX)[2] == [0, 1, 3]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "does not begin with an entry"),
        ([TERMS, EventRow(200, Kind.STATUS, Level.RESPONDED, None)], "does not begin with an entry"),
        ([ENTERED], "no terms were chosen"),
    ],
)
def test_what_is_no_history_names_the_ticket(rows: list[EventRow], why: str) -> None:
    with pytest.raises(HistoryError, match=f"ticket 7.*{why}"):
        steps_of(7, rows, INDEX)
