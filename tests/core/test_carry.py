"""A stored reading, carried on: as good as reading the clock anew, as long as nothing happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.core.carry import carry
from slamon.core.facts import UNKNOWN, facts_at
from slamon.core.instants import from_epoch, local_instant
from slamon.core.ticket import Event, Kind, Origin, Ref
from tests.core.lives import LIFE, calendars
from tests.core.samples import HOUR, read_one
from tests.core.test_clock_laws import Ticket, tickets
from tests.jobs.world import at, ticket


@settings(max_examples=200, deadline=None)
@given(tickets(), st.one_of(st.integers(0, LIFE), st.integers(0, 200 * HOUR)))
def test_a_reading_carried_on_is_the_clock_read_anew(drawn: Ticket, ahead: int) -> None:
    known, moments, start, as_of = drawn
    life = [moment for moment in moments if moment.at <= as_of]
    stored = read_one(life, known, calendars(), as_of, start)
    later = read_one(life, known, calendars(), as_of + ahead, start)
    counted_on = calendars()[known[int(stored.terms)].calendar]

    carried = carry(stored, counted_on, from_epoch(as_of + ahead))

    assert replace(carried, next_change_at=None) == replace(later, next_change_at=None)


def told(kind: Kind, moment: str, number: int | None = None, name: str = "") -> Event:
    return Event(1, kind, at(moment), at(moment), Origin.POLL, number, name)


def test_facts_are_those_of_the_instant_and_what_nobody_told_is_unknown() -> None:
    now = ticket(1, board=Ref(2, "NOC"), priority=Ref(1, "Urgent"), company=Ref(5, "Acme"), owner="jdoe")
    events = [
        told(Kind.PRIORITY, "10:00", 3, "Low"),
        told(Kind.OWNER, "10:30", name="eve"),
        told(Kind.PRIORITY, "11:00", 1, "Urgent"),
        told(Kind.BOARD, "11:00", 2, "NOC"),
        told(Kind.OWNER, "12:00", name="jdoe"),
    ]

    then = facts_at(now, events, at("10:45"))
    early = facts_at(now, events, at("10:15"))

    assert (then.priority, then.board.name, then.owner, then.company) == (Ref(3, "Low"), UNKNOWN, "eve", now.company)
    assert early.owner == UNKNOWN
    assert facts_at(now, events, at("12:00")) == now


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2026-07-01T12:00:00", "2026-07-01T10:00:00+00:00"), ("2026-12-01", "2026-11-30T23:00:00+00:00")],
)
def test_a_local_time_is_read_in_its_zone(text: str, expected: str) -> None:
    assert local_instant(datetime.fromisoformat(text), ZoneInfo("Europe/Berlin")).isoformat() == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-10-25T02:30:00", r"happens twice .* write 2026-10-25T02:30:00\+02:00 or 2026-10-25T02:30:00\+01:00"),
        ("2026-03-29T02:30:00", "does not exist in Europe/Berlin"),
    ],
)
def test_T08_a_local_time_that_is_none_or_two_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        local_instant(datetime.fromisoformat(text), ZoneInfo("Europe/Berlin"))
