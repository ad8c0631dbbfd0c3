"""The lint: a desk in order is quiet; each way to break it brings its finding, and only that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from slamon.core.levels import LevelRule
from slamon.core.lint import RULES, Finding, LintSettings, lint
from slamon.core.lint.names import seems_active, seems_done, seems_to_wait
from slamon.core.promise import Match, PolicyRule, PromiseSettings
from slamon.core.reference import (
    Agreement,
    Board,
    BoardStatus,
    Company,
    GoalHours,
    Holiday,
    OddDay,
    Priority,
    Reference,
    Sla,
    SourceCalendar,
)
from slamon.core.rules import Window
from slamon.core.ticket import Level, Ref

H = 3600
TODAY = date(2026, 11, 24)
OFFICE = (*[Window(9 * H, 17 * H)] * 5, None, None)
ALWAYS = (Window(0, 24 * H),) * 7
HOLIDAYS = (Holiday(date(2026, 12, 25), "Christmas Day"), Holiday(date(2027, 1, 1), "New Year's Day"))
ROWS = {7: GoalHours(1, 2, 4), 8: GoalHours(2, 4, 8)}
DEFAULT = PolicyRule("default", goals_by_rank={1: GoalHours(1, 2, 4), 2: GoalHours(2, 4, 8)})


def keyed(*rows: Any) -> dict[int, Any]:
    return {row.id: row for row in rows}


BOARD = Board(1, "Help Desk")
STATUSES = (
    BoardStatus(10, 1, "New", Level.NOT_RESPONDED, default=True),
    BoardStatus(11, 1, "Acknowledged", Level.RESPONDED),
    BoardStatus(12, 1, "In Progress", Level.RESOLUTION_PLAN),
    BoardStatus(13, 1, "Waiting Customer", Level.WAITING),
    BoardStatus(14, 1, "Completed", Level.RESOLVED),
    BoardStatus(15, 1, ">Closed", Level.RESOLVED, closed=True),
)
STANDARD = Sla(1, "Standard", "MyCalendar", GoalHours(2, 4, 8), ROWS, default=True)
LOCAL = Sla(2, "Local", "Customer", GoalHours(2, 4, 8), ROWS)
OWN = Sla(3, "Own", "Custom", GoalHours(2, 4, 8), ROWS, custom_calendar_id=5)
CALENDAR = SourceCalendar(5, "Office", OFFICE, HOLIDAYS, Ref(8, "UK"))
ACME = Company(250, "ACME", "Acme", 5, "Europe/London", {"SLA Tier": "Gold"})
GOLD = Agreement(71, "Gold", 250, sla=Ref(2, "Local"))
ORDERLY = Reference(
    boards=keyed(BOARD),
    statuses=keyed(*STATUSES),
    priorities=keyed(Priority(7, "High", 1), Priority(8, "Low", 2)),
    slas=keyed(STANDARD, LOCAL, OWN),
    calendars=keyed(CALENDAR),
    companies=keyed(ACME),
    default_calendar_id=5,
    server_zone="America/New_York",
    agreements=keyed(GOLD),
)
SETTINGS = LintSettings(PromiseSettings(DEFAULT))


def with_status(number: int, **changes: Any) -> Reference:
    changed = replace(ORDERLY.statuses[number], **changes)
    return replace(ORDERLY, statuses={**ORDERLY.statuses, number: changed})


def extra(name: str, level: Level | None, **changes: Any) -> Reference:
    return replace(ORDERLY, statuses={**ORDERLY.statuses, 20: BoardStatus(20, 1, name, level, **changes)})


def without(*numbers: int) -> Reference:
    return replace(ORDERLY, statuses={k: v for k, v in ORDERLY.statuses.items() if k not in numbers})


def with_sla(sla: Sla) -> Reference:
    return replace(ORDERLY, slas={**ORDERLY.slas, sla.id: sla})


def with_calendar(**changes: Any) -> Reference:
    return replace(ORDERLY, calendars=keyed(replace(CALENDAR, **changes)))


def with_company(**changes: Any) -> Reference:
    return replace(ORDERLY, companies=keyed(replace(ACME, **changes)))


def with_policy(**match: Any) -> LintSettings:
    rule = PolicyRule("Gold", Match(**match), goals=GoalHours(1, 2, 4))
    return LintSettings(PromiseSettings(DEFAULT, (rule,)))


def levels(*rules: LevelRule) -> LintSettings:
    return replace(SETTINGS, levels=rules)


def told(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.rule, str(finding.severity), finding.subject) for finding in findings]


FIRES: list[tuple[str, str, Reference, LintSettings, str]] = [
    # rule, severity, what is broken, settings, what the finding says
    ("setting_unknown_board", "error", ORDERLY, replace(SETTINGS, boards=("Help Desk", "Halp")), "'Help Desk'"),
    ("setting_unknown_status", "warning", ORDERLY, levels(LevelRule("On hold", Level.WAITING, "Help Desk")), "no such"),
    ("setting_unknown_status", "warning", ORDERLY, levels(LevelRule("New", Level.WAITING, "Halp")), "no board 'Halp'"),
    ("setting_unknown_status", "notice", ORDERLY, levels(LevelRule("On hold", Level.WAITING)), "no board of this"),
    ("setting_unknown_in_policy", "warning", ORDERLY, with_policy(board=("Halp",)), "no board 'Halp'"),
    ("setting_unknown_in_policy", "warning", ORDERLY, with_policy(company=("Acme", "Amce")), "no company 'Amce'"),
    ("setting_unknown_in_policy", "warning", ORDERLY, with_policy(priority=("Urgent",)), "no priority 'Urgent'"),
    ("setting_unknown_in_policy", "warning", ORDERLY, with_policy(agreement=("Silver",)), "no agreement 'Silver'"),
    (
        "setting_unknown_in_policy",
        "warning",
        ORDERLY,
        with_policy(company_field={"SLA Tier": ("Gold", "Platin")}),
        "no company with 'SLA Tier' 'Platin'",
    ),
    ("board_no_response", "error", without(11, 12), SETTINGS, "only resolving"),
    ("board_no_response", "warning", without(11), SETTINGS, "'In Progress', which plans too"),
    ("board_no_plan", "warning", without(12), SETTINGS, "no status has the level ResolutionPlan"),
    ("board_no_resolve", "error", without(14, 15), SETTINGS, "no status has the level Resolved"),
    ("board_no_resolve", "error", replace(ORDERLY, statuses={}), SETTINGS, "no active status at all"),
    (
        "board_starts_past_new",
        "warning",
        with_status(11, default=True),
        SETTINGS,
        "'Acknowledged' has the level Respond",
    ),
    (
        "board_inactive",
        "warning",
        replace(ORDERLY, boards=keyed(BOARD, Board(2, "Old", inactive=True))),
        replace(SETTINGS, boards=(1, "Old")),
        "inactive",
    ),
    ("status_waiting_runs", "warning", extra("Waiting on vendor", Level.RESPONDED), SETTINGS, "level Responded"),
    ("status_waiting_runs", "notice", extra("Waiting Scheduling", Level.RESOLUTION_PLAN), SETTINGS, "your own"),
    ("status_waiting_runs", "notice", extra("Scheduled", Level.RESOLUTION_PLAN), SETTINGS, "may wait"),
    ("status_active_waits", "warning", extra("Assigned", Level.WAITING), SETTINGS, "stops the clock"),
    ("status_done_open", "warning", extra("Cancelled", Level.WAITING), SETTINGS, "NoEscalation"),
    ("status_closed_open", "warning", extra(">Void", Level.WAITING, closed=True), SETTINGS, "NoEscalation"),
    ("status_unknown_level", "warning", extra("Quux", None), SETTINGS, "its clock runs"),
    ("status_unknown_level", "notice", extra("Waiting Vendor", None), SETTINGS, "NoEscalation by its name alone"),
    ("status_duplicate_name", "warning", extra("in progress", Level.RESOLUTION_PLAN), SETTINGS, "ids 12, 20"),
    (
        "sla_no_goals",
        "warning",
        with_sla(replace(LOCAL, goals=GoalHours(), rows={})),
        SETTINGS,
        "an agreement names it",
    ),
    (
        "sla_no_goals",
        "notice",
        with_sla(Sla(9, "None", "AllHours", GoalHours(0, 0, 0))),
        SETTINGS,
        "nothing names it",
    ),
    ("sla_goals_disorder", "warning", with_sla(replace(OWN, goals=GoalHours(2, 1, 8))), SETTINGS, "2 / 1 / 8"),
    (
        "sla_goals_disorder",
        "warning",
        with_sla(replace(OWN, rows={**ROWS, 8: GoalHours(9, 0, 8.5)})),
        SETTINGS,
        "'Low' are 9 / none / 8.5",
    ),
    ("sla_no_default", "warning", with_sla(replace(STANDARD, default=False)), SETTINGS, "no SLA is marked"),
    ("sla_no_default", "warning", with_sla(replace(OWN, default=True)), SETTINGS, "'Own', 'Standard'"),
    ("sla_no_calendar", "error", with_sla(replace(OWN, custom_calendar_id=None)), SETTINGS, "names none"),
    ("sla_no_calendar", "error", with_sla(replace(OWN, custom_calendar_id=99)), SETTINGS, "99"),
    ("sla_no_priority_row", "notice", with_sla(replace(OWN, rows={7: ROWS[7]})), SETTINGS, "'Low': its own goals hold"),
    (
        "sla_no_priority_row",
        "warning",
        with_sla(replace(OWN, goals=GoalHours(), rows={7: ROWS[7]})),
        SETTINGS,
        "'Low': there is no target",
    ),
    (
        "default_calendar_missing",
        "error",
        replace(ORDERLY, default_calendar_id=None),
        SETTINGS,
        "is not set, and these count on it: SLA 'Standard', SLA 'Local', policy 'default'",
    ),
    ("zone_unknown", "error", replace(ORDERLY, server_zone=None), SETTINGS, "not known"),
    (
        "agreement_sla_gone",
        "warning",
        replace(ORDERLY, agreements=keyed(GOLD, Agreement(72, "Old", 250, sla=Ref(99, "Bronze")))),
        SETTINGS,
        "1 agreement names it: 'Old'",
    ),
    (
        "priority_beyond_rows",
        "notice",
        replace(
            ORDERLY,
            priorities=keyed(*ORDERLY.priorities.values(), Priority(9, "Whenever", 9)),
            slas={k: replace(s, rows={**ROWS, 9: GoalHours(4)}) for k, s in ORDERLY.slas.items()},
        ),
        SETTINGS,
        "has rank 3",
    ),
    (
        "priority_same_rank",
        "notice",
        replace(ORDERLY, priorities=keyed(Priority(7, "High", 1), Priority(8, "Low", 1))),
        SETTINGS,
        "'High', 'Low'",
    ),
    ("calendar_no_hours", "error", with_calendar(week=(None,) * 7), SETTINGS, "clocks count on it"),
    (
        "calendar_no_hours",
        "notice",
        replace(ORDERLY, calendars=keyed(CALENDAR, SourceCalendar(6, "Retired", (None,) * 7))),
        SETTINGS,
        "nothing uses it",
    ),
    (
        "calendar_hours_refused",
        "warning",
        with_calendar(odd_days=(OddDay(5, "22:00 to 06:00", refused=True),)),
        SETTINGS,
        "Saturday 22:00 to 06:00",
    ),
    (
        "calendar_ends_2359",
        "warning",
        with_calendar(week=(Window(9 * H, 24 * H - 60), *OFFICE[1:])),
        SETTINGS,
        "a minute early: Monday",
    ),
    (
        "calendar_ends_2359",
        "notice",
        with_calendar(week=ALWAYS, odd_days=(OddDay(0, "00:00:00 to 23:59:59", refused=False),)),
        SETTINGS,
        "the whole day: Monday",
    ),
    ("calendar_no_holidays", "warning", with_calendar(holiday_list=None), SETTINGS, "clocks count on it"),
    ("calendar_no_holidays", "notice", with_calendar(holiday_list=None, week=ALWAYS), SETTINGS, "clocks count on it"),
    (
        "holiday_list_ends",
        "warning",
        with_calendar(holidays=HOLIDAYS[:1]),
        SETTINGS,
        "no rows for 2027; used by 'Office'",
    ),
    ("holiday_list_ends", "warning", with_calendar(holidays=HOLIDAYS[1:]), SETTINGS, "no rows for 2026"),
    (
        "company_no_calendar",
        "warning",
        with_company(calendar_id=None),
        SETTINGS,
        "1 company whose goals count on Customer",
    ),
    ("company_no_zone", "warning", with_company(zone=None), SETTINGS, "no known time zone: 'Acme'"),
    (
        "company_tier_no_policy",
        "warning",
        replace(ORDERLY, companies=keyed(ACME, replace(ACME, id=251, custom_fields={"SLA Tier": "Lead"}))),
        with_policy(company_field={"SLA Tier": ("gold",)}),
        "no policy takes it; 1 company has it",
    ),
    ("company_tier_no_policy", "notice", replace(ORDERLY, agreements={}), SETTINGS, "no agreement brings an SLA"),
]


def test_a_desk_in_order_is_quiet() -> None:
    assert lint(ORDERLY, SETTINGS, TODAY) == []
    assert lint(ORDERLY, replace(SETTINGS, boards=("Help Desk",)), TODAY) == []
    assert lint(ORDERLY, with_policy(company_field={"SLA Tier": ("Gold",)}, board=("help desk",)), TODAY) == []


@pytest.mark.parametrize(("rule", "severity", "broken", "settings", "words"), FIRES)
def test_each_fault_brings_its_finding_and_no_other(
    rule: str, severity: str, broken: Reference, settings: LintSettings, words: str
) -> None:
    findings = lint(broken, settings, TODAY)

    assert [(finding.rule, finding.severity) for finding in findings] == [(rule, severity)]
    assert words in findings[0].problem
    assert all((findings[0].subject, findings[0].where, findings[0].why, findings[0].mend))


def test_every_rule_has_a_case_that_fires() -> None:
    assert {rule.name for rule in RULES} == {case[0] for case in FIRES}
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_the_worst_comes_first() -> None:
    broken = replace(without(11, 14, 15), calendars=keyed(replace(CALENDAR, holidays=())), server_zone=None)

    found = told(lint(broken, SETTINGS, date(2026, 9, 30)))

    assert [severity for _, severity, _ in found] == ["error", "error", "warning", "warning", "notice"]
    assert [rule for rule, _, _ in found][:2] == ["board_no_resolve", "zone_unknown"]


# --- what is not looked at


def test_boards_that_are_not_watched_or_not_for_service_are_left_alone() -> None:
    others = keyed(BOARD, Board(2, "Sales"), Board(3, "Projects", project=True), Board(4, "Old", inactive=True))
    crowded = replace(ORDERLY, boards=others)

    assert told(lint(crowded, SETTINGS, TODAY)) == [("board_no_resolve", "error", "board 'Sales'")]
    assert lint(crowded, replace(SETTINGS, boards=("Help Desk",)), TODAY) == []


def test_an_inactive_status_is_left_alone() -> None:
    assert lint(extra("Waiting on vendor", Level.RESPONDED, inactive=True), SETTINGS, TODAY) == []


@pytest.mark.parametrize("level", [Level.WAITING, Level.RESPONDED])
def test_a_level_of_the_settings_ends_the_question_whichever_it_is(level: Level) -> None:
    by_hand = levels(LevelRule("Waiting on vendor", level, "Help Desk"))

    assert lint(extra("Waiting on vendor", Level.RESPONDED), by_hand, TODAY) == []


def test_a_level_of_the_settings_can_give_a_board_its_response() -> None:
    assert lint(without(11), levels(LevelRule("In Progress", Level.RESPONDED)), TODAY)[0].rule == "board_no_plan"


WAITS = PolicyRule("waits", Match(), goals=GoalHours(1, 2, 4), waiting_responds=True)


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        pytest.param((), [], id="the default alone"),
        pytest.param((WAITS,), [], id="all of them"),
        pytest.param((replace(WAITS, waiting_responds=False),), ["board_no_response"], id="one that does not"),
        pytest.param((replace(WAITS, waiting_responds=False, match=Match(board=("NOC",))),), [], id="on another board"),
        pytest.param(
            (replace(WAITS, waiting_responds=False, match=Match(board=(BOARD.name.upper(),))),),
            ["board_no_response"],
            id="on this board",
        ),
    ],
)
def test_where_waiting_counts_as_a_response_a_waiting_status_answers(
    rules: tuple[PolicyRule, ...], found: list[str]
) -> None:
    reference = replace(without(11), boards={**ORDERLY.boards, 9: Board(9, "NOC", inactive=True)})
    wanted = LintSettings(PromiseSettings(replace(DEFAULT, waiting_responds=True), rules))

    assert [finding.rule for finding in lint(reference, wanted, TODAY)] == found


def test_without_a_waiting_status_that_setting_answers_nothing() -> None:
    wanted = LintSettings(PromiseSettings(replace(DEFAULT, waiting_responds=True)))
    waiting = [number for number, each in ORDERLY.statuses.items() if each.level is Level.WAITING]

    assert [f.rule for f in lint(without(11, *waiting), wanted, TODAY)] == ["board_no_response"]
    assert [f.rule for f in lint(without(11, 12), wanted, TODAY)] == ["board_no_plan"]


def test_tables_that_may_not_be_read_prove_nothing() -> None:
    blind = replace(
        ORDERLY,
        slas={},
        companies={},
        agreements={},
        unread=frozenset({"SLAs", "companies", "agreements"}),
    )
    settings = with_policy(company=("Amce",), agreement=("Silver",))

    assert lint(blind, settings, TODAY) == []


def test_without_agreements_companies_are_named_with_less_certainty() -> None:
    blind = replace(with_company(calendar_id=None), agreements={}, unread=frozenset({"agreements"}))

    assert told(lint(blind, SETTINGS, TODAY)) == [("company_no_calendar", "notice", "calendars of companies")]


def test_a_company_is_asked_for_a_calendar_only_where_customer_holds_for_it() -> None:
    standard = replace(with_company(calendar_id=None), agreements=keyed(replace(GOLD, sla=Ref(1, "Standard"))))
    assert lint(standard, SETTINGS, TODAY) == []

    by_policy = PromiseSettings(DEFAULT, (PolicyRule("Gold", Match(company=("acme",)), "Customer"),))
    assert told(lint(standard, LintSettings(by_policy), TODAY))[0][0] == "company_no_calendar"

    others = PromiseSettings(DEFAULT, (PolicyRule("Tier", Match(company_field={"SLA Tier": ("Tin",)}), "Customer"),))
    assert "company_no_calendar" not in [f.rule for f in lint(standard, LintSettings(others), TODAY)]


def test_slas_that_the_settings_set_aside_are_not_looked_at() -> None:
    aside = LintSettings(PromiseSettings(DEFAULT, trust_source=False))

    assert lint(with_sla(replace(OWN, goals=GoalHours(8, 2, 1))), aside, TODAY) == []


def test_a_zone_of_the_settings_is_enough() -> None:
    zoned = LintSettings(PromiseSettings(DEFAULT, zone="Europe/London"))

    assert lint(replace(ORDERLY, server_zone=None), zoned, TODAY) == []


# --- holidays


@pytest.mark.parametrize(
    ("today", "severity"),
    [(date(2026, 9, 30), "notice"), (date(2026, 10, 1), "warning"), (date(2026, 12, 31), "warning")],
)
def test_next_years_holidays_are_asked_for_in_earnest_from_october_on(today: date, severity: str) -> None:
    ends = with_calendar(holidays=HOLIDAYS[:1])

    assert told(lint(ends, SETTINGS, today)) == [("holiday_list_ends", severity, "holiday list 'UK'")]


def test_a_list_that_several_calendars_share_is_named_once() -> None:
    shared = keyed(replace(CALENDAR, holidays=()), replace(CALENDAR, id=6, name="Late", holidays=()))

    found = lint(replace(ORDERLY, calendars=shared), SETTINGS, TODAY)

    assert [finding.problem.split("; ")[1] for finding in found] == ["used by 'Late', 'Office'"] * 2


def test_T12_no_holiday_is_made_up_or_named_as_missing() -> None:
    (finding,) = lint(with_calendar(holidays=HOLIDAYS[:1]), SETTINGS, TODAY)

    assert "has no rows for 2027" in finding.problem
    assert not any(name in f"{finding}" for name in ("Christmas", "New Year", "2027-"))


# --- names


@pytest.mark.parametrize(
    ("name", "waits"),
    [
        ("Waiting Customer", "outside"),
        ("Waiting parts/repair", "outside"),
        (">On-Hold", "outside"),
        ("Pending - Vendor", "outside"),
        ("AWAITING APPROVAL", "outside"),
        ("Waiting Scheduling", "ours"),
        ("Waiting for dispatch", "ours"),
        ("Customer", "maybe"),
        ("With vendor", "maybe"),
        ("Parts ordered", "maybe"),
        ("Scheduled", "maybe"),
        ("Customer responded", None),
        ("Customer Updated", None),
        ("Parts Received", None),
        ("Customer Meeting", None),
        ("Not waiting", None),
        ("No longer waiting", None),
        ("Waiting - no response", "outside"),
        ("Threshold alert", None),
        ("Household", None),
        ("New", None),
        ("In Progress", None),
        ("", None),
    ],
)
def test_names_that_seem_to_wait(name: str, waits: str | None) -> None:
    assert seems_to_wait(name) == waits


@pytest.mark.parametrize(
    ("name", "active", "done"),
    [
        ("New", True, False),
        ("Re-Opened", True, False),
        ("Assigned", True, False),
        ("Work in progress", True, False),
        ("Assigned - waiting parts", False, False),
        ("Renewal", False, False),
        (">Closed", False, True),
        ("Completed (new)", False, True),
        ("Ready to be closed", False, False),
        ("Completed - no charge", False, True),
        ("Incomplete", False, False),
        ("Not resolved", False, False),
        ("Pending closed", False, False),
        ("On hold", False, False),
    ],
)
def test_names_that_seem_active_or_done(name: str, active: bool, done: bool) -> None:
    assert (seems_active(name), seems_done(name)) == (active, done)
