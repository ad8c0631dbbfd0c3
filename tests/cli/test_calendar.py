"""`slamon calendar`: the open spans of a calendar, and what another one would change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slamon.cli.app import cli
from slamon.core.promise import PolicyRule, PromiseSettings
from slamon.core.reference import GoalHours
from slamon.core.rules_document import rules_from_document
from slamon.store.migrate import open_store
from tests.jobs.desk import Desk, settings_of
from tests.jobs.world import World, at, ticket

OFFICE = """{timezone = "Europe/Riga", hours = {mon = [["08:00", "17:00"]], sun = [["00:00", "12:00"]]}, \
holidays = [{date = "2026-10-26", from = "08:00", to = "12:00", name = "Half a day"}]}"""
CONFIG = f"""
[tenant.main]
url = "http://127.0.0.1:9"
company = "training"
public_key = "public"
client_id = "8c1d"
private_key_file = "key"
[calendar]
office = {OFFICE}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "slamon.toml").write_text(CONFIG)
    (tmp_path / "key").write_text("private")
    (tmp_path / "key").chmod(0o600)
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-c", str(folder / "slamon.toml"), "calendar", *arguments])


def test_show_marks_the_change_of_offset_and_the_holiday(folder: Path) -> None:
    shown = run(folder, "show", "office", "--from", "2026-10-25", "--to", "2026-10-26")

    assert shown.exit_code == 0, shown.output
    assert shown.output.splitlines()[1:] == [
        "  Sun 2026-10-25 00:00 +03:00 to 12:00 +02:00  open",
        "  Sun 2026-10-25 03:00  the clock goes from 04:00 +03:00 to 03:00 +02:00",
        "  Mon 2026-10-26 08:00 to 12:00  holiday Half a day",
        "  Mon 2026-10-26 12:00 +02:00 to 17:00 +02:00  open",
    ]


def test_show_as_json_says_the_same(folder: Path) -> None:
    shown = json.loads(run(folder, "show", "office", "--from", "2026-10-26", "--to", "2026-10-26", "--json").output)

    assert (shown["name"], shown["timezone"]) == ("office", "Europe/Riga")
    assert [line["what"] for line in shown["lines"]] == ["holiday", "open"]
    assert shown["lines"][1]["from"] == "2026-10-26T12:00:00+02:00"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "nowhere"), "no calendar 'nowhere' in the settings or seen in ConnectWise; there is: office"),
        (("show", "office", "--from", "soon"), "not a date such as 2026-12-25"),
        (("show", "office", "--from", "2026-10-02", "--to", "2026-10-01"), "is not a span of dates"),
        (("show", "gone.json"), "gone.json: cannot be read"),
    ],
)
def test_what_is_not_understood_is_a_usage_error(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    failed = run(folder, *arguments)

    assert failed.exit_code == 2
    assert said in failed.output


def test_diff_lists_spans_and_the_dues_that_would_move(folder: Path) -> None:
    def hours(closes: str) -> dict[str, object]:
        return {"timezone": "UTC", "hours": {day: [["00:00", closes]] for day in ("mon", "tue", "wed", "thu", "fri")}}

    rules = rules_from_document("desk", hours("24:00"))
    promises = PromiseSettings(
        default=PolicyRule("default", calendar="desk", goals=GoalHours(resolve=20)), calendars={"desk": rules}
    )
    store = open_store(f"sqlite:///{folder / 'slamon.db'}")
    Desk(store, [World(at("10:00"), {1: ticket(1, entered_at=at("10:00"))})], settings_of(promises=promises)).poll(
        "10:05"
    )
    store.close()
    (folder / "shorter.json").write_text(json.dumps(hours("12:00")))
    on = at("10:00").date().isoformat()

    found = json.loads(
        run(folder, "diff", "desk", str(folder / "shorter.json"), "--from", on, "--to", on, "--json").output
    )

    assert [(span["what"], span["from"][11:16]) for span in found["spans"]] == [("closes", "12:00")]
    assert [(move["ticket"], move["stage"]) for move in found["moved"]] == [(1, "resolve")]
    assert found["moved"][0]["due_after"] > found["moved"][0]["due_before"]
