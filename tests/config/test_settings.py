"""What a good configuration becomes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from slamon.config.policies import Promise
from slamon.core.policy import Percents
from slamon.core.reference import GoalHours
from slamon.core.rules import DatedSpan, Window
from slamon.core.ticket import Level, Stage
from slamon.wiring import tenant_settings
from tests.config.samples import CANARY, good, refused


def test_the_smallest_configuration_has_sensible_defaults() -> None:
    config = good()

    tenant = config.tenant["main"]
    assert (tenant.poll_seconds, tenant.overlap_seconds, tenant.reference_seconds) == (60, 120, 3600)
    assert (tenant.backfill_days, tenant.boards, tenant.priority_rank) == (7, (), "sort")
    assert (tenant.start, tenant.trust_source_sla) == ("entered", True)
    assert (config.web.host, config.web.port) == ("127.0.0.1", 9850)
    assert (config.alerts.warn_percent, config.alerts.recipients) == (75, ())
    assert config.retention.polls_days == 30
    assert config.mail is None
    assert config.simulation is None
    assert config.log.level == "info"


def rows(promise: Promise) -> dict[int, GoalHours]:
    return {row.rank: row.hours for row in promise.priority_goals}


def test_the_default_policy_is_the_four_rows_of_the_request() -> None:
    policy = good().default_policy

    assert rows(policy) == {
        1: GoalHours(1, 2, 4),
        2: GoalHours(2, 4, 8),
        3: GoalHours(4, 8, 24),
        4: GoalHours(8, 16, 72),
    }
    assert (policy.name, policy.calendar) == ("default", "MyCalendar")


def test_goals_of_the_default_policy_take_the_place_of_the_four_rows() -> None:
    policy = good("[default_policy]\ngoals = {respond = 0.25}\n").default_policy

    assert rows(policy) == {}
    assert policy.goals is not None
    assert policy.goals.hours == GoalHours(respond=0.25)


def test_a_policy_keeps_its_conditions_and_knobs() -> None:
    config = good("""
[alerts]
warn_percent = 80
[[policy]]
name = "Gold"
match = { company = ["Acme", 12], company_field = { "SLA Tier" = ["Gold"] }, priority_rank = [1], before_source = true }
calendar = "AllHours"
goals = { respond = 0.5, resolve = 4 }
warn_percent = 60
change = "forward"
reopen = "new_cycle"
reopen_grace_minutes = 15
waiting_responds = true
""")

    gold = config.policy[0]
    assert gold.match.company == ("Acme", 12)
    assert gold.match.company_field == {"SLA Tier": ("Gold",)}
    assert (gold.match.priority_rank, gold.match.before_source) == ((1,), True)
    assert (gold.calendar, gold.change, gold.reopen) == ("AllHours", "forward", "new_cycle")
    assert (gold.reopen_grace_minutes, gold.waiting_responds) == (15, True)
    assert (config.warn_percent_of(gold), config.warn_percent_of(config.default_policy)) == (60, 80)


def test_a_calendar_becomes_rules_and_takes_toml_dates_and_times() -> None:
    config = good("""
[calendar.business]
timezone = "Europe/London"
hours = { mon = [["08:00", "12:00"], [13:00:00, "17:30"]] }
holidays = [2026-12-25, "2026-12-28", { date = 2026-12-24, from = "12:00", to = "24:00", name = "half day" }]
openings = [{ date = "2026-12-19", from = 09:00:00, to = 12:00:00 }]
""")

    rules = config.calendars["business"]
    assert rules.zone == "Europe/London"
    assert rules.week[0] == (Window(8 * 3600, 12 * 3600), Window(13 * 3600, 17 * 3600 + 1800))
    assert [span.on.isoformat() for span in rules.holidays] == ["2026-12-24", "2026-12-25", "2026-12-28"]
    assert rules.holidays[0].name == "half day"
    assert rules.openings == (DatedSpan(rules.openings[0].on, Window(9 * 3600, 12 * 3600)),)


def test_status_levels_name_the_core_s_levels() -> None:
    config = good("""
[[tenant.main.status_level]]
board = "Help Desk"
status = 42
level = "NoEscalation"
[[status_level]]
status = "Planned"
level = "ResolutionPlan"
""")

    assert config.tenant["main"].status_level[0].core_level is Level.WAITING
    assert config.status_level[0].core_level is Level.RESOLUTION_PLAN


def test_reports_go_to_their_own_recipients_or_to_those_of_the_alerts() -> None:
    config = good("""
