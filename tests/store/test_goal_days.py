"""Days of goals as columns: whatever changes, they say what the rows say."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slamon.core.goals import NEVER, Goals
from slamon.core.intervention import Intervention, Said
from slamon.core.reading import Verdict
from slamon.core.ticket import Stage
from slamon.errors import KnowledgeGoneError
from slamon.jobs.prune import prune
from slamon.ports import Unobserved
from slamon.store.goal_blob import pack, unpack
from slamon.store.goal_part import COLUMNS, Part, part_of
from slamon.store.sql import SqlStore

from .samples import DAY, HOUR, MAIN, MINUTE, NOW, poll, ticket
from .test_goals import LATER, LONG_AGO, desk, ended, met, plain, told
from .test_outcomes import STEPS, goal, lives, read, save

__all__ = ["desk"]
MEASURED = dict.fromkeys(("elapsed_seconds", "due_at", "known_at"))
Steps = list[tuple[int, int, tuple[Verdict, ...], int]]


def days(store: SqlStore) -> dict[int, tuple[bool, int]]:
    with store._database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT day, stale, rows FROM goal_days").all()
    return {row[0]: (bool(row[1]), row[2]) for row in rows}


def count_by_sql(store: SqlStore, known_at: datetime) -> list[tuple[int, int, str]]:
    known = int(known_at.timestamp())
    query = (
        "SELECT ticket_id, stage, outcome FROM outcomes WHERE known_at <= {0} AND (gone_at IS NULL OR gone_at > {0})"
    )
    with store._database.reading() as connection:
        rows = connection.exec_driver_sql(query.format(known) + " ORDER BY at, ticket_id, stage, cycle").all()
    return [(row[0], row[1], row[2]) for row in rows]


def loaded(goals: Goals) -> list[tuple[int, int, str]]:
    return [(ticket, int(Stage[stage.upper()]), state) for ticket, stage, state in told(goals)]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.integers(1, 4), st.integers(-2, 14))
def test_whatever_readings_say_columns_say_what_a_plain_query_does(
    desk: SqlStore, steps: Steps, at_once: int, minute: int
) -> None:
    with desk._database.writing() as connection:
        for table in ("outcomes", "goal_days"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    readings = lives(steps)
    for begin in range(0, len(readings), at_once):
        save(desk, *readings[begin : begin + at_once])
        list(desk.pack_days(MAIN, NOW - DAY * (begin % 2)))

    for known_at in (NOW + minute * MINUTE, LATER):
        goals = desk.load_goals(MAIN, LONG_AGO, LATER, known_at=known_at)
        assert loaded(goals) == count_by_sql(desk, known_at)


def test_a_day_is_made_once_and_anew_when_a_row_of_it_changes(desk: SqlStore) -> None:
    save(desk, read(1, respond=met(NOW - 3 * DAY)), read(2, respond=met(NOW - DAY), plan=met(NOW)))
    assert list(desk.pack_days(MAIN, NOW)) == [1, 1]  # today is not over
    assert list(desk.pack_days(MAIN, NOW)) == []

    save(desk, read(2, NOW + HOUR, respond=met(NOW - DAY), plan=met(NOW + HOUR)))
    assert {stale for stale, _ in days(desk).values()} == {False}
    save(desk, read(1, NOW + HOUR, respond=met(NOW - 3 * DAY, 999)))
    assert sorted(days(desk).values()) == [(False, 1), (True, 1)]
    assert list(desk.load_goals(MAIN, LONG_AGO, LATER, known_at=LATER).elapsed_seconds) == [999, 60, 60]
    assert list(desk.pack_days(MAIN, NOW)) == [2]


def test_what_is_read_of_columns_is_not_read_of_rows(desk: SqlStore) -> None:
    """Or nothing here would say anything of them."""
    save(desk, read(1, respond=met(NOW - DAY)))
    list(desk.pack_days(MAIN, NOW))
    with desk._database.writing() as connection:
        connection.exec_driver_sql("UPDATE outcomes SET elapsed_seconds = 5")

    assert list(desk.load_goals(MAIN, LONG_AGO, LATER, known_at=LATER).elapsed_seconds) == [60]


def test_goals_of_a_ticket_that_goes_stay_in_the_columns_as_long_as_reports(desk: SqlStore) -> None:
    old = NOW - 800 * DAY
    closed = [ticket(n, closed=True, last_updated_at=old) for n in (1, 2)]
    desk.save_poll(poll(), closed, [])
    save(desk, read(1, old, respond=met(old), plan=goal(Verdict.MISSED, old)), read(2, old, respond=met(old - DAY)))
    save(desk, read(3, old, respond=met(old)))
    desk.save_interventions(MAIN, [Intervention(1, Stage.PLAN, 1, Said.EXEMPT, old, "ann")])
    since = {"since": NOW - 1000 * DAY}
    with desk._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM events")
    before = plain(ended(desk, **since))

    prune(desk, {"events": NOW - 700 * DAY, "reports": NOW - 900 * DAY}, Unobserved())
    save(desk, read(3, NOW, respond=met(old, 30)))  # a row of that day changes, and the day is made anew
    after = ended(desk, **since)
    list(desk.pack_days(MAIN, NOW))

    assert desk.load_tickets(MAIN, [1, 2]) == {}
    assert {**plain(after), **MEASURED} == {**before, **MEASURED}
    assert [row for row, exempt in zip(told(after), after.exempt, strict=True) if exempt] == [(1, "plan", "missed")]
    prune(desk, {"reports": NOW - 700 * DAY}, Unobserved())
    assert told(ended(desk, **since)) == [(3, "respond", "met")]


def test_what_was_open_before_readings_went_is_not_guessed(desk: SqlStore) -> None:
    old = NOW - 800 * DAY
    desk.save_poll(poll(), [ticket(1, closed=True, last_updated_at=old)], [])
    save(desk, read(1, old), read(1, old + HOUR, respond=met(old)))
    prune(desk, {"readings": NOW - 400 * DAY}, Unobserved())

    with pytest.raises(KnowledgeGoneError, match=r"readings before 2025-10-09 14:40 UTC are pruned; ask for a later"):
        desk.load_open_goals(MAIN, old, known_at=old)
    assert told(desk.load_open_goals(MAIN, NOW, known_at=NOW)) == []  # it was closed


# --- bytes ------------------------------------------------------------------------------------------

INSTANTS = st.one_of(st.none(), st.integers(0, 2**33))
GOALS = st.tuples(
    *(st.integers(0, 2**40), st.integers(0, 2), st.integers(1, 300), st.sampled_from(["met", "missed"])),
    *(st.integers(0, 2**33), INSTANTS, st.integers(0, 2**33), *[st.integers(0, 2**31 - 1)] * 3),
    *(st.integers(0, 2**33), INSTANTS, st.one_of(st.none(), st.integers(0, 100)), st.sampled_from("xy")),
    *[st.one_of(st.none(), st.sampled_from(["", "Acme", "Überfall \U0001f525"]))] * 8,
    *[st.one_of(st.none(), st.integers(-5, 2**40))] * 2,
)


@given(st.lists(GOALS, max_size=300))
def test_bytes_are_the_goals_they_were_made_of(rows: list[tuple[object, ...]]) -> None:
    assert all(len(row) == len(COLUMNS) for row in rows)
    part = part_of(rows)

    back = unpack(pack(part))

    assert plain(back.goals) == plain(part.goals)
    assert numbered(back) == numbered(part)
    assert all(
        getattr(back.goals, name).dtype == getattr(part.goals, name).dtype for name in ("due_at", "stage", "exempt")
    )


def numbered(part: Part) -> dict[str, list[int | None]]:
    return {kind: [part.ids[kind][code] for code in part.goals.facts[kind].codes] for kind in part.ids}


def test_a_value_takes_as_few_bytes_as_it_needs_and_never_is_never() -> None:
    now = int(datetime(2026, 10, 5, tzinfo=UTC).timestamp())
    facts = ("Help Desk", None, None, None, "Acme", None, None, "Gold", 1, 20)
    rows = [
        (n, 0, 1, "met", now, None if n % 2 else now + n, now + n, 3600, n, 0, now, None, 95, "v", *facts)
        for n in range(200)
    ]

    body = pack(part_of(rows))

    assert set(unpack(body).goals.due_at[1::2]) == {NEVER}
    assert np.array_equal(unpack(body).goals.ended_at, now + np.arange(200))
    assert len(body) < 1500 + 200 * 4
    with pytest.raises(ValueError, match="columns of form 2, this slamon reads 1"):
        unpack(body.replace(b'"form":1', b'"form":2'))
