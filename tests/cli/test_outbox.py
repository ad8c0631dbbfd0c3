"""`slamon outbox`, as it is typed, on a store with a message in every state a person meets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slamon.cli.app import cli
from slamon.ports import Notification
from slamon.store.migrate import open_store
from tests.store.samples import HOUR, NOW, note

Run = Callable[..., Result]
CONFIG = """[tenant.main]
url = "https://api-eu.myconnectwise.net"
company = "c"
public_key = "k"
client_id = "i"
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on a store where 1 is held, 2 failed, 3 sent and 4 waits."""
    monkeypatch.setenv("SLAMON_TENANT__MAIN__PRIVATE_KEY", "the-key-of-the-test")
    monkeypatch.chdir(tmp_path)
    Path("slamon.toml").write_text(CONFIG)
    store = open_store("sqlite:///slamon.db")
    store.enqueue([note(name) for name in ("held", "failed", "sent", "waits")])

    def claimed() -> Notification:
        found = store.claim_notification("mail", NOW, lease=HOUR, furthest=HOUR)
        assert found is not None
        return found

    store.mark_unknown(claimed(), error="no answer", retry_at=None)
    store.mark_failed(claimed(), NOW, error="550 \x1b[31mno", retry_at=None)
    store.mark_sent(claimed(), NOW)
    store.close()
    return lambda *arguments: CliRunner().invoke(cli, arguments)


def states(run: Run) -> list[tuple[int, str]]:
    every = [f"--state={state}" for state in ("pending", "held", "failed", "sent", "dropped")]
    return [(row["id"], row["state"]) for row in json.loads(run("outbox", "list", "--json", *every).output)]


def test_what_is_not_done_is_listed(run: Run) -> None:
    lines = run("outbox", "list").output.splitlines()

    assert [line.split()[:2] for line in lines[2:]] == [["1", "held"], ["4", "pending"]]
    failed = run("outbox", "list", "--state", "failed").output
    assert "550" in failed
    assert "\x1b" not in failed
    assert run("outbox", "list", "--state", "merged").output == "no such message\n"
    assert json.loads(run("outbox", "list", "--json").output)[0]["may_have_arrived"] is True


def test_what_is_held_or_given_up_can_be_sent(run: Run) -> None:
    assert run("outbox", "release", "1", "2").exit_code == 0

    assert states(run) == [(1, "pending"), (2, "pending"), (3, "sent"), (4, "pending")]
    refused = run("outbox", "release", "3", "99")
    assert refused.exit_code == 1
    assert refused.stderr == "3 is neither held nor failed\n99 is neither held nor failed\n"


def test_what_is_not_sent_can_be_dropped(run: Run) -> None:
    ended = run("outbox", "drop", "1", "2", "3", "4")

    assert ended.exit_code == 1
    assert ended.stderr == "3 is sent, under way or not there\n"
    assert states(run) == [(1, "dropped"), (2, "dropped"), (3, "sent"), (4, "dropped")]
    assert run("outbox", "list").output == "nothing waits\n"


def test_the_status_says_that_a_person_must_decide(run: Run) -> None:
    assert "outbox: 1 held, a person must decide" in run("status").output
    assert json.loads(run("status", "--json").output)["outbox"] == {"waiting": 1, "held": 1}
    run("outbox", "drop", "1")
    assert "outbox:" not in run("status").output
