"""`slamon backtest` and `slamon recompute` as they are typed, with what is said to bad input."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slamon.cli.app import cli
from slamon.core.promise import PolicyRule, PromiseSettings
from slamon.core.reference import GoalHours
from slamon.core.rules import CalendarRules, Window
from slamon.ports import Lease
from slamon.store.migrate import open_store
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.world import Life, at, ticket, worlds_of

Run = Callable[..., Result]
CONFIG = """
[tenant.main]
url = "https://api-eu.myconnectwise.net"
company = "c"
public_key = "k"
client_id = "i"
zone = "UTC"
[simulation]
starts_at = 2026-11-05T12:00:00Z
anchor = 2026-01-01T00:00:00Z
speed = 0.000001
[default_policy]
calendar = "office"
goals = { respond = 2, plan = 8, resolve = 12 }
[calendar.office]
timezone = "UTC"
hours = { mon = [["09:00", "17:00"]], tue = [["09:00", "17:00"]], wed = [["09:00", "17:00"]] }
"""
OFFICE = CalendarRules("office", "UTC", (*([(Window(9 * 3600, 17 * 3600),)] * 3), (), (), (), ()))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The commands on a store with one ticket of Monday, answered after an hour and closed on Wednesday at 11:00."""
    monkeypatch.setenv("SLAMON_TENANT__MAIN__PRIVATE_KEY", "the-key-of-the-test")
    monkeypatch.chdir(tmp_path)
    Path("slamon.toml").write_text(CONFIG)
    rule = PolicyRule("default", calendar="office", goals=GoalHours(2, 8, 12))
    store = open_store("sqlite:///slamon.db")
    life = Life(ticket()).then(at("11:00"), status="In Progress")
    life.then(at("2026-11-04T11:00"), status=">Closed", closed=True)
    Desk(store, worlds_of(life), settings_of(rule, promises=PromiseSettings(rule, calendars={"office": OFFICE}))).polls(
        "10:01", "2026-11-04T11:01"
    )
    store.close()

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments)

    return run


def test_a_backtest_is_told_written_and_refused_by_place(run: Run) -> None:
    same = json.loads(run("backtest", "--policy", "slamon.toml", "--from", "2026-11-01", "--json").output)
    assert [tenant["flips"] for tenant in same["tenants"]] == [[]]

    Path("new.toml").write_text('[default_policy]\ncalendar="office"\ngoals={ respond = 0.5, plan = 8, resolve = 12 }')
    told = run("backtest", "--policy", "new.toml", "--from", "2026-11-01", "--format", "csv", "--out", "out")
    assert "1 goal flips" in told.output
    of_one = ("--company", "Acme", "--format", "csv", "--out", "one")
    run("backtest", "--policy", "new.toml", "--from", "2026-11-01", *of_one)
    (about,) = Path("one").glob("*-company-acme-*about.csv")  # else it would be taken for that of all
    assert '"name","Acme"' in about.read_text("utf-8-sig")
    Path("full").write_text("a file, not a folder")
    blocked = run("backtest", "--policy", "new.toml", "--from", "2026-11-01", "--format", "csv", "--out", "full")
    assert (blocked.exit_code, "name another folder" in blocked.output) == (1, True)
    (written,) = Path("out").glob("*flips.csv")
    assert '"1","Acme","respond","2026-11-02T11:00:00+00:00","met","missed","another goal","7200","1800"' in (
        written.read_text("utf-8-sig")
    )

    Path("bad.toml").write_text('[default_policy]\ncalendar = "offise"\n[slo]\n[[polciy]]\n')
    for arguments, said in (
        (("--policy", "bad.toml"), "polciy: unknown key; did you mean policy?"),
        (("--policy", "none.toml"), "cannot be read"),
        (("--policy", "new.toml", "--company", "Acne"), "did you mean 'Acme'?"),
        (("--policy", "new.toml", "--from", "2030-01-01"), "lies in the future"),
        (
            ("--policy", "new.toml", "--from", "2020-01-01", "--until", "2020-02-01"),
            "first goal that is kept ended at",
        ),
        (("--policy", "new.toml", "--format", "csv"), "--format and --out belong together"),
    ):
        refused = run("backtest", "--from", "2026-11-01", *arguments)
        assert refused.exit_code != 0
        assert said in refused.output + str(refused.exception)
    Path("bad.toml").write_text('[default_policy]\ncalendar = "offise"\n')
    assert "default_policy.calendar" in str(run("backtest", "--from", "2026-11-01", "--policy", "bad.toml").exception)


def test_a_recomputation_is_looked_at_then_done_and_listed(run: Run) -> None:
    Path("slamon.toml").write_text(CONFIG + 'holidays = ["2026-11-03"]\n')
    asked = ("recompute", "--calendar", "office", "--from", "2026-11-03")
    assert "did you mean 'office'" in str(run("recompute", "--calendar", "ofice", *asked[3:], "--dry-run").exception)
    assert "give --reason" in run(*asked).output

    assert "1 closed tickets would change" in run(*asked, "--dry-run").output
    held = take_lease()
    assert "stop it, or wait" in str(run(*asked, "--reason", "All Souls").exception)
    assert run("recompute", "--list").output == "nothing was recomputed yet\n"
    release(held)

    (done,) = json.loads(run(*asked, "--reason", "All Souls", "--by", "ann", "--json").output)["tenants"]
    assert [(flip["stage"], flip["before"], flip["after"]) for flip in done["flips"]] == [("resolve", "missed", "met")]
    (record,) = json.loads(run("recompute", "--list", "--json").output)["recomputes"]
    assert (record["by"], record["reason"], record["tickets"], record["flips"]) == ("ann", "All Souls", 1, 1)
    assert "recomputed on calendar 'office' by ann: All Souls" in run("explain", "1").output


def take_lease() -> Lease:
    """Hold the tenant's lease as another daemon would."""
    store = open_store("sqlite:///slamon.db")
    lease = store.take_lease(TENANT, "elsewhere 1 1", 60, lambda _holder: False)
    store.close()
    assert lease is not None
    return lease


def release(lease: Lease) -> None:
    store = open_store("sqlite:///slamon.db")
    store.release_lease(lease)
    store.close()
