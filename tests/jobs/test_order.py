"""How often and when slamon polls changes nothing where the instants are known: the trail and the dates tell."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slamon.core.policy import Change, Reopen
from slamon.core.reading import Reading
from slamon.core.ticket import Kind
from slamon.store.migrate import open_store
from tests.jobs.desk import DEFAULT, Desk, settings_of
from tests.jobs.world import Life, World, at, ticket, worlds_of

BEGIN, END = at("10:00"), at("18:00")
NAMES = ("New", "Assigned", "In Progress", "Waiting Customer", "Completed", ">Closed")


def minute(number: int) -> datetime:
    return BEGIN + timedelta(minutes=number)


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Draw a ticket's day: status changes at whole minutes, each another status than before."""
    life, before = Life(ticket()), "New"
    for at_minute in sorted(draw(st.sets(st.integers(1, 7 * 60), max_size=7))):
        name = draw(st.sampled_from([n for n in NAMES if n != before]))
        life.then(minute(at_minute), status=name, closed=name == ">Closed")
        before = name
    return life


POLLS = st.lists(st.integers(1, 8 * 60 - 1), max_size=6, unique=True).map(sorted)
KNOBS = st.fixed_dictionaries(
    {
        "reopen": st.sampled_from(Reopen.__args__),  # type: ignore[attr-defined]
        "change": st.sampled_from(Change.__args__),  # type: ignore[attr-defined]
        "waiting_responds": st.booleans(),
    }
)


def read_after(
    polls: list[int], worlds: list[World], database: Path, knobs: dict[str, Any]
) -> tuple[Reading, list[Any]]:
    """Poll a fresh slamon at these minutes and at the end; return the reading, and what is known to have happened."""
    with tempfile.TemporaryDirectory() as folder:
        path = shutil.copy(database, Path(folder) / "slamon.db")
        store = open_store(f"sqlite:///{path}")
        try:
            watched = Desk(store, worlds, settings_of(replace(DEFAULT, **knobs), recipients=()))
            watched.polls(*map(minute, polls), END)
            told = [(e.kind, e.at, e.name, e.level) for e in watched.events() if e.kind is not Kind.TERMS]
            return watched.reading(), told
        finally:
            store.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lives(), POLLS, KNOBS)
def test_polls_see_the_same_life_whenever_they_look(
    migrated_sqlite: Path, life: Life, polls: list[int], knobs: dict[str, Any]
) -> None:
    worlds = worlds_of(life)

    once = read_after([], worlds, migrated_sqlite, knobs)
    often = read_after(polls, worlds, migrated_sqlite, knobs)

    assert often == once
