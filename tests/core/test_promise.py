"""Which promise holds for a ticket, and why the others lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec import structs

from slamon.core.policy import Percents, Terms
from slamon.core.promise import ALL_HOURS, Choice, Match, PolicyRule, PromiseSettings, choose_terms
from slamon.core.reference import (
    Company,
    GoalHours,
    Holiday,
    Priority,
    Reference,
    Sla,
    SourceCalendar,
)
from slamon.core.rules import CalendarRules, DatedSpan, Window
from slamon.core.ticket import Ref, Ticket
from slamon.core.versions import version_of

NINE_TO_FIVE = Window(9 * 3600, 17 * 3600)
OFFICE = SourceCalendar(
    1,
    "Office",
    (*([NINE_TO_FIVE] * 5), None, None),
    (Holiday(date(2026, 12, 25), "Christmas"), Holiday(date(2026, 12, 24), "Eve", Window(43_200, 86_400))),
)
NIGHT = SourceCalendar(2, "Night", (Window(0, 6 * 3600),) * 7)
NEVER = SourceCalendar(3, "Never", (None,) * 7)
GOLD = Sla(1, "Gold", "MyCalendar", GoalHours(4, 8, 40), {1: GoalHours(0.25, 0, 8)})
REFERENCE = Reference(
    boards={},
    statuses={},
    priorities={i: Priority(i, name, sort) for i, name, sort in ((7, "Low", 40), (8, "High", 20), (9, "Urgent", 10))},
    slas={1: GOLD},
    calendars={1: OFFICE, 2: NIGHT, 3: NEVER},
    companies={20: Company(20, "acme", "Acme", calendar_id=2, zone="Asia/Kolkata", custom_fields={"SLA Tier": "Gold"})},
    default_calendar_id=1,
    server_zone="America/New_York",
)
ROWS = {rank: GoalHours(rank, 2 * rank, 4 * rank) for rank in (1, 2, 4)}
DEFAULT = PolicyRule("default", goals_by_rank=ROWS)
GOALS = GoalHours(1, 2, 3)
LONG_AGO = datetime(2026, 11, 2, 10, tzinfo=UTC)


def ticket(**changes: Any) -> Ticket:
    base = Ticket(
        id=1,
        summary="",
        board=Ref(5, "Help Desk"),
        status=Ref(10, "New"),
        entered_at=LONG_AGO,
        last_updated_at=LONG_AGO,
        priority=Ref(8, "High"),
        company=Ref(20, "Acme"),
        company_identifier="acme",
        agreement=Ref(30, "Managed"),
        type=Ref(40, "Incident"),
    )
    return structs.replace(base, **changes)


def choose(
    facts: dict[str, Any] | None = None,
    reference: Reference = REFERENCE,
    default: PolicyRule = DEFAULT,
    **settings: Any,
) -> Choice:
    return choose_terms(ticket(**(facts or {})), reference, PromiseSettings(default, **settings))


def hours(terms: Terms) -> tuple[float | None, ...]:
    seconds = (terms.respond_seconds, terms.plan_seconds, terms.resolve_seconds)
    return tuple(None if each is None else each / 3600 for each in seconds)


def with_sla(sla: Sla) -> Reference:
    return replace(REFERENCE, slas={1: sla})


SLA = {"sla": Ref(1, "Gold")}
URGENT_SLA = {**SLA, "priority": Ref(1, "One")}


class TestOrder:
    """Own rules put first, ConnectWise's SLA, other rules, the default."""

    early = PolicyRule("early", Match(board=("Help Desk",)), goals=GOALS, before_source=True)
    late = PolicyRule("late", Match(board=("Help Desk",)), goals=GOALS)

    def test_a_rule_before_the_source_beats_its_sla(self) -> None:
        choice = choose(SLA, rules=(self.late, self.early))

        assert choice.terms.policy == "early"
        assert choice.why[0] == "policy 'early': fits"

    def test_the_sla_beats_the_other_rules(self) -> None:
        assert choose(SLA, rules=(self.late,)).terms.policy == "sla:Gold"

    def test_without_an_sla_the_first_rule_that_fits_wins(self) -> None:
        other = PolicyRule("other", Match(company=("Beta",)), goals=GOALS)
        choice = choose(rules=(other, self.late, replace(self.late, name="later")))

        assert choice.terms.policy == "late"
        assert choice.why[:3] == (
            "ConnectWise names no SLA on the ticket",
            "policy 'other': company is 'Acme'",
            "policy 'late': fits",
        )

    def test_without_a_rule_that_fits_the_default_holds(self) -> None:
        choice = choose()

        assert choice.terms.policy == "default"
        assert "default policy: no rule fitted" in choice.why

    def test_an_unknown_sla_is_said_and_passed_over(self) -> None:
        choice = choose({"sla": Ref(9, "Platinum")}, rules=(self.late,))

        assert choice.terms.policy == "late"
        assert choice.why[0] == "SLA 'Platinum' of the ticket is not among the SLAs of ConnectWise"

    def test_the_settings_may_set_the_slas_of_the_source_aside(self) -> None:
        choice = choose(SLA, trust_source=False)

        assert choice.terms.policy == "default"
        assert choice.why[0] == "SLA 'Gold' of ConnectWise is set aside by the settings"


