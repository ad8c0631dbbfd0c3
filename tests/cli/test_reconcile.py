"""`slamon reconcile`: what the terminal, a script and a cron job get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from slamon.cli.app import cli
from slamon.core.ticket import Ref, Ticket, Witness
from slamon.store.migrate import open_store
from tests.jobs.desk import Desk
from tests.jobs.world import World, at, ticket

CONFIG = """
[tenant.main]
url = "http://127.0.0.1:9"
company = "training"
public_key = "public"
client_id = "8c1d"
private_key_file = "key"
"""
GOLD = Ref(1, "Gold")  # P1: 1 h, none, 8 h from 09:00 to 17:00


def under_gold(number: int, **witness: object) -> Ticket:
    return structs.replace(ticket(number, sla=GOLD), witness=Witness(**witness))  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A database with one ticket that agrees, one whose respond date is two hours late, one without any figure."""
    (tmp_path / "slamon.toml").write_text(CONFIG)
    (tmp_path / "key").write_text("private")
    (tmp_path / "key").chmod(0o600)
    tickets = [
        under_gold(1, respond_goal_at=at("11:00"), sla_status="Respond by Mon 11/02 11:00 AM UTC"),
        under_gold(2, respond_goal_at=at("13:00"), sla_status="Respond by Mon 11/02 1:00 PM UTC"),
        under_gold(3),
    ]
    store = open_store(f"sqlite:///{tmp_path / 'slamon.db'}")
    Desk(store, [World(at("10:00"), {each.id: each for each in tickets})]).poll("10:05")
    store.close()
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-c", str(folder / "slamon.toml"), "reconcile", *arguments])


def test_the_counts_the_causes_then_each_figure_that_differs(folder: Path) -> None:
    result = run(folder)

    assert result.exit_code == 0, result.output
    blind, *lines = result.output.splitlines()
    assert blind.startswith("main: BLIND since ")  # nothing has polled since
    assert lines[0] == (
        "main: 2 tickets compared, 1 of them differ in 2 figures; 1 tickets without a figure to compare, 0 not measured"
    )
    assert lines[2:5] == ["CAUSE    FIGURES", "-------  -------", "unknown  2"]
    assert lines[8].split() == [
        *("2", "respond", "goal_date", "2026-11-02T13:00:00Z", "2026-11-02T11:00:00Z", "+2", "h", "unknown"),
    ]


def test_a_script_gets_all_causes_and_instants_with_their_offset(folder: Path) -> None:
    document = json.loads(run(folder, "--json").output)["tenants"][0]

    assert (document["outlook"], document["blind_since"]) == ("blind", "2026-11-02T10:05:00+00:00")

    assert (document["compared"], document["without_witness"], document["not_measured"]) == (2, 1, 0)
    assert sum(document["causes"].values()) == document["causes"]["unknown"] == 2
    assert document["differences"][0] == {
        "ticket": 2,
        "stage": "respond",
        "witness": "goal_date",
        "connectwise": "2026-11-02T13:00:00+00:00",
        "slamon": "2026-11-02T11:00:00+00:00",
        "apart_seconds": 7200,
        "cause": "unknown",
        "words": "",
    }


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--fail-on-difference"], 3),
        (["--fail-on-difference", "--cause", "zone"], 0),
        (["--fail-on-difference", "--stage", "plan"], 0),
        (["--fail-on-difference", "main/1"], 0),
        (["--fail-on-difference", "2"], 3),
        (["--fail-on-difference", "--tolerance", "7200", "--stage", "resolve"], 0),
        ([], 0),
        (["--cause", "moon"], 2),
        (["99"], 1),
        (["--tenant", "other"], 2),
    ],
)
def test_the_exit_status_is_that_of_what_is_listed(folder: Path, arguments: list[str], status: int) -> None:
    assert run(folder, *arguments).exit_code == status


def test_one_ticket_is_explained_as_it_is_among_all_others(folder: Path) -> None:
    everything, one = (json.loads(run(folder, *which, "--json").output) for which in ([], ["2"]))

    assert one["tenants"][0]["differences"] == everything["tenants"][0]["differences"]


def test_the_limit_says_what_it_leaves_out(folder: Path) -> None:
    assert run(folder, "--limit", "1").output.splitlines()[-1] == "1 more; --limit shows them"
