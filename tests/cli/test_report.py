"""`slamon report`: made by hand, written again as it was sent, compared with what is known now, and listed."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from slamon import resources
from slamon.cli.app import cli
from slamon.jobs.errand import Errand
from slamon.jobs.make_report import make_report
from slamon.jobs.send_reports import send_reports
from slamon.reporting.render import Renderer
from slamon.reports.press import FilePress
from slamon.store.migrate import open_store
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.world import Life, at, ticket, worlds_of

CONFIG = """
[tenant.main]
url = "https://psa.example.org"
company = "training"
public_key = "public"
client_id = "8c1d"
[[report]]
name = "daily"
kind = "daily"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which a ticket broke on 2 November 2026, and the day's report was sent on the third at seven."""
    path = tmp_path_factory.mktemp("reports")
    (path / "slamon.toml").write_text(CONFIG)
    store = open_store(f"sqlite:///{path / 'slamon.db'}")
    life = Life(ticket()).then(at("14:30"), status="In Progress").then(at("15:00"), status="Completed")
    desk = Desk(store, worlds_of(life), settings_of(recipients=()))
    desk.polls("10:05", "14:35", "15:05")
    store.claim_run("scheduled", "daily", at("2026-11-03T00:00"))
    errand = Errand(
        name="daily",
        kind="daily",
        zone="UTC",
        due_at=at("2026-11-03T07:00"),
        now=at("2026-11-03T07:00"),
        domain="example.org",
        recipients={TENANT: ("boss@example.org",)},
        forms=("csv",),
    )
    press = FilePress(Renderer(resources.folder("reports")))
    assert send_reports(store, [desk.settings], errand, partial(make_report, store), press).failures == []
    store.close()
    return path


def run(folder: Path, *arguments: str) -> Result:
    environ = {"SLAMON_TENANT__MAIN__PRIVATE_KEY": "k"}
    return CliRunner().invoke(cli, ["-c", str(folder / "slamon.toml"), "report", *arguments], env=environ)


def written(result: Result) -> list[Path]:
    return [Path(line) for line in result.output.splitlines() if line.startswith("/")]


def listed(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run(folder, "list", "--json").output)
    return document


def test_what_was_sent_is_written_again_byte_by_byte(folder: Path, tmp_path: Path) -> None:
    (sent,) = listed(folder)["reports"]
    shown = written(run(folder, "show", sent["key"], "--out", str(tmp_path / "shown")))

    again = run(
        folder, "daily", "--period", "2026-11-02", "--as-known", "2026-11-03", "--format", "csv", "--out", str(tmp_path)
    )

    assert again.exit_code == 0, again.output
    assert f"SHA-256 {sent['sha256']}" in again.output
    (data,) = [path for path in shown if path.name.endswith(".report.json")]
    assert hashlib.sha256(data.read_bytes()).hexdigest() == sent["sha256"]
    files = {path.name: path.read_bytes() for path in shown if path != data}
    assert {path.name: path.read_bytes() for path in written(again)} == files
    assert len(files) == len(sent["files"]) > 0


def test_before_it_was_sent_it_is_made_of_what_was_known(folder: Path, tmp_path: Path) -> None:
    result = run(
        folder, *("daily", "--period", "2026-11-02", "--as-known", "2026-11-02T14:40:00Z"), "--out", str(tmp_path)
    )

    assert result.exit_code == 0, result.output
    assert "none was sent that was known by then" in result.output
    assert len(written(result)) == 1


def test_what_changed_since_is_listed(folder: Path, tmp_path: Path) -> None:
    result = run(
        folder, "daily", "--period", "2026-11-02", "--as-known", "now", "--format", "json", "--out", str(tmp_path)
    )

    assert result.exit_code == 0, result.output
    assert "Nothing" in result.output or "chang" in result.output.lower()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("monthly", "--company", "Acmee"), "'Acme'"),
        (("monthly", "--period", "2199-01"), "--period: 2199-01 has not begun"),
        (("monthly", "--period", "October"), "is not a period such as"),
        (("monthly", "--company", "Acme", "--board", "NOC"), "a report is about one of them"),
        (("monthly", "--format", "docx"), "'docx' is none"),
        (("monthly", "--zone", "Mars/Olympus"), "--zone"),
        (("monthly", "--as-known", "2199-01-01T00:00:00Z"), "has not come yet"),
        (("monthly", "--as-known", "2199-01-01"), "has not come yet"),
        (("yearly",), "No such command"),
        (("review",), "name it"),
    ],
)
def test_bad_input_is_one_clear_line_and_status_2(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    result = run(folder, *arguments)

    said = result.output + str(result.exception or "")
    assert words in said
    assert getattr(result.exception, "exit_status", result.exit_code) == 2


def test_a_file_that_cannot_be_written_is_one_line_and_status_1(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "full").write_text("")

    result = run(
        folder, "daily", "--period", "2026-11-02", "--format", "json,csv", "--out", str(tmp_path / "full" / "a")
    )

    assert result.exit_code == 1
    assert [line.split(":")[1] for line in result.output.splitlines()] == [" json", " csv"]


def test_the_list_tells_what_was_sent_and_what_is_missing(folder: Path) -> None:
    text = run(folder, "list").output
    document = listed(folder)

    (sent,) = document["reports"]
    assert (sent["kind"], sent["period"], sent["late"]) == ("daily", "2026-11-02", False)
    assert [(each["recipient"], each["state"]) for each in sent["deliveries"]] == [("boss@example.org", "pending")]
    assert sent["key"] in text
    assert "1 pending" in text
    assert "missed: daily (daily) of 2026-11-03" in text
    assert document["missed"][-1]["period"] == "2026-11-03"
