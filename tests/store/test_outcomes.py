"""How goals ended, kept up with the readings: a count at any moment is what the readings say."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from slamon.core.outcome import Ended, GoalKey, ends_of
from slamon.core.policy import Percents, Terms
from slamon.core.reading import Reading, StageReading, Verdict
from slamon.core.slo import Tally
from slamon.core.ticket import Ref, Stage
from slamon.core.transition import Change
from slamon.core.versions import version_of
from slamon.ports import GoalTotal
from slamon.store.migrate import downgrade, open_store
from slamon.store.outcomes import save_outcomes
from slamon.store.sql import SqlStore

from .samples import DAY, HOUR, MAIN, MINUTE, NOW, entered, poll, reading, ticket, transition
from .test_versions import OFFICE

GOLD = Terms("Gold", version_of(OFFICE), 3600, 7200, 14_400, percents=Percents(95, None, 90))
LONG_AGO, LATER = NOW - 100 * DAY, NOW + 100 * DAY


def goal(verdict: Verdict, at: datetime | None = None) -> StageReading:
    return StageReading(verdict, 60, 3600, reached_at=at)


def read(number: int = 1, as_of: datetime = NOW, cycle: int = 1, **stages: StageReading) -> Reading:
    """A reading whose goals run, but for *stages*."""
    respond, plan, resolve = (stages.get(stage.label, goal(Verdict.RUNNING)) for stage in Stage)
    return replace(reading(number, as_of), stages=(respond, plan, resolve), cycle=cycle, terms=version_of(GOLD))


def save(store: SqlStore, *readings: Reading, **found: Any) -> None:
    due = dict.fromkeys((one.ticket_id for one in readings), NOW + DAY)
    rest = {"transitions": [], "notifications": [], **found}
    store.save_evaluation(MAIN, now=NOW, evaluated=due, readings=readings, **rest)


@pytest.fixture
def desk(store: SqlStore) -> SqlStore:
    store.save_versions({version_of(GOLD): GOLD}, {})
    store.save_poll(poll(), [ticket(n) for n in (1, 2, 3)], [entered(n) for n in (1, 2, 3)])
    return store


def count(store: SqlStore, since: datetime = LONG_AGO, until: datetime = LATER) -> Counter[tuple[int, str]]:
    found: Counter[tuple[int, str]] = Counter()
    for row in store.count_outcomes(MAIN, since, until):
        found[row.stage, row.outcome] += row.goals
    return found


def test_goals_that_ended_are_counted_by_all_that_is_known_of_them(desk: SqlStore) -> None:
    save(desk, read(1, respond=goal(Verdict.MET, NOW)), read(2, respond=goal(Verdict.MET, NOW)))
    save(desk, read(3, respond=goal(Verdict.MISSED, NOW), plan=goal(Verdict.MET, NOW)))

    facts = ("Help Desk", "Priority 2 - High", "Acme", "Gold")
    assert sorted(desk.count_outcomes(MAIN, LONG_AGO, LATER)) == [
        Tally(0, "met", *facts, 95, 2),
        Tally(0, "missed", *facts, 95, 1),
        Tally(1, "met", *facts, None, 1),
    ]
    assert desk.count_outcomes("other", LONG_AGO, LATER) == []


def test_they_are_counted_by_as_much_as_is_asked_for(desk: SqlStore) -> None:
    desk.save_poll(poll(NOW + MINUTE), [ticket(2, company=Ref(21, "Umbrella")), ticket(3, company=None)], [])
    save(desk, *(read(number, respond=goal(Verdict.MET, NOW)) for number in (1, 2, 3)))

    def counted(**how: Any) -> list[Tally]:
        return sorted(desk.count_outcomes(MAIN, LONG_AGO, LATER, **how), key=str)

    empty = Tally(0, "met", "", "", "", "", 95, 3)
    assert counted(by=()) == [empty]
    assert counted(by=["policy"]) == [empty._replace(policy="Gold")]
    one = empty._replace(goals=1)
    listed = [one._replace(company="Acme"), empty._replace(company="other", goals=2)]
    assert counted(by=["company"], companies=["Acme"]) == listed
    assert counted(by=["company"], companies=()) == [empty._replace(company="other")]
    assert {row.company for row in counted(by=["company"])} == {"Acme", "Umbrella", None}


def test_a_goal_belongs_to_the_month_in_which_it_ended(desk: SqlStore) -> None:
    save(desk, read(1, respond=goal(Verdict.MET, NOW)), read(2, respond=goal(Verdict.MET, NOW - MINUTE)))

    assert count(desk, NOW - HOUR, NOW) == {(0, "met"): 1}
    assert count(desk, NOW, NOW + MINUTE) == {(0, "met"): 1}
    assert desk.load_first_outcome_at(MAIN, LONG_AGO) == NOW - MINUTE
    assert desk.load_first_outcome_at(MAIN, NOW) == NOW
    assert desk.load_first_outcome_at(MAIN, LATER) is None


def test_a_reopened_goal_has_not_ended_and_may_end_otherwise(desk: SqlStore) -> None:
    save(desk, read(1, resolve=goal(Verdict.MET, NOW)))
    save(desk, read(1, NOW + HOUR))
    assert count(desk) == {}
    save(desk, read(1, NOW + DAY, resolve=goal(Verdict.MISSED, NOW + DAY)))

    assert count(desk) == {(2, "missed"): 1}
    assert count(desk, LONG_AGO, NOW + HOUR) == {}


def test_T71_what_ended_keeps_the_board_and_the_promise_of_then(desk: SqlStore) -> None:
    save(desk, read(1, respond=goal(Verdict.MET, NOW)))
    desk.save_poll(poll(NOW + MINUTE), [ticket(1, board=Ref(2, "Network"), priority=None)], [])
    save(desk, read(1, NOW + HOUR, respond=goal(Verdict.MET, NOW), plan=goal(Verdict.MET, NOW + HOUR)))

    boards = {row.stage: (row.board, row.priority) for row in desk.count_outcomes(MAIN, LONG_AGO, LATER)}
    assert boards == {0: ("Help Desk", "Priority 2 - High"), 1: ("Network", None)}


def test_the_ends_of_some_tickets_are_found_by_them_however_many_there_are(sqlite_url: str) -> None:
    """SQLite's own choice was to read all that ever ended of the tenant, at every evaluation."""
    queries: list[str] = []
    with closing(open_store(sqlite_url)) as store:
        store.save_poll(poll(), [ticket(1)], [entered(1)])
        with store._database.writing() as connection:
            record = queries.append
            event.listen(connection, "before_cursor_execute", lambda *seen: record(str(seen[2])))
            save_outcomes(connection, MAIN, [read(1, respond=goal(Verdict.MET, NOW))])
            asked = next(query for query in queries if query.startswith("SELECT ticket_id"))
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", (MAIN, "[1]")).all()

    assert "ix_outcomes_ticket (tenant=? AND ticket_id=?)" in str(plan)