[alerts]
recipients = ["noc@example.org"]
[[report]]
name = "breach"
cron = "30 6 * * mon-fri"
zone = "Europe/London"
[[report]]
name = "managers"
recipients = ["boss@example.org"]
enabled = false
""")

    assert config.reported_of("breach") == {"main": ("noc@example.org",)}
    assert config.reported_of("managers") == {"main": ("boss@example.org",)}
    assert config.reports["breach"].kind == "breach"
    assert list(config.reports) == ["breach"]
    assert [each.schedule for each in config.report] == ["30 6 * * mon-fri", "0 7 * * *"]


def test_a_report_of_each_company_may_go_to_that_company_alone() -> None:
    config = good("""
[alerts]
recipients = ["noc@example.org"]
[[report]]
name = "monthly"
kind = "monthly"
by = "company"
recipients_of = { "Acme Ltd." = ["it@acme.example"] }
[[report]]
name = "review"
kind = "review"
""")

    monthly, review = config.report
    assert config.reported_of("monthly") == {"main": ()}
    assert (monthly.schedule, monthly.scope_by) == ("0 7 1 * *", "company")
    assert (review.schedule, review.scope_by) == ("0 7 1 */3 *", "company")


def test_the_anchor_of_a_simulation_is_utc() -> None:
    simulation = good('[simulation]\nspeed = 60\nanchor = "2026-01-01T01:00:00+01:00"\n').simulation

    assert simulation is not None
    assert simulation.anchor == datetime(2026, 1, 1, tzinfo=UTC)
    assert simulation.anchor.tzinfo is UTC
    assert simulation.speed == 60


def test_nothing_can_be_changed_after_loading() -> None:
    with pytest.raises(ValidationError):
        good().web.listen = "127.0.0.1:1"  # type: ignore[misc]


def test_equal_files_make_equal_configurations() -> None:
    assert good() == good()
    assert good() != good("[retention]\npolls_days = 31\n")


def test_masked_settings_are_json_and_hold_no_secret() -> None:
    import json

    config = good(
        '[mail]\nhost = "smtp.example.org"\nusername = "u"\n[calendar.c]\ntimezone = "UTC"\n'
        'hours = {mon = [["00:00", "24:00"]]}\nholidays = [2026-12-25]\n[simulation]\n',
        {"SLAMON_MAIL__PASSWORD": "canary-mail", "SLAMON_STORE__URL": "postgresql://u:canary-db@h/d?sslmode=require"},
    )

    masked = config.masked()
    assert masked["tenant"]["main"]["private_key"] == "********"
    assert masked["mail"]["password"] == "********"
    assert masked["store"]["url"] == "postgresql://u:********@h/d?sslmode=require"
    for text in (json.dumps(masked), repr(config), str(config), config.store.shown_url, repr(config.tenant["main"])):
        assert "canary-" not in text
    assert config.tenant["main"].private_key.get_secret_value() == CANARY


ACME = """
[mail]
host = "smtp.example.org"
[tenant.acme]
url = "https://acme.example.org"
company = "acme"
public_key = "p"
client_id = "c"
recipients = ["desk@acme.test"]
[[report]]
name = "breach"
"""
ACME_KEY = {"SLAMON_TENANT__ACME__PRIVATE_KEY": "k"}


def test_a_tenant_may_have_recipients_and_operators_of_its_own() -> None:
    own = '[[report]]\nname = "acme"\ntenants = ["acme"]\nrecipients = ["boss@acme.test"]\n'
    noc = '[alerts]\nrecipients = ["noc@example.org"]\n'
    config = good(ACME + own + noc, {**ACME_KEY, "SLAMON_TENANT__MAIN__OPERATORS": '["ops@example.org"]'})
    told = {name: (who.recipients, who.operators) for name in config.tenant for who in [tenant_settings(config, name)]}

    assert told == {
        "main": (("noc@example.org",), ("ops@example.org",)),
        "acme": (("desk@acme.test",), ("desk@acme.test",)),
    }
    assert config.reported_of("breach") == {"main": ("noc@example.org",), "acme": ("desk@acme.test",)}
    assert config.reported_of("acme") == {"acme": ("boss@acme.test",)}


def test_a_tenant_of_which_nobody_hears_is_named() -> None:
    warnings = good(ACME, ACME_KEY).warnings

    assert "tenant.main.recipients: nobody is named, so its breaches are not mailed" in warnings
    assert "report[0].recipients: nobody is mailed breach about main; it is archived only" in warnings


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("", "mail: there is no [mail]"),
        ('[mail]\nhost = "smtp.corp.test"\nsender = "s@corp.test"\n', "alerts.recipients: nobody is named"),
        ('[mail]\nhost = "smtp.corp.test"\n[alerts]\nrecipients = ["a@b.test"]\n', "mail.sender: slamon@example.org"),
        (
            '[mail]\nhost = "smtp.corp.test"\n[[report]]\nname = "weekly"\n',
            "report[0].recipients: nobody is mailed weekly; it is archived only",
        ),
        ("[default_policy]\ngoals = {respond = 4, resolve = 2}\n", "default_policy.goals: a later stage"),
        (
            '[calendar.c]\ntimezone = "UTC"\nhours = {mon = [["08:00", "12:00"], ["11:00", "13:00"]]}\n',
            "calendar.c.hours.mon: windows overlap",
        ),
        (
            "[[policy]]\nname='a'\nmatch={board=[1]}\ngoals={}\n[[policy]]\nname='b'\nmatch={board=[1]}\ngoals={}\n",
            "policy[1].match: never reached",
        ),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(text: str, warning: str) -> None:
    assert [line for line in good(text).warnings if line.startswith(warning)]


def test_a_complete_configuration_has_no_warnings() -> None:
    config = good(
        '[mail]\nhost = "smtp.corp.test"\nsender = "s@corp.test"\nfallback = "f@x.test"\n'
        '[alerts]\nrecipients = ["a@b.test"]\n'
    )

    assert config.warnings == ()


def test_a_promise_without_a_ladder_or_a_warning_has_that_of_alerts() -> None:
    config = good(
        """
