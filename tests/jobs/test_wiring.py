"""From a whole slamon.toml to what the jobs are given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from slamon.config import parse_config
from slamon.connectwise.audit import AuditReader
from slamon.connectwise.limits import DEFAULT_LIMITS
from slamon.core.levels import LevelRule
from slamon.core.promise import Match
from slamon.core.reference import GoalHours
from slamon.core.rules import Window
from slamon.core.ticket import Kind, Level
from slamon.core.trail import TrailChange
from slamon.ports import AuditEntry, Unobserved
from slamon.walltime import RealTime, SimulatedTime
from slamon.wiring import open_client, open_mailer, open_renderer, read_trail, sender_domain, tenant_settings, wall_time
from tests.config.samples import good
from tests.jobs.world import at, moved, ticket

WHOLE = """
boards = ["Help Desk", 7]
overlap_seconds = 90
backfill_days = 3
zone = "Europe/Riga"
ticket_url = "https://psa.example.org/{id}"
priority_rank = "id"
start = "escalation"
trust_source_sla = false

[[tenant.main.status_level]]
board = "Help Desk"
status = "On hold"
level = "NoEscalation"

[[status_level]]
status = "On hold"
level = "ResolutionPlan"

[default_policy]
calendar = "AllHours"
waiting_responds = true
priority_goals = [{ rank = 1, respond = 1 }, { rank = 2, resolve = 0.5 }]

[[policy]]
name = "Gold"
calendar = "own"
goals = { respond = 0.5, resolve = 4 }
warn_percent = 60
change = "strictest"
reopen = "new_cycle"
reopen_grace_minutes = 5

[policy.match]
before_source = true
company = ["acme", 20]
company_field = { "SLA Tier" = ["Gold"] }
priority_rank = [1, 2]

[calendar.own]
timezone = "Europe/Riga"
hours = { mon = [["09:00", "17:00"]] }

[mail]
host = "smtp.example.org"
security = "starttls"
sender = "slamon@example.org"

[alerts]
warn_percent = 80
recipients = ["noc@example.org"]
"""


def test_every_setting_of_a_tenant_arrives() -> None:
    settings = tenant_settings(good(WHOLE), "main")

    assert (settings.name, settings.boards, settings.zone) == ("main", ("Help Desk", 7), "Europe/Riga")
    assert (settings.overlap, settings.backfill) == (timedelta(seconds=90), timedelta(days=3))
    assert settings.start_by_escalation
    assert settings.recipients == ("noc@example.org",)
    assert settings.link(ticket(42)) == "https://psa.example.org/42"
    assert settings.levels == (
        LevelRule("On hold", Level.WAITING, "Help Desk"),  # the tenant's own come first
        LevelRule("On hold", Level.RESOLUTION_PLAN),
    )


def test_every_setting_of_a_promise_arrives() -> None:
    promises = tenant_settings(good(WHOLE), "main").promises

    assert (promises.zone, promises.rank_by_id, promises.trust_source) == ("Europe/Riga", True, False)
    assert promises.calendars["own"].week[0] == (Window(9 * 3600, 17 * 3600),)
    default, (gold,) = promises.default, promises.rules
    assert (default.name, default.calendar, default.goals) == ("default", "AllHours", GoalHours())
    assert default.goals_by_rank == {1: GoalHours(respond=1), 2: GoalHours(resolve=0.5)}
    assert (default.warn_percent, default.waiting_responds, default.change) == (80, True, "same_start")
    assert gold.match == Match(company=("acme", "20"), company_field={"SLA Tier": ("Gold",)}, priority_rank=(1, 2))
    assert gold.before_source
    assert (gold.goals, gold.calendar, gold.warn_percent) == (GoalHours(0.5, None, 4), "own", 60)
    assert (gold.change, gold.reopen, gold.reopen_grace_seconds) == ("strictest", "new_cycle", 300)


def test_the_smallest_configuration_has_the_promise_of_the_request() -> None:
    settings = tenant_settings(good(), "main")

    assert settings.promises.default.goals_by_rank == {
        1: GoalHours(1, 2, 4),
        2: GoalHours(2, 4, 8),
        3: GoalHours(4, 8, 24),
        4: GoalHours(8, 16, 72),
    }
    assert (settings.boards, settings.recipients, settings.start_by_escalation) == ((), (), False)
    assert settings.promises.zone is None
    assert settings.link(ticket(42)) == ""


def test_wall_time_is_real_unless_simulated() -> None:
    anchor = datetime.now(UTC).replace(microsecond=0)
    simulated = wall_time(good(f'[simulation]\nspeed = 60\nanchor = "{anchor.isoformat()}"\n'))

    assert isinstance(wall_time(good()), RealTime)
    assert isinstance(simulated, SimulatedTime)
    assert simulated.real_seconds(timedelta(minutes=1)) == 1
    assert timedelta(0) <= simulated.now() - anchor < timedelta(minutes=20)


def test_message_ids_carry_the_senders_domain() -> None:
    config = good('[mail]\nhost = "smtp.example.org"\nsender = "slamon@msp.example"\n')

    assert sender_domain(config) == "msp.example"
    assert sender_domain(good()) == "slamon.invalid"
    assert config.mail is not None
    assert open_mailer(config.mail) is not None


def test_the_daemons_client_reads_several_pages_at_once() -> None:
    client = open_client(good(), "main", Unobserved())

    assert client._wire.parallel == DEFAULT_LIMITS.parallel > 1


def test_the_templates_are_found() -> None:
    assert "breach.html.j2" in open_renderer().environment.list_templates()


def test_a_trail_is_read_for_changes_of_status_priority_and_board_in_its_order() -> None:
    entries = [
        AuditEntry(at("10:00"), "Ticket created."),
        moved(at("10:10"), "New", "Assigned"),
        AuditEntry(at("10:20"), 'Priority has been updated from "Low" to "High".'),
        AuditEntry(at("10:25"), 'Board has been updated from "Help Desk" to "NOC".'),
        AuditEntry(at("10:28"), 'Company has been updated from "Acme" to "Zenith".'),
        moved(at("10:30"), "Assigned", "Completed"),
    ]

    assert read_trail(AuditReader(), entries) == [
        TrailChange(at("10:10"), "New", "Assigned"),
        TrailChange(at("10:20"), "Low", "High", Kind.PRIORITY),
        TrailChange(at("10:25"), "Help Desk", "NOC", Kind.BOARD),
        TrailChange(at("10:30"), "Assigned", "Completed"),
    ]


def test_the_template_of_init_can_be_put_together(tmp_path: Path) -> None:
    from slamon.config.template import TEMPLATE

    config = parse_config(TEMPLATE, {"SLAMON_TENANT__MAIN__PRIVATE_KEY": "k"}, path=tmp_path / "slamon.toml")

    assert tenant_settings(config, "main").promises.default.calendar == "MyCalendar"
