"""What an evaluation leaves: readings, transitions, the instant to look again, and notifications, in one go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from slamon.core.reading import ClockState, Verdict, same_reading
from slamon.core.ticket import Stage
from slamon.core.transition import Change
from slamon.errors import StoreError
from slamon.ports import OutboxState, Tracked, TransitionRecord
from slamon.store import open_columns
from slamon.store.sql import SqlStore

from .samples import DAY, HOUR, MAIN, MINUTE, NOW, entered, event, note, poll, reading, ticket, transition


@pytest.fixture
def desk(store: SqlStore) -> SqlStore:
    """A store with three tickets, the third closed, all due."""
    tickets = [ticket(1), ticket(2), ticket(3, closed=True)]
    store.save_poll(poll(), tickets, [entered(n) for n in (1, 2, 3)])
    return store


def evaluate(store: SqlStore, evaluated: dict[int, datetime | None], now: datetime = NOW, **found: Any) -> None:
    nothing: dict[str, Any] = {"readings": [], "transitions": [], "notifications": []}
    store.save_evaluation(MAIN, now=now, evaluated=evaluated, **{**nothing, **found})


def test_a_reading_comes_back_as_it_went_in(desk: SqlStore) -> None:
    bare = reading(2, next_change_at=None, state=ClockState.STOPPED, note="merged into 5")
    evaluate(desk, {1: None, 2: None}, readings=[reading(1), bare])

    assert desk.load_readings(MAIN, [1, 2, 3]) == {1: reading(1), 2: bare}


def test_the_newest_reading_is_the_one_stored_last(desk: SqlStore) -> None:
    evaluate(desk, {1: None}, readings=[reading(1)])
    evaluate(desk, {1: None}, readings=[reading(1, NOW + HOUR, cycle=2)])
    evaluate(desk, {1: None})  # nothing changed, nothing stored

    assert desk.load_readings(MAIN, [1])[1] == reading(1, NOW + HOUR, cycle=2)


def test_two_readings_of_one_second_leave_the_later_one(desk: SqlStore) -> None:
    evaluate(desk, {1: None}, readings=[reading(1)])
    evaluate(desk, {1: None}, readings=[reading(1, note="an event came in the same second")])

    assert desk.load_readings(MAIN, [1])[1].note == "an event came in the same second"


def test_evaluated_tickets_are_due_at_their_next_change(desk: SqlStore) -> None:
    evaluate(desk, {1: NOW + HOUR, 2: NOW + 2 * HOUR, 3: None})

    assert desk.load_due_ids(MAIN, NOW + HOUR - MINUTE) == set()
    assert desk.load_next_change(MAIN) == NOW + HOUR
    assert desk.load_due_ids(MAIN, NOW + HOUR) == {1}
    assert desk.load_due_ids(MAIN, NOW + DAY) == {1, 2}


def test_a_ticket_not_evaluated_stays_due(desk: SqlStore) -> None:
    evaluate(desk, {1: None})

    assert desk.load_due_ids(MAIN, NOW) == {2, 3}


def test_a_poll_during_an_evaluation_leaves_its_tickets_due(desk: SqlStore) -> None:
    position = desk.load_position(MAIN)
    desk.save_poll(poll(NOW + MINUTE), [ticket(1)], [event(1, NOW)])

    evaluate(desk, {1: NOW + HOUR, 2: None, 3: None}, position=position)

    assert desk.load_due_ids(MAIN, NOW) == {1}
    evaluate(desk, {1: NOW + HOUR}, position=desk.load_position(MAIN))
    assert desk.load_due_ids(MAIN, NOW) == set()


def test_open_tickets_come_with_their_readings_by_id(desk: SqlStore) -> None:
    evaluate(desk, {1: None, 3: None}, readings=[reading(3), reading(1)])

    assert desk.load_open(MAIN) == [Tracked(ticket(1), reading(1))]  # 2 was never read, 3 is closed
    evaluate(desk, {2: None}, readings=[reading(2)])
    assert [tracked.ticket.id for tracked in desk.load_open(MAIN)] == [1, 2]


def test_transitions_come_back_by_when_they_were_seen(desk: SqlStore) -> None:
    late = transition(2, Change.MISSED, stage=Stage.PLAN, due_at=None, goal_seconds=None)
    evaluate(desk, {}, NOW + HOUR, transitions=[late])
    evaluate(desk, {}, NOW, transitions=[transition(1)])

    assert desk.load_transitions(MAIN, NOW, NOW + HOUR) == [TransitionRecord(transition(1), NOW, ticket(1))]
    assert [r.transition for r in desk.load_transitions(MAIN, NOW, NOW + DAY)] == [transition(1), late]
    assert desk.load_transitions(MAIN, NOW + HOUR + MINUTE, NOW + DAY) == []


def test_a_known_transition_stays_as_it_was_first_seen(desk: SqlStore) -> None:
    evaluate(desk, {}, NOW, transitions=[transition(1)])
    evaluate(desk, {}, NOW + HOUR, transitions=[transition(1, reason="again"), transition(1, version=2)])

    seen = desk.load_transitions(MAIN, NOW - DAY, NOW + DAY)
    assert [(r.seen_at, r.transition.version, r.transition.reason) for r in seen] == [
        (NOW, 1, "goal passed"),
        (NOW + HOUR, 2, "goal passed"),
    ]


def test_transitions_are_counted_by_stage_and_change(desk: SqlStore) -> None:
    found = [transition(1), transition(2), transition(1, Change.NEAR_BREACH), transition(1, stage=Stage.RESPOND)]
    evaluate(desk, {}, transitions=found)

    assert desk.count_transitions(MAIN) == {(2, "breached"): 2, (2, "near_breach"): 1, (0, "breached"): 1}
    assert desk.count_transitions("other") == {}


def test_the_same_evaluation_saved_twice_is_stored_once(desk: SqlStore) -> None:
    for _ in range(2):
        evaluate(
            desk, {1: NOW + HOUR}, readings=[reading(1)], transitions=[transition(1)], notifications=[note(), note("b")]
        )

    assert desk.count_transitions(MAIN) == {(2, "breached"): 1}
    assert desk.load_readings(MAIN, [1]) == {1: reading(1)}
    assert desk.outbox_state() == OutboxState(2, NOW, 0)


def test_an_evaluation_is_all_or_nothing(desk: SqlStore) -> None:
    with pytest.raises(StoreError):
        evaluate(
            desk,
            {1: NOW + HOUR},
            readings=[reading(1)],
            transitions=[transition(99)],  # of a ticket nobody has seen
            notifications=[note()],
        )

    assert desk.load_readings(MAIN, [1]) == {}
    assert desk.load_due_ids(MAIN, NOW) == {1, 2, 3}
    assert desk.outbox_state() == OutboxState(0, None, 0)


def test_five_hundred_transitions_and_notifications_at_once_twice(store: SqlStore) -> None:
    ids = range(1, 501)
    store.save_poll(poll(), [ticket(n) for n in ids], [entered(n) for n in ids])
    for turn in (0, 0, 1):  # the second time all of it is known
        evaluate(
            store,
            dict.fromkeys(ids),
            readings=[reading(n, NOW + turn * HOUR) for n in ids],
            transitions=[transition(n) for n in ids],
            notifications=[note(str(n)) for n in ids],
        )

    assert store.count_transitions(MAIN) == {(2, "breached"): 500}
    assert store.outbox_state() == OutboxState(500, NOW, 0)
    assert {r.as_of for r in store.load_readings(MAIN, ids).values()} == {NOW + HOUR}
    assert len(store.load_open(MAIN)) == 500
    assert store.load_due_ids(MAIN, NOW + DAY) == set()


# --- what counts as a change


def test_time_alone_changes_no_reading() -> None:
    first = reading()
    stages = (
        first.stages[0],
        replace(first.stages[1], elapsed_seconds=9000),
        replace(first.stages[2], elapsed_seconds=9000, due_if_resumed_at=NOW + 2 * HOUR),
    )
    later = reading(as_of=NOW + HOUR, elapsed_seconds=9000, paused_seconds=99, next_change_at=None, stages=stages)

    assert same_reading(first, later)


@pytest.mark.parametrize(
    "change",
    [
        {"state": ClockState.RUNNING},
        {"cycle": 2},
        {"terms": "fedcba9876543210"},
        {"note": "merged"},
        {"started_at": NOW},
        {"verdict": Verdict.RUNNING},
        {"goal_seconds": 1},
        {"due_at": NOW + HOUR},
        {"due_if_resumed_at": NOW},
        {"breached_at": None},
        {"at_risk": False},
        {"at_risk_at": NOW},
        {"reached_at": NOW},
        {"version": 3},
    ],
    ids=str,
)
def test_anything_else_is_a_change(change: dict[str, Any]) -> None:
    first = reading()
    respond, plan, resolve = first.stages
    of_stage = set(change) - {"state", "cycle", "terms", "note", "started_at"}
    changed = (
        replace(first, stages=(respond, replace(plan, **change), resolve)) if of_stage else replace(first, **change)
    )

    assert not same_reading(first, changed)


def test_the_seconds_at_which_a_stage_was_reached_are_a_change() -> None:
    first = reading()
    recounted = replace(first.stages[0], elapsed_seconds=1801)

    assert not same_reading(first, replace(first, stages=(recounted, *first.stages[1:])))


@pytest.mark.parametrize("many", [3, 150])  # Postgres takes the second lot by COPY
def test_a_reading_that_cannot_be_stored_leaves_nothing_of_its_evaluation(store: SqlStore, many: int) -> None:
    ids = range(1, many + 1)
    store.save_poll(poll(), [ticket(n) for n in ids], [entered(n) for n in ids])
    naive = NOW.replace(tzinfo=None)
    found = [*(reading(n) for n in ids[:-1]), reading(many, next_change_at=naive)]

    with pytest.raises(ValueError, match="has no time zone"):
        evaluate(store, dict.fromkeys(ids, NOW + HOUR), readings=found)

    assert store.load_readings(MAIN, ids) == {}
    assert store.load_due_ids(MAIN, NOW) == set(ids)


def test_all_open_tickets_are_gone_through_in_parts(desk: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_columns, "CHUNK", 2)
    desk.save_poll(poll(), [ticket(n) for n in (4, 5, 6)], [entered(n) for n in (4, 5, 6)])
    evaluate(desk, dict.fromkeys((1, 2, 4, 5, 6)), readings=[reading(n) for n in (1, 2, 4, 5, 6)])

    assert desk.load_open_columns(MAIN).ids.tolist() == [1, 2, 4, 5, 6]