[alerts]
ladder = "standard"
[[ladder.standard.rung]]
at = "50%"
tell = ["owner"]
[[ladder.standard.rung]]
at = "breach"
tell = ["team_lead", "noc@example.org"]
stages = ["resolve"]
[[ladder.vip.rung]]
at = "1h left"
tell = ["board"]
channels = ["mail"]
[[policy]]
name = "Gold"
match = { board = [1] }
goals = { resolve = 4 }
ladder = "vip"
[[policy]]
name = "Plain"
match = { board = [2] }
goals = { resolve = 4 }
warn_minutes_left = 30
"""
    )

    ladders = [config.ladder_of(promise) for promise in (*config.policy, config.default_policy)]

    assert [ladder.name if ladder else None for ladder in ladders] == ["vip", None, "standard"]
    standard = ladders[2]
    assert standard is not None
    assert standard.warns == ((50, 0), (50, 0), (50, 0))
    assert [rung.tell for rung in standard.rungs_at(Stage.RESOLVE, None)] == [("team_lead", "noc@example.org")]
    assert standard.rungs_at(Stage.RESPOND, None) == ()
    assert [line for line in config.warnings if line.startswith("ladder.")] == [
        'ladder.standard: no rung at = "breach" for respond, plan; nobody is told of it',
        'ladder.vip: no rung at = "breach" for respond, plan, resolve; nobody is told of it',
    ]


def test_percents_and_companies_of_objectives() -> None:
    config = good("""
[slo]
companies = ["Acme", "Umbrella"]
percent = {respond = 95, resolve = 90}
policy = {"sla:Gold" = {respond = 99}, default = {plan = 1}, Gold = {resolve = 100}}

[metrics]
worst_tickets = 200
""")
    settings = tenant_settings(config, "main")

    assert settings.promises.percents_of("sla:Gold", Percents(50, 60)) == Percents(99, 60, 90)
    assert settings.promises.percents_of("default") == Percents(95, 1, 90)
    assert (settings.companies, settings.worst_tickets) == (("Acme", "Umbrella"), 200)
    assert [line for line in config.warnings if line.startswith("slo.")] == [
        "slo.policy.Gold: there is no such policy; an SLA of ConnectWise is written sla:NAME"
    ]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[slo]\npercent = {respond = 0}\n", "slo.percent.respond"),
        ("[slo]\npolicy = {default = {plan = 101}}\n", "slo.policy.default.plan"),
        (f"[slo]\ncompanies = {[str(n) for n in range(101)]}\n", "slo.companies"),
        ("[metrics]\nworst_tickets = 201\n", "metrics.worst_tickets"),
        ("[metrics]\nmost_series = 10\n", "metrics.most_series"),
    ],
)
def test_what_no_objective_can_be_is_refused(text: str, key: str) -> None:
    assert [problem.key for problem in refused(text)] == [key]
