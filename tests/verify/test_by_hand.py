"""Ledgers worked out by hand agree; and the places where two readings are possible are decided one way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from slamon.verify import check
from tests.verify.builder import (
    BEFORE,
    ENTERED,
    MON,
    PROMISED,
    Document,
    clock,
    event,
    ledger,
    no_target,
    seal,
    span,
    stage,
    terms,
)
from tests.verify.hand import CASES


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_ledger_worked_out_by_hand_agrees(case: Callable[[], Document]) -> None:
    assert check(case()) == []


def test_a_finding_names_the_place_and_both_values() -> None:
    document = CASES["plain"]()
    document["intervals"][1]["counted_seconds"] = 5401
    document["clock"]["state"] = "paused"

    assert check(seal(document)) == [
        "clock.elapsed_seconds: 7200, but the counted_seconds add up to 7201",
        'clock.state: "paused", expected "running"',
        "intervals[1].counted_seconds: 5401, expected 5400",
    ]


def test_a_ledger_that_was_changed_without_a_new_digest_is_found() -> None:
    document = CASES["plain"]()
    document["summary"] = "Nothing happened"

    (finding,) = check(document)

    assert finding.startswith(f'digest: "{document["digest"]}", expected "')


def test_two_holidays_in_a_row_are_two_intervals() -> None:
    document = CASES["holiday"]()
    document["calendar"]["hours"]["fri"] = document["calendar"]["hours"]["thu"] = [["00:00", "24:00"]]
    document["intervals"][1:5] = [
        span("2026-12-24 17:00", "2026-12-25 05:00", "holiday", 0, 0, "New", 1, "holiday 2026-12-24 half day"),
        span("2026-12-25 05:00", "2026-12-26 05:00", "holiday", 0, 0, "New", 1, "holiday 2026-12-25"),
        span("2026-12-26 05:00", "2026-12-26 14:00", "closed", 0, 0, "New", 1),
    ]

    assert check(seal(document)) == []


def test_an_opening_on_a_holiday_is_open() -> None:
    document = CASES["holiday"]()
    document["calendar"]["openings"].append({"date": "2026-12-24", "from": "12:00", "to": "17:00"})
    document["intervals"][:2] = [span("2026-12-24 16:00", "2026-12-24 22:00", "open", 21600, 21600, "New", 1)]

    findings = check(seal(document))

    assert [finding for finding in findings if finding.startswith("intervals")] == []
    assert "clock.elapsed_seconds: 7200, expected 25200" in findings


def test_a_night_window_belongs_to_two_days_and_a_holiday_to_one() -> None:
    night = {
        "version": "c0ffee",
        "name": "Night",
        "timezone": "UTC",
        "hours": {"thu": [["22:00", "06:00+1"]]},
        "holidays": ["2026-12-25"],
    }
    document = ledger(
        "2026-12-25 07:00",
        {"v1": terms(1, 7200, 7201)},
        [
            event(1, "entered", "2026-12-24 21:00", "New", "waiting"),
            event(2, "terms", "2026-12-24 21:00", version="v1"),
        ],
        clock("paused", "2026-12-24 21:00", 0, paused=7200),
        [
            # The next nights are a week away.
            stage("respond", "paused", 1, 0, left=1, resumed="2026-12-31 22:00:01"),
            stage("plan", "paused", 7200, 0, left=7200, resumed="2027-01-01 00:00"),
            stage("resolve", "paused", 7201, 0, left=7201, resumed="2027-01-01 00:00:01"),
        ],
        [span("2026-12-24 21:00", "2026-12-25 07:00", "waiting", 0, 7200, "New", 1, "level waiting (event 1)")],
        night,
    )

    assert check(document) == []


def test_terms_replaced_within_their_own_second_never_were_but_count_as_changes() -> None:
    document = ledger(
        f"{MON} 15:00",
        {
            "v1": terms(9000, change="strictest"),
            "v2": terms(60, change="strictest"),
            "v3": terms(9000, change="strictest"),
        },
        [
            ENTERED,
            PROMISED,
            event(3, "terms", f"{MON} 14:30", version="v2"),
            event(4, "terms", f"{MON} 14:30", version="v3"),
        ],
        clock("running", f"{MON} 14:00", 3600),
        [
            stage("respond", "running", 9000, 3600, left=5400, due=f"{MON} 16:30", version=2),
            no_target("plan", 3600),
            no_target("resolve", 3600),
        ],
        [
            span(f"{MON} 14:00", f"{MON} 14:30", "open", 1800, 1800, "New", 1),
            span(f"{MON} 14:30", f"{MON} 15:00", "open", 1800, 1800, "New", 1),
        ],
    )

    assert check(document) == []


def test_a_stay_at_resolved_ends_when_the_ticket_is_cancelled() -> None:
    document = ledger(
        f"{MON} 16:00",
        {"v1": terms(7200, reopen="new_cycle")},
        [
            ENTERED,
            PROMISED,
            event(3, "resolved", f"{MON} 15:00"),
            event(4, "cancelled", f"{MON} 15:30", "deleted", "out_of_scope"),
        ],
        clock("stopped", f"{MON} 15:30", 0, cycle=1),
        [
            stage("respond", "cancelled", 7200, 0, left=7200, version=1),
            stage("plan", "cancelled", None, 0, version=1),
            stage("resolve", "cancelled", None, 0, version=1),
        ],
        [span(f"{MON} 15:30", f"{MON} 16:00", "out of scope", 0, 1800, "deleted", 4, "level out_of_scope (event 4)")],
    )

    assert check(document) == []


def test_a_stay_of_no_length_reaches_all_and_is_a_reopening() -> None:
    moment = [
        event(3, "status", f"{MON} 15:00", "Completed", "resolved"),
        event(4, "status", f"{MON} 15:00", "New", "not_responded"),
    ]
    document = ledger(
        f"{MON} 16:00",
        {"v1": terms(3600)},
        [ENTERED, PROMISED, *moment],
        clock("running", f"{MON} 14:00", 7200),
        [
            stage("respond", "met", 3600, 3600, left=0, reached=f"{MON} 15:00", due=f"{MON} 15:00"),
            no_target("plan", 3600, reached=f"{MON} 15:00"),
            no_target("resolve", 7200),
        ],
        [BEFORE, span(f"{MON} 15:00", f"{MON} 16:00", "open", 3600, 3600, "New", 4)],
    )
    assert check(document) == []

    document["terms"]["v1"]["reopen"] = "new_cycle"

    assert "clock.cycle: 0, expected 1" in check(seal(document))


def test_a_deadline_beyond_ten_years_may_be_given_or_not() -> None:
    document = CASES["plain"]()
    resolve = document["stages"][2]
    # 3000 days of nine hours: eleven years and a half.
    goal = 3000 * 9 * 3600
    document["terms"]["v1"]["resolve_seconds"] = resolve["goal_seconds"] = goal
    resolve["remaining_seconds"] = goal - 7200
    resolve["due_at"] = None
    assert check(seal(document)) == []

    resolve["due_at"] = "2037-11-02T22:00:00Z"
    (finding,) = check(seal(document))

    assert finding.startswith('stages[2].due_at: "2037-11-02T22:00:00Z", expected "2037-')
    assert finding.endswith('Z" or null')


def test_a_deadline_within_ten_years_must_be_given() -> None:
    document = CASES["born_closed"]()
    document["events"][0]["level"] = "waiting"
    document["terms"]["v1"]["resolve_seconds"] = 2500 * 9 * 3600

    findings = check(seal(document))

    assert any(f.startswith('stages[2].due_if_resumed_at: null, expected "2035-') for f in findings)
    assert not any(f.endswith("or null") for f in findings)


def test_the_calendar_must_be_that_of_the_newest_terms() -> None:
    document = CASES["same_start"]()
    document["terms"]["v2"]["calendar"] = "beef"

    assert check(seal(document))[0] == 'calendar.version: "c0ffee", expected "beef" of the newest terms'


@pytest.mark.parametrize(
    ("events", "finding"),
    [
        ([PROMISED], "events: [] first set a level, expected one entered before all others"),
        ([ENTERED], "events: no terms, expected at least one event of this kind"),
        ([ENTERED, {**PROMISED, "event": 1}], "events[1].event: 1, expected a number of its own"),
        ([PROMISED, ENTERED], "events[1].event: 1, expected more than 2 of the same second"),
        (
            [ENTERED, PROMISED, event(3, "owner", f"{MON} 13:59")],
            "events[2].at: 2026-03-02T13:59:00Z, expected 2026-03-02T14:00:00Z or later",
        ),
        ([ENTERED, {**PROMISED, "terms": "v9"}], 'terms: "v9" is named by an event, expected it to be there'),
        (
            [
                event(1, "entered", f"{MON} 16:00:01", "New", "not_responded"),
                event(2, "terms", f"{MON} 16:00:01", version="v1"),
            ],
            "as_of: 2026-03-02T16:00:00Z, expected from 2026-03-02T16:00:01Z (the entry) to 200 years later",
        ),
    ],
)
def test_events_that_cannot_be_a_history_are_named(events: list[Document], finding: str) -> None:
    document = CASES["plain"]()

    assert finding in check(seal({**document, "events": events}))


def test_a_plan_dated_at_the_reopening_is_of_the_new_cycle() -> None:
    document = CASES["answered_at_the_reopening"]()
    document["events"][7]["kind"] = "planned"
    respond, plan, _ = document["stages"]
    document["stages"][:2] = [{**plan, "stage": "respond"}, {**respond, "stage": "plan"}]

    assert check(seal(document)) == []


def test_what_changes_at_the_instant_of_the_reading_is_in_force() -> None:
    document = CASES["just_now"]()
    document["events"][5]["at"] = document["events"][5]["not_before"] = document["as_of"]
    document["events"][6]["at"] = document["events"][6]["not_before"] = document["as_of"]
    events = document["events"]
    document["events"] = [*events[:3], events[5], events[6], *events[3:5]]
    for i, one in enumerate(document["events"]):
        one["event"] = i + 1
    respond, plan, _ = document["stages"]
    respond.update(verdict="not_measured", goal_seconds=1800, remaining_seconds=-1800, deadline_version=1)
    respond["due_at"] = "2026-03-02T14:30:00Z"
    plan.update(verdict="not_measured", goal_seconds=1800, remaining_seconds=-1800, deadline_version=1)
    plan["due_at"] = "2026-03-02T14:30:00Z"

    assert check(seal(document)) == []


def test_a_goal_of_nothing_is_shown_at_the_start_even_by_a_clock_that_stands() -> None:
    document = CASES["read_at_once"]()
    document["events"][0]["level"] = "waiting"
    document["clock"]["state"] = "paused"
    for one in document["stages"][:2]:
        one["verdict"] = "paused"
    document["stages"][1].update(due_at=None, due_if_resumed_at="2026-03-02T15:00:00Z")

    assert check(seal(document)) == []


def test_a_new_cycle_starts_at_the_reopening_whatever_start_was_told() -> None:
    document = CASES["reopened_new_cycle"]()
    document["events"].append(event(5, "started", f"{MON} 16:30"))

    assert check(seal(document)) == []


def test_a_date_of_the_second_of_the_reopening_but_told_before_it_is_of_the_old_cycle() -> None:
    document = CASES["reopened_new_cycle"]()
    document["events"][3]["event"] = document["intervals"][0]["event"] = 5
    document["events"].insert(3, event(4, "planned", f"{MON} 16:00"))

    assert check(seal(document)) == []


def test_a_date_of_the_second_of_the_entry_is_of_the_life_in_whatever_order() -> None:
    document = CASES["read_at_once"]()
    document["events"].insert(0, event(0, "planned", f"{MON} 14:00"))
    document["stages"][1].update(verdict="met", reached_at="2026-03-02T14:00:00Z")

    assert check(seal(document)) == []


def test_a_goal_of_nothing_is_due_at_a_start_that_lies_ahead() -> None:
    document = CASES["not_started"]()
    document["events"][0]["level"] = "waiting"
    document["clock"]["state"] = "paused"
    document["terms"]["v1"]["respond_seconds"] = 0
    document["stages"][0].update(
        verdict="paused", goal_seconds=0, remaining_seconds=0, due_at="2026-03-03T14:00:00Z", due_if_resumed_at=None
    )

    assert check(seal(document)) == []
