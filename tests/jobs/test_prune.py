"""Pruning as a job: once a day whoever does it, and by hand."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner

from slamon.cli.app import cli
from slamon.jobs.prune import cutoffs, prune_once
from slamon.ports import OldKind, Unobserved
from slamon.store.migrate import open_store
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT
from tests.jobs.world import Life, at, ticket, worlds_of

DAYS: dict[OldKind, int] = {"events": 760, "readings": 400, "notifications": 400, "reports": 760, "polls": 30}
KEY = {"SLAMON_TENANT__MAIN__PRIVATE_KEY": "private"}
CONFIG = """
[store]
url = "sqlite:///{path}"
[retention]
events_days = 1
[tenant.main]
url = "http://127.0.0.1:1"
company = "acme"
public_key = "public"
client_id = "id"
"""


def test_one_run_a_day_prunes_whoever_comes_first(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:30"), status=">Closed", closed=True)))
    watched.polls("10:05", "10:31")
    later = at("10:31") + timedelta(days=900)

    gone = prune_once(watched.store, DAYS, later, "2029-04-21", Unobserved())
    again = prune_once(watched.store, DAYS, later, "2029-04-21", Unobserved())

    assert gone is not None
    assert gone["events"] > 0
    assert again is None
    assert watched.store.load_tickets(TENANT, [1]) == {}
    assert watched.store.load_last_poll(TENANT) is not None


def test_what_is_pruned_and_comes_again_is_a_first_sight(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:30"), status=">Closed", closed=True)))
    watched.polls("10:05", "10:31")
    assert prune_once(watched.store, DAYS, at("10:31") + timedelta(days=900), "then", Unobserved())

    watched.start()
    watched.polls("11:00")

    assert [kind for kind, *_ in watched.told()][:1] == ["entered"]
    assert watched.stored().ticket_id == 1


def test_cutoffs_come_in_the_order_of_pruning() -> None:
    found = cutoffs(DAYS, at("10:00"))

    assert list(found) == ["events", "readings", "notifications", "reports", "polls", "versions"]
    assert found["events"] == at("10:00") - timedelta(days=760)


def test_by_hand_first_dry_then_in_earnest(desk: OpenDesk, tmp_path: Path) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:30"), status=">Closed", closed=True)))
    watched.polls("10:05", "10:31")
    config = tmp_path / "slamon.toml"
    config.write_text(CONFIG.format(path=tmp_path / "slamon.db"))

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(cli, ["-c", str(config), "db", "prune", *arguments], env=KEY)
        assert result.exit_code == 0, result.output
        return result.output

    dry = {one["kind"]: one["rows"] for one in json.loads(run("--dry-run", "--json"))["kinds"]}
    assert dry["events"] > 0
    store = open_store(f"sqlite:///{tmp_path / 'slamon.db'}")
    assert len(store.load_tickets(TENANT, [1])) == 1
    assert "WOULD GO" in run("--dry-run")
    gone = {one["kind"]: one["rows"] for one in json.loads(run("--json", "--vacuum"))["kinds"]}
    assert gone["events"] == dry["events"]
    assert store.load_tickets(TENANT, [1]) == {}
    assert "ROWS GONE" in run()
    store.close()
