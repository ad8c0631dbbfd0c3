"""Questions about tickets: the keys of a result, the rules of pauses, stops and changes, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.samples import OFFICE, TICKET, answer, ticket

NONSTOP = {
    "timezone": "UTC",
    "hours": {d: [["00:00", "24:00"]] for d in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
}


def test_all_keys_of_a_running_ticket() -> None:
    assert ticket() == {
        "id": "ticket",
        "state": "respond",
        "elapsed": 3600,
        "paused": 0,
        "clock_start": "2026-10-19T09:00:00Z",
        "breached": False,
        "respond_due": "2026-10-19T11:00:00Z",
        "respond_elapsed": 3600,
        "respond_margin": 3600,
        "respond_overdue": 0,
        "respond_met": None,
        "respond_breached_at": None,
        "plan_due": "2026-10-19T13:00:00Z",
        "plan_elapsed": 3600,
        "plan_margin": 10800,
        "plan_overdue": 0,
        "plan_met": None,
        "plan_breached_at": None,
        "resolve_due": "2026-10-19T17:00:00Z",
        "resolve_elapsed": 3600,
        "resolve_margin": 25200,
        "resolve_overdue": 0,
        "resolve_met": None,
        "resolve_breached_at": None,
        "due_if_resumed_now": None,
    }


def test_waiting() -> None:
    result = ticket({"at": "19T10:00", "status": "Waiting"}, as_of="19T12:00")

    assert (result["state"], result["elapsed"], result["paused"]) == ("waiting", 3600, 7200)
    assert (result["respond_due"], result["plan_due"], result["resolve_due"]) == (None, None, None)
    assert result["due_if_resumed_now"] == {
        "respond": "2026-10-19T13:00:00Z",
        "plan": "2026-10-19T15:00:00Z",
        "resolve": "2026-10-20T11:00:00Z",
    }


def test_waiting_after_a_goal_was_shown_keeps_its_due_time() -> None:
    result = ticket({"at": "19T12:00", "status": "Waiting"}, as_of="19T14:00")

    assert (result["respond_due"], result["respond_breached_at"]) == ("2026-10-19T11:00:00Z", "2026-10-19T11:00:00Z")
    assert (result["respond_overdue"], result["respond_met"], result["breached"]) == (3600, None, True)
    assert sorted(result["due_if_resumed_now"]) == ["plan", "resolve"]


def test_a_stop_reaches_all_and_leaving_it_unreaches_resolve_only() -> None:
    stop = {"at": "19T10:00", "status": "Completed"}
    stopped = ticket(stop, {"at": "19T11:00", "status": "Closed"}, as_of="19T12:00")
    left = ticket(stop, {"at": "19T11:00", "status": "New"}, as_of="19T12:00")

    assert (stopped["state"], stopped["elapsed"]) == ("resolved", 3600)
    assert [stopped[f"{stage}_met"] for stage in ("respond", "plan", "resolve")] == [True, True, True]
    assert (stopped["resolve_due"], stopped["due_if_resumed_now"]) == (None, None)
    assert (left["state"], left["elapsed"], left["resolve_met"], left["resolve_due"]) == (
        "resolve",
        7200,
        None,
        "2026-10-20T10:00:00Z",
    )
    assert [left[f"{stage}_elapsed"] for stage in ("respond", "plan")] == [3600, 3600]


def test_created_in_a_stop_status() -> None:
    result = ticket(status="Closed", as_of="19T12:00")

    assert [result[f"{stage}_elapsed"] for stage in ("respond", "plan", "resolve")] == [0, 0, 0]
    assert [result[f"{stage}_met"] for stage in ("respond", "plan", "resolve")] == [True, True, True]


def test_planned_does_not_answer_and_answers_do_not_plan() -> None:
    planned = ticket({"at": "19T09:30", "planned": True})
    answered = ticket({"at": "19T09:30", "responded": True})

    assert (planned["state"], planned["plan_met"], planned["respond_met"]) == ("respond", True, None)
    assert (answered["state"], answered["respond_met"], answered["plan_met"]) == ("plan", True, None)


@pytest.mark.parametrize(
    ("targets", "state"),
    [({"resolve": 60}, "resolve"), ({"plan": 60}, "plan"), ({}, "resolve"), ({"respond": None, "plan": 60}, "plan")],
)
def test_the_state_names_the_first_goal_that_is_open(targets: dict[str, Any], state: str) -> None:
    result = ticket(targets=targets)

    assert result["state"] == state
    assert result["respond_due"] is result["respond_margin"] is None


def test_answers_are_for_the_last_targets_and_calendar_also_for_goals_reached_before() -> None:
    result = ticket(
        {"at": "19T10:30", "responded": True},
        {"at": "19T11:00", "targets": {"respond": 3600}},
        {"at": "19T11:00", "calendar": NONSTOP},
        created="2026-10-19T08:00:00Z",
        as_of="19T12:00",
    )

    assert (result["respond_elapsed"], result["respond_met"]) == (9000, False)
    assert (result["respond_due"], result["respond_breached_at"]) == ("2026-10-19T09:00:00Z", "2026-10-19T09:00:00Z")
    assert (result["elapsed"], result["clock_start"]) == (4 * 3600, "2026-10-19T08:00:00Z")


def test_a_target_can_be_taken_away() -> None:
    assert ticket({"at": "19T09:30", "targets": {"respond": None}})["respond_due"] is None


def test_a_stage_that_pauses_do_not_stop_keeps_counting() -> None:
    result = ticket({"at": "19T10:00", "status": "Waiting"}, as_of="19T12:00", pauses_apply_to=["resolve"])

    assert (result["state"], result["elapsed"], result["paused"]) == ("waiting", 3600, 7200)
    assert (result["respond_elapsed"], result["respond_due"]) == (10800, "2026-10-19T11:00:00Z")
    assert (result["respond_breached_at"], result["breached"]) == ("2026-10-19T11:00:00Z", True)
    assert (result["plan_due"], result["resolve_due"]) == ("2026-10-19T13:00:00Z", None)
    assert result["due_if_resumed_now"] == {"resolve": "2026-10-20T11:00:00Z"}


def test_events_apply_in_the_order_of_time_and_at_one_instant_as_given() -> None:
    late, early = {"at": "19T11:00", "status": "New"}, {"at": "19T10:00", "status": "Waiting"}
    waits, runs = {"at": "19T10:00", "status": "Waiting"}, {"at": "19T10:00", "status": "New"}

    assert ticket(late, early, as_of="19T12:00")["elapsed"] == 7200
    assert ticket(waits, runs, as_of="19T12:00")["elapsed"] == 10800
    assert ticket(runs, waits, as_of="19T12:00")["elapsed"] == 3600


def test_an_event_at_the_instant_asked_has_happened_a_later_one_has_not() -> None:
    assert ticket({"at": "19T10:00", "responded": True})["respond_met"] is True
    assert ticket({"at": "19T10:01", "responded": True})["respond_met"] is None


def test_equality_is_met_and_one_second_more_is_not() -> None:
    assert ticket({"at": "19T11:00", "responded": True}, as_of="19T12:00")["respond_met"] is True
    late = answer(
        TICKET | {"events": [{"at": "2026-10-19T11:00:01Z", "responded": True}], "as_of": "2026-10-19T12:00:00Z"}
    )
    assert (late["respond_met"], late["respond_overdue"]) == (False, 1)


@pytest.mark.parametrize(
    ("case", "change", "problem"),
    [
        ("unknown key", {"priority": 1}, "priority: unknown key; known are as_of, calendar"),
        (
            "unknown target",
            {"targets": {"answer": 60}},
            "targets.answer: unknown key; known are plan, resolve, respond",
        ),
        ("targets as a list", {"targets": [60]}, "targets: expected an object"),
        ("a negative target", {"targets": {"respond": -1}}, "targets.respond: -1 is negative"),
        (
            "a target that is no number",
            {"targets": {"respond": float("nan")}},
            "targets.respond: nan is not a whole number",
        ),
        ("a bool for a target", {"targets": {"plan": False}}, "targets.plan: expected a number of seconds"),
        ("a target in words", {"targets": {"plan": "1h"}}, "targets.plan: expected a number of seconds"),
        (
            "a target beyond ten years",
            {"targets": {"resolve": 10**15}},
            "targets.resolve: the calendar holds less than",
        ),
        ("a huge target", {"targets": {"resolve": 10**40}}, "targets.resolve: the calendar holds less than"),
        ("asked before creation", {"as_of": "2026-10-19T08:59:59Z"}, "as_of: lies before created"),
        ("naive creation", {"created": "2026-10-19T09:00:00"}, "created: 2026-10-19T09:00:00 has no offset"),
        ("year 9999", {"as_of": "9999-12-31T00:00:00Z"}, "as_of: 9999-12-31T00:00:00+00:00 is outside the years"),
        ("status of another kind", {"status": 1}, "status: expected the name of a status"),
        (
            "a status of both kinds",
            {"status": "Closed", "pause_statuses": ["Closed"]},
            "status: 'Closed' is both a pause and a stop",
        ),
        ("statuses as text", {"pause_statuses": "Waiting"}, "pause_statuses: expected a list of status names"),
        ("statuses that are numbers", {"stop_statuses": [1]}, "stop_statuses: expected a list of status names"),
        (
            "unknown stage",
            {"pauses_apply_to": ["answer"]},
            "pauses_apply_to: expected a list of respond, plan, resolve",
        ),
        ("stages of another kind", {"pauses_apply_to": "resolve"}, "pauses_apply_to: expected a list of"),
        ("stages nested", {"pauses_apply_to": [["resolve"]]}, "pauses_apply_to: expected a list of"),
        ("events as an object", {"events": {}}, "events: expected a list"),
        ("an event as text", {"events": ["x"]}, "events[0]: expected an object"),
        ("an event without an instant", {"events": [{"status": "New"}]}, "events[0].at: missing"),
        (
            "an unknown key of an event",
            {"events": [{"at": "2026-10-19T09:00:00Z", "note": ""}]},
            "events[0].note: unknown key",
        ),
        ("an event before creation", {"events": [{"at": "2026-10-19T08:59:59Z"}]}, "events[0].at: lies before created"),
        (
            "responded of another kind",
            {"events": [{"at": "2026-10-19T09:00:00Z", "responded": 1}]},
            "events[0].responded: expected true or false",
        ),
        (
            "a status that is nothing",
            {"events": [{"at": "2026-10-19T09:00:00Z", "status": None}]},
            "events[0].status: expected the name",
        ),
        (
            "targets of an event",
            {"events": [{"at": "2026-10-19T09:00:00Z", "targets": {"x": 1}}]},
            "events[0].targets.x: unknown key",
        ),
        (
            "a calendar of an event",
            {"events": [{"at": "2026-10-19T09:00:00Z", "calendar": {"timezone": "x"}}]},
            "timezone: 'x' is not an IANA",
        ),
        (
            "a first calendar that is replaced",
            {"calendar": OFFICE | {"x": 1}, "events": [{"at": "2026-10-19T09:00:00Z", "calendar": OFFICE}]},
            "x: unknown key; known are timezone",
        ),
        ("never opens", {"calendar": {"timezone": "UTC"}}, "hours: the calendar never opens"),
    ],
)
def test_what_cannot_be_answered_says_what_and_why(case: str, change: dict[str, Any], problem: str) -> None:
    result = answer(TICKET | change)

    assert result["id"] == "ticket"
    assert problem in result["error"]


@pytest.mark.parametrize("key", ["calendar", "created", "status", "targets", "as_of"])
def test_a_missing_key_is_named(key: str) -> None:
    assert answer({k: v for k, v in TICKET.items() if k != key})["error"] == f"{key}: missing"


def test_remarks_are_ignored() -> None:
    remarks = ("source", "portable", "tags", "note", "derived", "requires", "reference_says", "expect", "also_accept")

    assert answer(TICKET | dict.fromkeys((*remarks, "tolerance_seconds"), "x")) == ticket()
