"""Laws of every calendar: inverse, additivity, monotony, never negative, one answer for scalars and arrays."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.core.calendar import BusinessCalendar
from slamon.core.rules_document import document_of, rules_from_document
from tests.core.samples import DAY, HOUR, calendar
from tests.core.test_calendar_oracle import FIRST, LAST, ZONES, changes, random_calendar

AMOUNTS = st.one_of(st.integers(0, 3 * DAY), st.sampled_from([0, 1, 900, HOUR, 8 * HOUR]), st.integers(0, 40 * DAY))


@st.composite
def calendars(draw: st.DrawFn) -> tuple[BusinessCalendar, int]:
    """Draw a calendar and an instant near one of its zone's changes, around which its exceptions lie."""
    zone = draw(st.sampled_from(ZONES))
    near = draw(st.sampled_from(changes(zone) or [FIRST + 40 * DAY]))
    grain = draw(st.sampled_from([1, 60, 900, HOUR]))
    document = random_calendar(random.Random(draw(st.integers(0, 2**32))), zone, near, grain)
    return calendar(document), near + draw(st.integers(-3 * DAY, 3 * DAY))


@settings(max_examples=150, deadline=None)
@given(calendars(), AMOUNTS)
def test_elapsed_until_due_is_the_amount_and_due_is_the_earliest_such_instant(
    drawn: tuple[BusinessCalendar, int], amount: int
) -> None:
    asked, at = drawn

    due = asked.due_at(at, amount)

    assert asked.elapsed(at, due) == amount
    if amount:
        assert asked.elapsed(at, due - 1) == amount - 1
        assert asked.is_open(due - 1)
    else:
        assert due == at


@settings(max_examples=150, deadline=None)
@given(calendars(), st.lists(st.integers(0, 20 * DAY), min_size=3, max_size=3).map(sorted))
def test_parts_add_up_and_never_shrink_nor_outrun_the_wall(
    drawn: tuple[BusinessCalendar, int], ahead: list[int]
) -> None:
    asked, at = drawn
    first, second, third = (at + seconds for seconds in ahead)

    early, late = asked.elapsed(first, second), asked.elapsed(second, third)

    assert early + late == asked.elapsed(first, third)
    assert 0 <= early <= second - first
    assert 0 <= late <= third - second


@settings(max_examples=100, deadline=None)
@given(calendars(), AMOUNTS, AMOUNTS, st.integers(0, 5 * DAY))
def test_a_larger_amount_or_a_later_start_is_never_due_earlier(
    drawn: tuple[BusinessCalendar, int], amount: int, more: int, later: int
) -> None:
    asked, at = drawn

    due = asked.due_at(at, amount)

    assert due <= asked.due_at(at, amount + more)
    assert due <= asked.due_at(at + later, amount)
    assert asked.due_at(at, amount + more) <= asked.due_at(due, more) or not amount or not more
    assert asked.elapsed(at, asked.due_at(due, more)) == amount + more


@settings(max_examples=100, deadline=None)
@given(calendars())
def test_the_next_opening_is_the_first_open_instant(drawn: tuple[BusinessCalendar, int]) -> None:
    asked, at = drawn

    opens = asked.next_open(at)

    assert asked.is_open(opens)
    assert asked.elapsed(at, opens) == 0
    assert opens == at or not asked.is_open(opens - 1)
    assert opens == asked.due_at(at, 1) - 1


@settings(max_examples=60, deadline=None)
@given(
    calendars(),
    st.lists(st.tuples(st.integers(-400 * DAY, 400 * DAY), AMOUNTS), min_size=1, max_size=20),
    st.integers(-3000 * DAY, 3000 * DAY),
)
def test_arrays_answer_like_scalars_whatever_was_asked_before(
    drawn: tuple[BusinessCalendar, int], rows: list[tuple[int, int]], before: int
) -> None:
    asked, at = drawn
    fresh = BusinessCalendar(asked.rules)
    fresh.is_open(min(max(at + before, FIRST), LAST))
    starts = np.array([at + shift for shift, _ in rows])
    amounts = np.array([amount for _, amount in rows])

    dues = fresh.due_at(starts, amounts)

    assert dues.tolist() == [asked.due_at(int(s), int(n)) for s, n in zip(starts, amounts, strict=True)]
    assert fresh.elapsed(starts, dues).tolist() == amounts.tolist()
    assert fresh.elapsed(starts, starts + amounts).tolist() == [
        asked.elapsed(int(s), int(s + n)) for s, n in zip(starts, amounts, strict=True)
    ]


@settings(max_examples=60, deadline=None)
@given(calendars())
def test_a_calendar_written_as_a_document_and_read_again_is_the_same(drawn: tuple[BusinessCalendar, int]) -> None:
    rules = drawn[0].rules

    document: dict[str, Any] = document_of(rules)

    assert rules_from_document(rules.name, document) == rules
