"""`status`, `explain` and `poll`: their arguments, what they print, and how they end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slamon.cli.app import cli
from slamon.core.ticket import Ref
from slamon.store.migrate import open_store
from slamon.verify import check
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.world import World, at, moved, status, ticket

CONFIG = """
[tenant.main]
url = "http://127.0.0.1:9"
company = "training"
public_key = "public"
client_id = "8c1d"
private_key_file = "key"
"""
OTHER = CONFIG.replace("tenant.main", "tenant.other")
ENTERED = at("10:00")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tenant with three tickets: 1 runs, 2 waits, 3 is late."""
    path = tmp_path_factory.mktemp("cli")
    (path / "slamon.toml").write_text(CONFIG)
    (path / "two.toml").write_text(CONFIG + OTHER)
    (path / "key").write_text("private")
    (path / "key").chmod(0o600)
    store = open_store(f"sqlite:///{path / 'slamon.db'}")
    waits = ticket(2, status=status("Waiting Customer"), last_updated_at=at("10:30"), summary="Waits")
    tickets = {
        1: ticket(1, summary="Runs", owner="jdoe"),
        2: waits,
        3: ticket(3, entered_at=at("05:00"), last_updated_at=at("05:00"), summary="Is late", priority=Ref(1, "Urgent")),
    }
    watched = Desk(
        store, [World(at("10:30"), tickets, {2: [moved(at("10:30"), "New", "Waiting Customer")]})], settings_of()
    )
    watched.poll("10:40")
    store.close()
    return path


def run(folder: Path, *arguments: str, config: str = "slamon.toml") -> Result:
    return CliRunner(env={"TZ": "UTC"}).invoke(cli, ["-c", str(folder / config), *arguments])


def usage_error(result: Result) -> str:
    assert result.exit_code == 2, result.output
    return result.output