class TestMatch:
    @pytest.mark.parametrize(
        "match",
        [
            Match(company=("acme",)),
            Match(company=("ACME",)),
            Match(company=("20",)),
            Match(company=("Beta", "Acme")),
            Match(agreement=("Managed",)),
            Match(agreement=("30",)),
            Match(board=("5",)),
            Match(type=("incident",)),
            Match(type=("40",)),
            Match(priority=("High",)),
            Match(priority=("8",)),
            Match(priority_rank=(1, 2)),
            Match(company_field={"SLA Tier": ("gold",)}),
            Match(company=("Acme",), board=("Help Desk",), priority_rank=(2,)),
        ],
    )
    def test_it_fits_by_any_value_of_every_key_capitals_aside(self, match: Match) -> None:
        assert choose(rules=(PolicyRule("own", match, goals=GOALS),)).terms.policy == "own"

    @pytest.mark.parametrize(
        ("match", "why"),
        [
            (Match(), "has no condition"),
            (Match(company=("Beta",)), "company is 'Acme'"),
            (Match(company=("Acme",), board=("NOC",)), "board is 'Help Desk'"),
            (Match(agreement=("Gold",)), "agreement is 'Managed'"),
            (Match(priority_rank=(1,)), "priority rank is 2"),
            (Match(company_field={"SLA Tier": ("Silver",)}), "company field 'SLA Tier' is 'Gold'"),
            (Match(company_field={"Region": ("EU",)}), "the ticket has no company field 'Region'"),
        ],
    )
    def test_it_says_why_it_does_not_fit(self, match: Match, why: str) -> None:
        """T49: a blank condition is no catch-all."""
        choice = choose(rules=(PolicyRule("own", match, goals=GOALS),))

        assert choice.terms.policy == "default"
        assert f"policy 'own': {why}" in choice.why

    @pytest.mark.parametrize(
        ("missing", "match"),
        [
            ("company", Match(company=("Acme",))),
            ("agreement", Match(agreement=("Managed",))),
            ("type", Match(type=("Incident",))),
            ("priority", Match(priority=("High",))),
        ],
    )
    def test_a_fact_the_ticket_lacks_never_fits(self, missing: str, match: Match) -> None:
        default = replace(DEFAULT, goals=GOALS)
        facts: dict[str, Any] = {missing: None}
        choice = choose(facts, default=default, rules=(PolicyRule("own", match, goals=GOALS),))

        assert f"policy 'own': the ticket has no {missing}" in choice.why