def test_totals_count_each_deadline_once_and_never_fall(desk: SqlStore) -> None:
    met = transition(1, Change.MET, elapsed_seconds=900)
    save(desk, transitions=[met, transition(2, Change.MET, elapsed_seconds=600)])
    save(desk, transitions=[met, transition(1, Change.MISSED, elapsed_seconds=2_000_000), transition(3)])

    priority = "Priority 2 - High"
    expected = [GoalTotal(2, priority, "met", 900, 2, 1500), GoalTotal(2, priority, "missed", 2**31 - 1, 1, 2_000_000)]
    assert sorted(desk.load_goal_totals(MAIN)) == expected
    assert desk.load_goal_totals("other") == []


# --- counted on the way and counted from the readings ------------------------------------------------

VERDICTS = (Verdict.RUNNING, Verdict.MET, Verdict.MISSED, Verdict.NOT_MEASURED, Verdict.CANCELLED)
STEPS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.tuples(*[st.sampled_from(VERDICTS)] * 3), st.integers(0, 2)),
    max_size=12,
)


def lives(steps: list[tuple[int, int, tuple[Verdict, ...], int]]) -> list[Reading]:
    found = []
    for turn, (number, cycle, verdicts, day) in enumerate(steps):
        at = NOW - day * DAY
        stages = {
            stage.label: goal(verdict, None if verdict is Verdict.RUNNING else at)
            for stage, verdict in zip(Stage, verdicts, strict=True)
        }
        found.append(read(number, NOW + turn * MINUTE, cycle, **stages))
    return found


def recount(readings: list[Reading]) -> dict[tuple[int, GoalKey], Ended]:
    """What the newest reading of each cycle says, unless one of an earlier cycle came after it."""
    found: dict[tuple[int, GoalKey], Ended] = {}
    for place, one in enumerate(readings):
        later = [each for each in readings[place + 1 :] if each.ticket_id == one.ticket_id]
        if all(each.cycle > one.cycle for each in later):
            found |= {(one.ticket_id, key): end for key, end in ends_of(one).items()}
    return {key: timeless(end) for key, end in found.items()}


def timeless(end: Ended) -> Ended:
    """A cancelled goal stays so from when it first was, which one reading alone does not tell."""
    return end._replace(at=0) if end.outcome == "cancelled" else end


def stored(store: SqlStore) -> dict[tuple[int, GoalKey], Ended]:
    with store._database.reading() as connection:
        names = "ticket_id, stage, cycle, outcome, at, started_at, goal_seconds, elapsed_seconds"
        rows = list(connection.exec_driver_sql(f"SELECT {names} FROM outcomes WHERE gone_at IS NULL"))
    assert len({tuple(row[:3]) for row in rows}) == len(rows)
    return {(row[0], GoalKey(row[1], row[2])): timeless(Ended(*row[3:])) for row in rows}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.integers(1, 12))
def test_what_is_counted_on_the_way_is_what_the_readings_say(
    desk: SqlStore, steps: list[tuple[int, int, tuple[Verdict, ...], int]], at_once: int
) -> None:
    with desk._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM outcomes")
    readings = lives(steps)
    for begin in range(0, len(readings), at_once):
        save(desk, *readings[begin : begin + at_once])

    assert stored(desk) == recount(readings)


def test_an_older_database_begins_with_what_its_newest_readings_say(url: str) -> None:
    with closing(open_store(url)) as store:
        store.save_versions({version_of(GOLD): GOLD}, {})
        store.save_poll(poll(), [ticket(1), ticket(2)], [entered(1), entered(2)])
        save(store, read(1, respond=goal(Verdict.MET, NOW - HOUR), plan=goal(Verdict.CANCELLED)))
        save(store, read(2, respond=goal(Verdict.MISSED, NOW)), transitions=[transition(2, Change.MISSED)])
        before, totals = stored(store), store.load_goal_totals(MAIN)
    downgrade(url, "0007")

    with closing(open_store(url)) as store:
        assert stored(store) == before
        assert store.load_goal_totals(MAIN) == totals
        assert {(row.policy, row.percent) for row in store.count_outcomes(MAIN, LONG_AGO, LATER)} == {("Gold", None)}
        assert store.load_first_outcome_at(MAIN, LONG_AGO) == NOW - HOUR