class TestStatus:
    def test_the_next_to_look_at_comes_first(self, folder: Path) -> None:
        result = run(folder, "status", "--as-of", "2026-11-02T10:45:00Z")

        past, *lines = result.output.splitlines()
        assert past == "main: as it was known at Mon 02 Nov 2026 10:45"
        assert lines[0] == ("main: 3 open tickets with a goal to keep; 1 goals at risk, 3 breached; data 5 min old")
        assert [line.split()[0] for line in lines[3:]] == ["1", "2", "3"]
        assert "15 min" in lines[3]
        assert "Mon 02 Nov 11:00" in lines[3]
        assert "jdoe" in lines[3]
        assert "-1 h 45 min" in lines[5]

    def test_as_json(self, folder: Path) -> None:
        result = run(folder, "status", "--json", "--as-of", "2026-11-02T11:45:00+01:00")

        (tenant,) = json.loads(result.output)["tenants"]
        assert (tenant["tenant"], tenant["data_age_seconds"], tenant["breached"]) == ("main", 300, 3)
        first, waiting, late = tenant["tickets"]
        assert (first["id"], first["stage"], first["state"], first["remaining_seconds"]) == (
            1,
            "respond",
            "at_risk",
            900,
        )
        assert (waiting["state"], waiting["due_at"]) == ("paused", None)
        assert waiting["due_if_resumed_at"] == "2026-11-02T11:15:00+00:00"
        assert (late["state"], late["remaining_seconds"]) == ("breached", -6300)

    def test_the_limit(self, folder: Path) -> None:
        result = run(folder, "status", "--limit", "1", "--json", "--as-of", "2026-11-02T10:45:00Z")

        (tenant,) = json.loads(result.output)["tenants"]
        assert len(tenant["tickets"]) == 1
        assert (tenant["open_with_goals"], tenant["breached"]) == (3, 3)

    @pytest.mark.parametrize(("as_of", "expected"), [("2026-11-02T10:45:00Z", 3), ("2026-11-02T05:30:00Z", 0)])
    def test_fail_on_breach(self, folder: Path, as_of: str, expected: int) -> None:
        assert run(folder, "status", "--fail-on-breach", "--as-of", as_of).exit_code == expected
        assert run(folder, "status", "--as-of", as_of).exit_code == 0

    @pytest.mark.parametrize("as_of", ["2026-11-02T10:45:00", "yesterday", "2026-13-01T00:00:00Z"])
    def test_an_instant_without_an_offset_or_sense_is_refused(self, folder: Path, as_of: str) -> None:
        printed = usage_error(run(folder, "status", "--as-of", as_of))

        assert "--as-of" in printed
        assert as_of in printed

    def test_a_local_time_is_read_in_the_zone_of_the_settings(self, folder: Path) -> None:
        text = CONFIG.replace('client_id = "8c1d"', 'client_id = "8c1d"\nzone = "America/New_York"')
        (folder / "york.toml").write_text(text)

        local = run(folder, "status", "--json", "--as-of", "2026-11-02T05:45:00", config="york.toml")
        assert local.output == run(folder, "status", "--json", "--as-of", "2026-11-02T10:45:00Z").output
        twice = usage_error(run(folder, "explain", "1", "--as-of", "2026-11-01T01:30:00", config="york.toml"))
        assert "happens twice in America/New_York; write 2026-11-01T01:30:00-04:00 or" in twice

    def test_before_the_first_reading_it_says_so(self, folder: Path) -> None:
        result = run(folder, "status", "--as-of", "2026-11-02T10:30:00Z")
        (tenant,) = json.loads(run(folder, "status", "--json", "--as-of", "2026-11-02T10:30:00Z").output)["tenants"]

        assert result.output.splitlines() == [
            "main: nothing is known of Mon 02 Nov 2026 10:30; the first reading is of Mon 02 Nov 2026 10:40",
            "main: 0 open tickets with a goal to keep; 0 goals at risk, 0 breached; no poll of then is kept",
        ]
        assert (tenant["first_reading_at"], tenant["tickets"]) == ("2026-11-02T10:40:00+00:00", [])

    def test_an_unknown_tenant_names_the_known_ones(self, folder: Path) -> None:
        assert "there is: main" in usage_error(run(folder, "status", "--tenant", "acme"))

    @pytest.mark.parametrize("limit", ["0", "-1", "many"])
    def test_a_limit_that_is_none(self, folder: Path, limit: str) -> None:
        usage_error(run(folder, "status", "--limit", limit))

    def test_a_tenant_that_was_never_polled(self, folder: Path) -> None:
        result = run(folder, "status", "--tenant", "other", config="two.toml")

        assert result.output == (
            "other: NOT SEEN YET: no poll has worked\n"
            "other: 0 open tickets with a goal to keep; 0 goals at risk, 0 breached; never polled\n"
        )

    def test_a_tenant_that_is_blind_is_shown_as_it_was_when_last_seen(self, folder: Path) -> None:
        """What time has done since may not be so: tickets may have been closed meanwhile."""
        first, second = run(folder, "status").output.splitlines()[:2]
        (tenant,) = json.loads(run(folder, "status", "--json").output)["tenants"]

        assert first.startswith("main: BLIND since Mon 02 Nov 10:40 (")
        assert second.startswith("main: 3 open tickets with a goal to keep; 0 goals at risk, ")
        assert (tenant["outlook"], tenant["blind_since"]) == ("blind", "2026-11-02T10:40:00+00:00")
        assert tenant["read_at"] == "2026-11-02T10:40:00+00:00"
        assert tenant["tickets"][0]["remaining_seconds"] == 1200

    @pytest.mark.parametrize(("time", "outlook"), [("10:42", "clear"), ("10:45", "blind"), ("10:30", "unseen")])
    def test_a_past_instant_is_as_far_as_it_was_seen_then(self, folder: Path, time: str, outlook: str) -> None:
        printed = run(folder, "status", "--json", "--as-of", f"2026-11-02T{time}:00Z").output

        assert json.loads(printed)["tenants"][0]["outlook"] == outlook

    def test_what_cannot_be_seen_is_no_success(self, folder: Path) -> None:
        unseen = run(folder, "status", "--fail-on-breach", "--tenant", "other", config="two.toml")
        breached = run(folder, "status", "--fail-on-breach")

        assert (unseen.exit_code, breached.exit_code) == (75, 3)
        assert run(folder, "status", "--tenant", "other", config="two.toml").exit_code == 0

    def test_all_tenants(self, folder: Path) -> None:
        result = run(folder, "status", "--json", config="two.toml")

        assert [tenant["tenant"] for tenant in json.loads(result.output)["tenants"]] == ["main", "other"]


