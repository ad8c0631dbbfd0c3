"""Goals as columns, as they were known at an instant; the same from SQLite and Postgres."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from msgspec import structs

from slamon.core.goals import FACTS, NEVER, Goals, State
from slamon.core.intervention import Intervention, Said
from slamon.core.reading import StageReading, Verdict
from slamon.core.ticket import Kind, Ref, Stage, Ticket
from slamon.core.versions import version_of
from slamon.store.sql import SqlStore
from slamon.store.types import to_seconds

from .samples import DAY, HOUR, MAIN, MINUTE, NOW, entered, event, poll, ticket
from .test_outcomes import GOLD, goal, read, save
from .test_versions import OFFICE

LONG_AGO, LATER = NOW - 100 * DAY, NOW + 100 * DAY


@pytest.fixture
def desk(store: SqlStore) -> SqlStore:
    store.save_versions({version_of(GOLD): GOLD}, {version_of(OFFICE): OFFICE})
    told = [ticket(n, team=Ref(5, "Night"), type=Ref(6, "Incident")) for n in (1, 2, 3)]
    store.save_poll(poll(), told, [entered(n) for n in (1, 2, 3)])
    return store


def met(at: datetime, elapsed: int = 60) -> StageReading:
    return replace(goal(Verdict.MET, at), elapsed_seconds=elapsed)


def ended(store: SqlStore, known_at: datetime = LATER, **how: Any) -> Goals:
    """What is loaded of rows, which must be what is loaded of columns, and of both."""
    asked: dict[str, Any] = {"since": LONG_AGO, "until": LATER, **how}
    goals = store.load_goals(MAIN, known_at=known_at, **asked)
    list(store.pack_days(MAIN, LATER))
    assert plain(store.load_goals(MAIN, known_at=known_at, **asked)) == plain(goals)
    return goals


def plain(goals: Goals) -> dict[str, list[object]]:
    columns = {name: getattr(goals, name).tolist() for name in Goals.__slots__ if name not in ("terms", "facts")}
    return (
        columns
        | {"terms": [goals.terms.table[code] for code in goals.terms.codes]}
        | {n: names(goals, n) for n in FACTS}
    )


def told(goals: Goals) -> list[tuple[int, str, str]]:
    """Ticket, stage and state of each row."""
    rows = zip(goals.ticket_id, goals.stage, goals.state, strict=True)
    return [(int(i), Stage(int(stage)).label, State(int(state)).name.lower()) for i, stage, state in rows]


def names(goals: Goals, fact: str) -> list[str]:
    return [goals.facts[fact].table[code] for code in goals.facts[fact].codes]


def test_a_goal_comes_with_all_that_was_true_of_it(desk: SqlStore) -> None:
    save(desk, read(1, respond=met(NOW - HOUR, 600)))

    goals = ended(desk)

    assert told(goals) == [(1, "respond", "met")]
    assert {name: names(goals, name)[0] for name in FACTS} == {
        "board": "Help Desk",
        "team": "Night",
        "technician": "jdoe",
        "priority": "Priority 2 - High",
        "company": "Acme",
        "agreement": "Gold",
        "type": "Incident",
        "policy": "Gold",
    }
    instants = (goals.started_at, goals.ended_at, goals.known_at, goals.gone_at)
    assert [int(each[0]) for each in instants] == [*map(to_seconds, (NOW - 6 * HOUR, NOW - HOUR, NOW)), NEVER]
    measures = (goals.goal_seconds, goals.elapsed_seconds, goals.percent, goals.cycle)
    assert [int(each[0]) for each in measures] == [3600, 600, 95, 1]
    assert goals.terms.table == (version_of(GOLD),)
    assert not len(store_of_another(desk))


def store_of_another(store: SqlStore) -> Goals:
    return store.load_goals("other", LONG_AGO, LATER, known_at=LATER)


def test_a_goal_met_in_time_was_due_when_its_time_would_have_been_over(desk: SqlStore) -> None:
    """Its reading says another instant, or none once the clock stands."""
    stopped = replace(met(NOW - HOUR, 600), due_at=None)
    running_on = replace(met(NOW - HOUR, 600), due_at=NOW + 3 * DAY)
    save(desk, read(1, resolve=stopped), read(2, respond=running_on))

    assert set(ended(desk).due_at) == {to_seconds(NOW - HOUR) + 3000}  # a Friday at 13:40, open until 18:00
    assert len(ended(desk, since=NOW - 10 * MINUTE, until=NOW - 10 * MINUTE, by="due_at")) == 0
    assert len(ended(desk, since=NOW - 10 * MINUTE, until=NOW - 9 * MINUTE, by="due_at")) == 2


def test_what_was_known_at_an_instant_is_known_again_whatever_came_later(desk: SqlStore) -> None:
    save(desk, read(1, resolve=met(NOW - HOUR)))
    save(desk, read(1, NOW + HOUR))  # reopened
    save(desk, read(1, NOW + DAY, resolve=goal(Verdict.MISSED, NOW + DAY)))

    assert told(ended(desk, NOW - MINUTE)) == []
    assert told(ended(desk, NOW)) == told(ended(desk, NOW + HOUR - MINUTE)) == [(1, "resolve", "met")]
    assert told(ended(desk, NOW + HOUR)) == []
    assert told(ended(desk, NOW + DAY)) == [(1, "resolve", "missed")]
    assert set(ended(desk, NOW).gone_at) == {NEVER}


def test_a_correction_is_a_row_that_went_and_one_that_came(desk: SqlStore) -> None:
    save(desk, read(1, respond=met(NOW, 600)), read(2, respond=met(NOW)))
    save(desk, read(1, NOW + DAY, respond=goal(Verdict.MISSED, NOW)))

    def changes(from_hours: int, until_hours: int) -> list[tuple[int, str, str]]:
        span = {"known_from": NOW + from_hours * HOUR, "known_until": NOW + until_hours * HOUR}
        return told(desk.load_goal_changes(MAIN, LONG_AGO, LATER, **span))

    assert changes(0, 23) == changes(24, 48) == []
    assert changes(0, 24) == [(1, "respond", "met"), (1, "respond", "missed")]
    assert changes(-1, 0) == changes(-1, 23) == [(1, "respond", "met"), (2, "respond", "met")]


def test_what_is_measured_anew_keeps_the_facts_of_when_it_ended_and_a_later_end_does_not(desk: SqlStore) -> None:
    save(desk, read(1, respond=met(NOW, 600)))
    desk.save_poll(poll(NOW + MINUTE), [ticket(1, owner="mpatel", board=Ref(2, "Network"))], [])
    save(desk, read(1, NOW + HOUR, respond=met(NOW, 300)))
    assert (names(ended(desk), "technician"), names(ended(desk), "board")) == (["jdoe"], ["Help Desk"])
    assert list(ended(desk).elapsed_seconds) == [300]

    save(desk, read(1, NOW + 2 * HOUR, respond=met(NOW + HOUR, 3000)))
    assert (names(ended(desk), "technician"), names(ended(desk), "board")) == (["mpatel"], ["Network"])


def test_a_company_that_was_renamed_is_one_and_was_called_otherwise_before(desk: SqlStore) -> None:
    save(desk, read(1, respond=met(NOW)))
    renamed = ticket(2, company=Ref(20, "Acme Holding"))
    another = ticket(3, company=Ref(21, "Acme"))
    desk.save_poll(poll(NOW + MINUTE), [renamed, another], [])
    save(desk, *(read(number, NOW + DAY, respond=met(NOW)) for number in (2, 3)))

    assert names(ended(desk, NOW + HOUR), "company") == ["Acme"]
    assert names(ended(desk), "company") == ["Acme Holding", "Acme Holding", "Acme"]
    assert sorted(ended(desk).facts["company"].table) == ["Acme", "Acme Holding"]


def test_a_goal_is_exempt_from_when_somebody_said_so_until_it_is_taken_back(desk: SqlStore) -> None:
    save(desk, read(1, respond=goal(Verdict.MISSED, NOW), plan=met(NOW)), read(2, respond=met(NOW)))
    for said, at in ((Said.EXEMPT, NOW + HOUR), (Said.UNEXEMPT, NOW + 3 * HOUR)):
        desk.save_interventions(MAIN, [Intervention(1, Stage.RESPOND, 1, said, at, "ann", reason="their outage")])

    def exempt(hours: int) -> list[tuple[int, str, str]]:
        goals = ended(desk, NOW + hours * HOUR)
        return told(goals.take(goals.exempt))

    assert exempt(0) == exempt(3) == []
    assert exempt(1) == exempt(2) == [(1, "respond", "missed")]


# --- open goals -------------------------------------------------------------------------------------


def test_T69_what_was_open_at_an_instant_is_open_whatever_became_of_it(desk: SqlStore) -> None:
    save(desk, read(1, NOW - HOUR), read(2, NOW - HOUR, respond=met(NOW - 2 * HOUR)))
    save(desk, read(1, NOW + DAY, respond=met(NOW - MINUTE), plan=met(NOW + HOUR), resolve=met(NOW + HOUR)))

    then, now = (desk.load_open_goals(MAIN, NOW, known_at=at) for at in (NOW, LATER))

    assert told(then) == [(1, s.label, "open") for s in Stage] + [
        (2, s.label, "open") for s in (Stage.PLAN, Stage.RESOLVE)
    ]
    # Its answer came before NOW; slamon learnt of it the day after.
    assert told(now) == [row for row in told(then) if row != (1, "respond", "open")]
    assert set(now.ended_at) == {NEVER}
    assert told(desk.load_open_goals(MAIN, NOW - 6 * HOUR, known_at=LATER)) == []


def test_open_goals_are_due_and_started_too_with_the_facts_of_then(desk: SqlStore) -> None:
    runs = replace(goal(Verdict.RUNNING), due_at=NOW + HOUR)
    reading = read(1, NOW, respond=runs, plan=goal(Verdict.PAUSED), resolve=goal(Verdict.NO_TARGET))
    save(desk, reading)
    moved = event(1, NOW + HOUR, Kind.COMPANY, id=22, name="Umbrella", level=None)
    bought = event(1, NOW - 7 * HOUR, Kind.COMPANY, id=20, name="Acme", level=None)
    desk.save_poll(poll(NOW + HOUR), [structs.replace(_first(desk), company=Ref(22, "Umbrella"))], [bought, moved])

    due = ended(desk, NOW, by="due_at")
    started = ended(desk, NOW, by="started_at")

    assert told(due) == [(1, "respond", "open")]
    assert told(started) == [(1, "respond", "open"), (1, "plan", "open")]
    assert (names(due, "company"), names(ended(desk, LATER, by="due_at"), "company")) == (["Acme"], ["Umbrella"])
    assert names(due, "policy") == ["Gold"]
    assert int(due.due_at[0]) == to_seconds(NOW + HOUR)


def _first(store: SqlStore) -> Ticket:
    return store.load_tickets(MAIN, [1])[1]