class TestGoals:
    def test_an_slas_row_for_the_priority_wins_and_zero_is_no_goal(self) -> None:
        choice = choose(URGENT_SLA)

        assert hours(choice.terms) == (0.25, None, 8)
        assert "goals from its row for priority 'One'" in choice.why

    def test_without_a_row_the_slas_own_goals_hold(self) -> None:
        choice = choose(SLA)

        assert hours(choice.terms) == (4, 8, 40)
        assert "goals from the SLA itself: it has no row for the ticket's priority" in choice.why

    def test_an_sla_holds_for_a_ticket_without_priority(self) -> None:
        assert hours(choose({**SLA, "priority": None}).terms) == (4, 8, 40)

    @pytest.mark.parametrize(("priority", "expected"), [(Ref(9, "Urgent"), 1), (Ref(8, "High"), 2), (Ref(7, "Low"), 4)])
    def test_the_rank_is_the_place_in_the_sort_order(self, priority: Ref, expected: int) -> None:
        """Rank 3 has no row: the next less urgent one holds."""
        assert hours(choose({"priority": priority}).terms)[0] == expected

    def test_beyond_the_last_row_the_last_one_holds_and_is_reported(self) -> None:
        default = replace(DEFAULT, goals_by_rank={1: GoalHours(1), 2: GoalHours(2)})

        choice = choose({"priority": Ref(7, "Low")}, default=default)

        assert hours(choice.terms) == (2, None, None)
        assert "goals for priority rank 3: no row of its own, row 2 holds" in choice.why

    def test_by_id_the_rank_is_the_id(self) -> None:
        choice = choose({"priority": Ref(1, "One")}, rank_by_id=True)

        assert hours(choice.terms)[0] == 1

    def test_a_priority_that_the_reference_does_not_know_is_ranked_by_its_own_sort(self) -> None:
        assert hours(choose({"priority": Ref(99, "?"), "priority_sort": 15}).terms)[0] == 2
        assert choose({"priority": Ref(99, "?")}).problem != ""

    def test_goals_of_the_rule_hold_where_its_rows_do_not(self) -> None:
        default = replace(DEFAULT, goals=GOALS, goals_by_rank={1: GoalHours(9)})

        assert hours(choose(default=default).terms) == (1, 2, 3)

    def test_without_priority_a_policy_by_rank_is_no_promise(self) -> None:
        """T50: an explicit state, not a crash or a silent nothing."""
        choice = choose({"priority": None})

        assert choice.problem == "policy 'default' goes by priority, and the ticket has none"
        assert choice.why[-1] == choice.problem
        assert choice.terms == Terms("none", version_of(ALL_HOURS))
        assert choice.calendar == ALL_HOURS

    def test_T19_fractions_of_an_hour_are_kept(self) -> None:
        default = replace(DEFAULT, goals=GoalHours(0.25, 1.1, 1 / 3), goals_by_rank={})

        terms = choose(default=default).terms

        assert (terms.respond_seconds, terms.plan_seconds, terms.resolve_seconds) == (900, 3960, 1200)

    def test_the_rules_knobs_are_the_terms(self) -> None:
        knobs: dict[str, Any] = {
            "warn_percent": 50,
            "change": "forward",
            "reopen": "new_cycle",
            "reopen_grace_seconds": 60,
            "waiting_responds": True,
        }
        default = replace(DEFAULT, **knobs)

        for facts in ({}, SLA):  # an SLA of ConnectWise has no knobs: those of the default hold
            terms = choose(facts, default=default).terms
            assert {name: getattr(terms, name) for name in knobs} == knobs


