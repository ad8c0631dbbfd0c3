"""`slamon check --live` against a ConnectWise whose set-up is wrong in ways that are known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from slamon.cli.app import cli
from slamon.connectwise.probe import PROBES
from slamon.simulator import Simulator
from tests.cli.served import simulated

SECRET = "private-canary-41"
PLANTED = {
    # What slamon.simulator.catalog says is wrong on purpose.
    ("warning", "board_no_response", "board 'Sales'"),
    ("notice", "status_waiting_runs", "board 'Service Desk', status 'Waiting Scheduling'"),
    ("warning", "status_waiting_runs", "board 'Managed Services', status 'Waiting maintenance window'"),
    ("warning", "status_closed_open", "board 'Internal IT', status '>Cancelled'"),
    ("warning", "sla_no_goals", "SLA 'No SLA'"),
    ("notice", "calendar_no_hours", "calendar 'Retired calendar'"),
    ("warning", "board_no_plan", "board 'Internal IT'"),
    ("notice", "priority_beyond_rows", "priority 'Priority 5 - Service Request'"),
    ("notice", "sla_no_priority_row", "SLA 'Standard'"),
    ("notice", "sla_no_priority_row", "SLA 'Gold 24x7'"),
    ("notice", "sla_no_priority_row", "SLA 'Silver local hours'"),
    ("notice", "sla_no_priority_row", "SLA 'Extended hours'"),
    ("warning", "company_no_calendar", "calendars of companies"),
    ("notice", "company_tier_no_policy", "SLA Tier 'Bronze'"),
}


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return Simulator(tickets=10, closed=10, start_at=datetime(2026, 11, 24, 15, 0, tzinfo=UTC), speed=1e-6)


@pytest.fixture(scope="module")
def desk(simulator: Simulator) -> Iterator[str]:
    with simulated(simulator) as url:
        yield url


def run(folder: Path, *arguments: str, settings: str, key: str = "private") -> Result:
    path = folder / "slamon.toml"
    path.write_text(settings)
    names = [name for name in ("main", "other") if f"[tenant.{name}]" in settings]
    environ = {f"SLAMON_TENANT__{name.upper()}__PRIVATE_KEY": key for name in names}
    return CliRunner(env=environ).invoke(cli, ["-c", str(path), "check", *arguments])


def tenant(url: str, name: str = "main", extra: str = "") -> str:
    head = f'[tenant.{name}]\nurl = "{url}"\ncompany = "training"\npublic_key = "public"\nclient_id = "any"\n'
    return head + extra


def live(result: Result, name: str = "main") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)["live"][name]
    return found


def states(result: Result) -> dict[str, str]:
    return {row["endpoint"]: row["state"] for row in live(result)["endpoints"]}


def test_the_simulated_desk_shows_exactly_the_faults_it_has(tmp_path: Path, desk: str) -> None:
    result = run(tmp_path, "--live", "--json", settings=tenant(desk))

    found = [(f["severity"], f["rule"], f["subject"]) for f in live(result)["findings"]]
    assert (set(found), len(found)) == (PLANTED, len(PLANTED))
    assert set(states(result).values()) == {"ok"}
    assert len(states(result)) == len(PROBES) + 1
    assert (result.exit_code, json.loads(result.stdout)["ok"], live(result)["ok"]) == (0, True, True)
    assert all(finding["where"] and finding["why"] and finding["mend"] for finding in live(result)["findings"])


def test_settings_that_say_what_is_meant_end_the_questions(tmp_path: Path, desk: str) -> None:
    said = """
    [[tenant.main.status_level]]
    board = "Managed Services"
    status = "Waiting maintenance window"
    level = "NoEscalation"
    [[tenant.main.status_level]]
    board = "Service Desk"
    status = "Waiting Scheduling"
    level = "ResolutionPlan"
    """
    result = run(tmp_path, "--live", "--json", settings=tenant(desk, extra=said))

    assert "status_waiting_runs" not in {finding["rule"] for finding in live(result)["findings"]}


def test_the_text_says_why_where_and_how_to_mend(tmp_path: Path, desk: str) -> None:
    result = run(tmp_path, "--live", settings=tenant(desk))

    words = " ".join(result.output.split())
    assert "set-up: 6 warnings, 8 notices" in words
    assert "warning: status_closed_open - board 'Internal IT', status '>Cancelled': closes" in words
    assert "where ConnectWise: System > Setup Tables > Service Board > (the board) > Statuses" in words
    assert words.index("warning: sla_no_goals") < words.index("notice: calendar_no_hours")
    assert max(map(len, result.output.splitlines())) <= 120


def test_a_board_that_does_not_exist_fails_the_check(tmp_path: Path, desk: str) -> None:
    result = run(tmp_path, "--live", "--json", settings=tenant(desk, extra='boards = ["Service Dsek"]\n'))

    assert result.exit_code == 1
    worst = live(result)["findings"][0]
    assert (worst["rule"], worst["severity"]) == ("setting_unknown_board", "error")


def test_optional_rights_may_be_missing_and_each_is_named(tmp_path: Path, simulator: Simulator) -> None:
    refusals = {"/finance/agreements": 403, "/system/audittrail": 403, "/system/members": 403, "/calculateSla": 404}
    with simulated(simulator, refusals) as url:
        document = run(tmp_path, "--live", "--json", settings=tenant(url))
        text = run(tmp_path, "--live", settings=tenant(url)).output

    assert document.exit_code == 0
    bad = {endpoint: state for endpoint, state in states(document).items() if state != "ok"}
    assert bad == {
        "/finance/agreements": "refused",
        "/system/audittrail": "refused",
        "/system/members": "refused",
        "/service/tickets/calculateSla": "missing",
    }
    assert "right    Finance > Agreements: Inquire All" in text
    assert "without  instants of changes come from polling" in text
    assert "which right it takes is not documented" in text
    assert live(document)["findings"]


def test_a_needed_right_that_is_missing_fails_but_the_rest_is_still_tried(tmp_path: Path, simulator: Simulator) -> None:
    with simulated(simulator, {"/service/boards": 403}) as url:
        document = run(tmp_path, "--live", "--json", settings=tenant(url))
        text = run(tmp_path, "--live", settings=tenant(url)).output

    assert document.exit_code == 1
    assert (live(document)["ok"], live(document)["findings"]) == (False, None)
    bad = {endpoint: state for endpoint, state in states(document).items() if state != "ok"}
    below = dict.fromkeys(("/service/boards/{id}/statuses", "/service/boards/{id}/teams"), "not tried")
    assert bad == {"/service/boards": "refused", **below}
    assert "right    System > Table Setup: Inquire All (Service / Service Board)" in text
    assert "set-up was not looked at" in text


def test_wrong_keys_are_refused_everywhere_and_never_printed(tmp_path: Path, desk: str) -> None:
    result = run(tmp_path, "--live", settings=tenant(desk), key=SECRET)
    document = run(tmp_path, "--live", "--json", settings=tenant(desk), key=SECRET)

    assert (result.exit_code, document.exit_code) == (1, 1)
    assert states(document)["/login/companyinfo/{company}"] == "ok"
    assert states(document)["/service/tickets"] == "refused"
    assert "401" in result.output
    assert SECRET not in result.output + document.output


def test_a_connectwise_that_is_away_ends_with_75_and_asks_once(tmp_path: Path) -> None:
    result = run(tmp_path, "--live", "--json", settings=tenant("http://127.0.0.1:9"))

    assert result.exit_code == 75
    assert states(result).pop("/login/companyinfo/{company}") == "unreachable"
    assert set(states(result).values()) == {"unreachable", "not tried"}


def test_a_company_that_is_not_known_there_is_no_matter_of_trying_again(tmp_path: Path, desk: str) -> None:
    settings = tenant(desk).replace("training", "nobody")

    result = run(tmp_path, "--live", "--json", settings=settings)

    assert (result.exit_code, states(result)["/login/companyinfo/{company}"]) == (1, "missing")


def test_tenants_are_checked_one_by_one_or_all(tmp_path: Path, desk: str) -> None:
    both = tenant(desk) + tenant("http://127.0.0.1:9", "other")

    everything = run(tmp_path, "--live", "--json", settings=both)
    one = run(tmp_path, "--live", "--json", "--tenant", "main", settings=both)
    wrong = run(tmp_path, "--live", "--tenant", "nobody", settings=both)
    offline = run(tmp_path, "--tenant", "main", settings=both)

    assert everything.exit_code == 75
    assert [live(everything, name)["ok"] for name in ("main", "other")] == [True, False]
    assert (one.exit_code, list(json.loads(one.stdout)["live"])) == (0, ["main"])
    assert (wrong.exit_code, offline.exit_code) == (2, 2)
    assert "no tenant 'nobody'" in wrong.output


def test_a_wrong_configuration_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    result = run(tmp_path, "--live", settings=tenant("http://psa.example.org"))

    assert result.exit_code == 2
    assert "use https" in result.output
