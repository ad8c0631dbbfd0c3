"""`slamon ack`, `snooze` and `exempt`, as they are typed, and what `status` and `explain` then say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slamon.cli.app import cli
from slamon.store.migrate import open_store
from tests.jobs.desk import Desk
from tests.jobs.world import Life, ticket, worlds_of

Run = Callable[..., Result]
CONFIG = """[tenant.main]
url = "https://api-eu.myconnectwise.net"
company = "c"
public_key = "k"
client_id = "i"
[simulation]
starts_at = 2026-11-02T11:00:00Z
anchor = 2026-01-01T00:00:00Z
speed = 0.000001
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The commands on a store with ticket 1, entered at 10:00; it is about eleven."""
    monkeypatch.setenv("SLAMON_TENANT__MAIN__PRIVATE_KEY", "the-key-of-the-test")
    monkeypatch.chdir(tmp_path)
    Path("slamon.toml").write_text(CONFIG)
    store = open_store("sqlite:///slamon.db")
    Desk(store, worlds_of(Life(ticket()))).poll("10:30")
    store.close()

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments)

    return run


def test_what_is_said_is_stored_shown_and_taken_back(run: Run) -> None:
    assert run("ack", "1", "--by", "jane", "--stage", "resolve").output == "main/1 resolve: acknowledged\n"
    assert (
        run("exempt", "1", "--by", "jane", "--reason", "strike").output == "main/1 respond, plan, resolve: exempted\n"
    )

    assert "resolve: acknowledged by jane on Mon 02 Nov 2026 11:0" in run("explain", "1").output
    explained = json.loads(run("explain", "1", "--json").output)
    assert ("resolve", "ack", "jane") in {(it["stage"], it["said"], it["by"]) for it in explained["interventions"]}
    assert explained["marks"] == []
    (shown,) = json.loads(run("status", "--json").output)["tenants"][0]["tickets"]
    assert (shown["exempted"]["by"], shown["exempted"]["reason"]) == ("jane", "strike")
    assert "exempted" in run("status").output

    assert run("exempt", "1", "--undo", "--by", "jane").exit_code == 0
    assert run("exempt", "1", "--undo", "--by", "jane").exit_code != 0
    assert "exempted" not in run("status").output


def test_a_snooze_ends(run: Run) -> None:
    assert run("snooze", "1", "--for", "1h30m", "--stage", "plan", "--by", "jane").output.startswith(
        "main/1 plan: snoozed until 2026-11-02 1"
    )
    assert run("snooze", "1", "--until", "2026-11-03T09:00+01:00", "--by", "j").output.endswith(
        "until 2026-11-03 08:00 UTC\n"
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("snooze", "1"), "--for or --until"),
        (("snooze", "1", "--for", "soon"), "write 30m, 4h or 1d12h"),
        (("ack", "1", "--for", "1h", "--until", "2026-11-03T09:00Z"), "not both"),
        (("exempt", "1"), "--reason TEXT"),
        (("ack", "one"), "is not a ticket"),
    ],
)
def test_what_is_typed_wrong_is_said(run: Run, arguments: tuple[str, ...], says: str) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert says in result.output