class TestCalendar:
    def test_all_hours_has_no_holidays_and_needs_no_zone(self) -> None:
        choice = choose(SLA, replace(with_sla(replace(GOLD, based_on="AllHours")), server_zone=None))

        assert choice.calendar == ALL_HOURS
        assert not choice.problem

    def test_my_calendar_is_connectwises_default_in_the_servers_zone(self) -> None:
        choice = choose(SLA)

        assert (choice.calendar.name, choice.calendar.zone) == ("Office", "America/New_York")
        assert choice.calendar.week == (*([(NINE_TO_FIVE,)] * 5), (), ())
        assert choice.calendar.holidays == (
            DatedSpan(date(2026, 12, 24), Window(43_200, 86_400), "Eve"),  # T16: a part of the day
            DatedSpan(date(2026, 12, 25), Window(0, 86_400), "Christmas"),
        )
        assert choice.terms.calendar == version_of(choice.calendar)
        assert "calendar 'Office' (MyCalendar) read in America/New_York" in choice.why

    def test_the_tenants_zone_comes_before_the_servers(self) -> None:
        assert choose(SLA, zone="Europe/Riga").calendar.zone == "Europe/Riga"

    def test_the_customers_own_calendar_is_read_in_the_customers_zone(self) -> None:
        choice = choose(SLA, with_sla(replace(GOLD, based_on="Customer")), zone="Europe/Riga")

        assert (choice.calendar.name, choice.calendar.zone) == ("Night", "Asia/Kolkata")

    @pytest.mark.parametrize("calendar_id", [None, 99])
    def test_a_customer_without_one_gets_my_calendar_and_it_is_said(self, calendar_id: int | None) -> None:
        company = replace(REFERENCE.companies[20], calendar_id=calendar_id)
        reference = replace(with_sla(replace(GOLD, based_on="Customer")), companies={20: company})

        choice = choose(SLA, reference)

        assert choice.calendar.name == "Office"
        assert "the company has no calendar of its own; MyCalendar holds" in choice.why

    def test_a_custom_calendar_is_the_slas_own(self) -> None:
        choice = choose(SLA, with_sla(replace(GOLD, based_on="Custom", custom_calendar_id=2)))

        assert (choice.calendar.name, choice.calendar.zone) == ("Night", "America/New_York")

    def test_a_calendar_of_the_settings_is_taken_as_it_is(self) -> None:
        own = CalendarRules("own", "Europe/Riga", ((NINE_TO_FIVE,),) * 7)

        choice = choose(default=replace(DEFAULT, calendar="own"), calendars={"own": own})

        assert choice.calendar == own
        assert "calendar 'own' of the settings" in choice.why

    @pytest.mark.parametrize(
        ("reference", "problem"),
        [
            (
                with_sla(replace(GOLD, based_on="Custom")),
                "Custom: ConnectWise names no such calendar; set one there",
            ),
            (
                replace(REFERENCE, default_calendar_id=None),
                "MyCalendar: ConnectWise names no such calendar; set one there",
            ),
            (
                replace(REFERENCE, server_zone=None),
                "calendar 'Office': no time zone is known; set `zone` for the tenant in slamon.toml",
            ),
            (
                replace(REFERENCE, default_calendar_id=3),
                "calendar 'Never' never opens; give it hours in ConnectWise",
            ),
        ],
    )
    def test_T03_t10_what_cannot_be_counted_on_is_no_promise(self, reference: Reference, problem: str) -> None:
        choice = choose(SLA, reference)

        assert choice.problem == problem
        assert choice.terms.policy == "none"
        assert hours(choice.terms) == (None, None, None)


GOLD_95 = replace(GOLD, percents=Percents(95, None, 90), row_percents=((8, Percents(resolve=80)),))


@pytest.mark.parametrize(
    ("settings", "priority", "percents"),
    [
        ({}, 8, Percents(95, None, 80)),  # the row's, else the SLA's
        ({}, 7, Percents(95, None, 90)),
        ({"percents_else": Percents(50, 50, 50)}, 8, Percents(95, 50, 80)),
        ({"percents": {"sla:Gold": Percents(99), "default": Percents(1)}}, 8, Percents(99, None, 80)),
    ],
)
def test_the_percent_is_that_of_the_settings_else_of_the_row_else_of_the_sla(
    settings: dict[str, Any], priority: int, percents: Percents
) -> None:
    reference = replace(REFERENCE, slas={1: GOLD_95})
    one = ticket(sla=Ref(1, "Gold"), priority=Ref(priority, "x"))

    assert choose_terms(one, reference, PromiseSettings(DEFAULT, **settings)).terms.percents == percents


def test_a_policy_of_the_settings_promises_what_the_settings_say() -> None:
    settings = PromiseSettings(DEFAULT, percents={"default": Percents(90)}, percents_else=Percents(50, 50))

    assert choose_terms(ticket(), REFERENCE, settings).terms.percents == Percents(90, 50)
    assert choose_terms(ticket(), REFERENCE, PromiseSettings(DEFAULT)).terms.percents == Percents()
