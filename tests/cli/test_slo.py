"""`slamon slo`, as it is typed, on a store with some goals of this month and the last."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slamon.cli.app import cli
from slamon.core.reading import Verdict
from slamon.core.versions import version_of
from slamon.store.migrate import open_store
from tests.store.samples import DAY, HOUR, MAIN, NOW, entered, poll, ticket
from tests.store.test_outcomes import GOLD, goal, read, save

Run = Callable[..., Result]
CONFIG = """[tenant.main]
url = "https://api-eu.myconnectwise.net"
company = "c"
public_key = "k"
client_id = "i"
zone = "Europe/Riga"

[simulation]
starts_at = "{now}"
anchor = "{real}"
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SLAMON_TENANT__MAIN__PRIVATE_KEY", "the-key-of-the-test")
    monkeypatch.chdir(tmp_path)
    real = datetime.now(UTC).isoformat()
    Path("slamon.toml").write_text(CONFIG.format(now=NOW.isoformat(), real=real))
    store = open_store("sqlite:///slamon.db")
    store.save_versions({version_of(GOLD): GOLD}, {})
    store.save_poll(poll(), [ticket(n) for n in range(1, 5)], [entered(n) for n in range(1, 5)])
    late = replace(goal(Verdict.BREACHED), breached_at=NOW - HOUR)
    save(store, read(1, respond=goal(Verdict.MET, NOW)), read(2, respond=goal(Verdict.MISSED, NOW - HOUR)))
    save(store, read(3, respond=goal(Verdict.MET, NOW - 20 * DAY)), read(4, respond=late))
    store.close()
    return lambda *arguments: CliRunner().invoke(cli, ["slo", *arguments])


def test_the_month_so_far(run: Run) -> None:
    lines = run().output.splitlines()

    assert lines[0] == "main: 2026-11 in Europe/Riga, so far"
    assert lines[3].split()[:5] == ["respond", "1", "1", "1", "0"]
    assert lines[3].split()[6:10] == ["50.0", "%", "95", "%"]
    assert lines[3].endswith("-2    100 %")


def test_a_month_that_is_over_and_one_without_goals(run: Run) -> None:
    assert run("--month", "2026-10").output.splitlines()[3].split()[:5] == ["respond", "1", "0", "0", "0"]
    assert run("--month", "2026-09").output == "main: 2026-09 in Europe/Riga, which is over: no goals\n"


@pytest.mark.parametrize(
    ("by", "name"), [("board", "Help Desk"), ("priority", "Priority 2 - High"), ("company", "Acme"), ("policy", "Gold")]
)
def test_broken_down_it_adds_up(run: Run, by: str, name: str) -> None:
    assert name in run("--by", by).output
    whole, parts = (json.loads(run("--json", *more).output)["tenants"][0] for more in ((), ("--by", by)))

    assert {one[by] for one in parts["objectives"]} == {name}
    assert (whole["by"], parts["by"], whole["over"]) == (None, by, False)
    for key in ("met", "missed", "late", "running"):
        assert sum(one[key] for one in parts["objectives"]) == sum(one[key] for one in whole["objectives"])


@pytest.mark.parametrize("month", ["2026-13", "november", "2026-12"])
def test_what_is_no_month_or_has_not_begun_is_refused(run: Run, month: str) -> None:
    done = run("--month", month)

    assert done.exit_code == 2
    assert "--month: " in done.output


def test_the_tenants_are_those_of_the_settings(run: Run) -> None:
    assert [one["tenant"] for one in json.loads(run("--json", "--tenant", MAIN).output)["tenants"]] == [MAIN]
    assert run("--tenant", "other").exit_code == 2