class TestExplain:
    def test_a_ticket_of_a_tenant_that_is_blind(self, folder: Path) -> None:
        assert run(folder, "explain", "2").output.startswith("main: BLIND since Mon 02 Nov 10:40 (")

        document = json.loads(run(folder, "explain", "2", "--json").output)
        assert document["sight"] == {"outlook": "blind", "blind_since": "2026-11-02T10:40:00+00:00"}
        assert check(document) == []

    def test_the_ledger_adds_up(self, folder: Path) -> None:
        result = run(folder, "explain", "2", "--json", "--as-of", "2026-11-02T11:00:00Z")

        document = json.loads(result.output)
        assert (document["tenant"], document["ticket"], document["clock"]["state"]) == (TENANT, 2, "paused")
        assert [(i["reason"], i["counted_seconds"]) for i in document["intervals"]] == [("open", 1800), ("waiting", 0)]
        assert document["clock"]["elapsed_seconds"] == 1800
        assert document["clock"]["paused_seconds"] == 1800

    def test_for_people(self, folder: Path) -> None:
        printed = run(folder, "explain", "main/2", "--as-of", "2026-11-02T11:00:00Z").output

        assert "Ticket main/2: Waits" in printed
        assert "policy default, calendar AllHours" in printed
        assert "counted 1800 s, elapsed 1800 s, waited 1800 s" in printed
        assert "if resumed now Mon 2026-11-02 11:30:00" in printed

    @pytest.mark.parametrize("text", ["", "x", "1x", "-1", "main/", "main/x", "1.5", "١", "/1", "main/other/1"])
    def test_what_is_no_ticket(self, folder: Path, text: str) -> None:
        usage_error(run(folder, "explain", "--", text))

    @pytest.mark.parametrize("number", ["99999999999999999999", "9" * 5000])
    def test_a_number_that_no_ticket_can_have(self, folder: Path, number: str) -> None:
        assert "is not a ticket" in usage_error(run(folder, "explain", number))

    def test_an_unknown_ticket(self, folder: Path) -> None:
        result = run(folder, "explain", "77")

        assert result.exit_code == 1
        assert "ticket main/77 is not known" in str(result.exception)

    def test_an_unknown_tenant(self, folder: Path) -> None:
        assert "no tenant 'acme'" in usage_error(run(folder, "explain", "acme/1"))

    def test_with_two_tenants_one_must_be_named(self, folder: Path) -> None:
        printed = usage_error(run(folder, "explain", "1", config="two.toml"))

        assert "which tenant? write TENANT/1 with one of: main, other" in printed
        assert run(folder, "explain", "main/1", config="two.toml").exit_code == 0

    def test_before_its_entry_is_one_line(self, folder: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "slamon", "explain", "1", "--as-of", "2026-11-02T09:00:00Z"],
            cwd=folder,
            env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
        )

        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert "ticket 1" in done.stderr

    @pytest.mark.parametrize("as_of", ["2026-11-02T10:45:00", "now"])
    def test_an_instant_without_an_offset_or_sense_is_refused(self, folder: Path, as_of: str) -> None:
        assert "--as-of" in usage_error(run(folder, "explain", "1", "--as-of", as_of))


class TestPoll:
    def test_an_unknown_tenant_names_the_known_ones(self, folder: Path) -> None:
        assert "there is: main, other" in usage_error(run(folder, "poll", "--tenant", "acme", config="two.toml"))


class TestPreview:
    def test_a_stored_ticket_as_it_stands_now(self, folder: Path) -> None:
        result = run(folder, "preview", "breach", "--ticket", "3", "--format", "txt")

        subject, _, *lines = result.output.splitlines()
        assert subject.startswith("Ticket 3 (")
        assert subject.endswith(" of business time over")
        assert "respond breached, " in subject
        assert "  Is late" in lines
        assert "What counted, closed hours left out" in lines

    def test_the_stage_and_the_tenant_may_be_named(self, folder: Path) -> None:
        arguments = (
            "preview",
            "near_breach",
            "--ticket",
            "2",
            "--tenant",
            "main",
            "--stage",
            "plan",
            "--format",
            "txt",
        )
        result = run(folder, *arguments, config="two.toml")

        assert "plan paused with " in result.output.splitlines()[0]

    def test_nothing_is_put_into_the_outbox(self, folder: Path) -> None:
        before = run(folder, "outbox", "list", "--json").output
        run(folder, "preview", "breach", "--ticket", "3")

        assert run(folder, "outbox", "list", "--json").output == before
        assert json.loads(before) != []

    def test_a_ticket_that_is_not_known(self, folder: Path) -> None:
        result = run(folder, "preview", "breach", "--ticket", "99")

        assert "ticket main/99 is not known" in str(result.exception)
