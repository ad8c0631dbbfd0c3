"""`slamon init` and `slamon check`, as people run them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from slamon.cli.check import check
from slamon.cli.init import init
from slamon.config import parse_config
from slamon.config.template import TEMPLATE
from tests.config.samples import CANARY, SECRETS, TENANT


@dataclass
class Options:
    config_path: str | None = None


def run(
    command: click.Command, *arguments: str, config: Path | None = None, environ: Mapping[str, str] | None = None
) -> Result:
    options = Options(None if config is None else str(config))
    return CliRunner(env=environ).invoke(command, arguments, obj=options)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))


def test_init_writes_a_configuration_that_checks_out_once_the_secret_is_set(tmp_path: Path) -> None:
    written = run(init)
    checked = run(check, environ=SECRETS)

    assert (written.exit_code, checked.exit_code) == (0, 0), checked.output
    assert (tmp_path / "slamon.toml").read_text() == TEMPLATE
    assert "SLAMON_TENANT__MAIN__PRIVATE_KEY" in written.output
    assert f"{tmp_path}/slamon.toml: ok" in checked.output


def test_without_the_secret_it_is_the_only_problem() -> None:
    run(init)
    checked = run(check)

    assert checked.exit_code == 2
    assert "1 problem\n" in checked.output
    assert "tenant.main.private_key" in checked.output
    assert "SLAMON_TENANT__MAIN__PRIVATE_KEY_FILE" in checked.output


def test_the_template_is_good_with_every_commented_setting_switched_on(tmp_path: Path) -> None:
    """Comments that show a setting are settings: what they say must load too."""
    (tmp_path / "ca.pem").touch()
    (tmp_path / "web.yml").touch()
    (tmp_path / "templates").mkdir()
    for name in ("private_key", "mail_password", "desk_secret"):
        (tmp_path / name).write_text("s3cret-of-the-test")
    (tmp_path / "ping_url").write_text("https://hc-ping.example.org/s3cret-of-the-test")
    config = parse_config(uncommented(TEMPLATE), {}, path=tmp_path / "slamon.toml")

    assert config.mail is not None
    assert config.mail.port == 587
    assert config.policy[0].name == "Gold"
    assert config.policy[0].calendar in config.calendars
    assert config.tenant["main"].boards == ("Help Desk", 7)
    assert config.tenant["main"].status_level[0].level == "NoEscalation"
    assert config.status_level[0].status == "On hold"


def uncommented(text: str) -> str:
    """Return *text* with the comments that are TOML on a line of their own made into settings."""
    lines = []
    for line in text.splitlines():
        bare = line.removeprefix("# ")
        key, equals, _ = bare.partition(" = ")
        is_setting = line.startswith("# ") and equals and key.replace("_", "").isalnum()
        is_table = line.startswith("# [") and bare.rstrip().endswith("]")
        lines.append(bare if is_setting or is_table else line)
    return "\n".join(lines)


def test_init_keeps_a_file_that_is_there_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "slamon.toml"
    path.write_text("mine")

    refused = run(init)
    assert (refused.exit_code, path.read_text()) == (2, "mine")
    assert "--force" in refused.output

    assert run(init, "--force").exit_code == 0
    assert path.read_text() == TEMPLATE


def test_init_writes_into_a_folder_or_to_the_file_named(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()

    assert run(init, "etc").exit_code == 0
    assert run(init, "other.toml").exit_code == 0
    assert run(init, config=tmp_path / "third.toml").exit_code == 0
    assert [(tmp_path / name).exists() for name in ("etc/slamon.toml", "other.toml", "third.toml")] == [True] * 3

    lost = run(init, "no/such/folder/slamon.toml")
    assert lost.exit_code == 2
    assert "cannot be written" in lost.output


def test_check_prints_every_problem_and_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "slamon.toml"
    path.write_text(TENANT + f'private_key = "{CANARY}"\npoll_seconds = 1\n[web]\nlisen = "x"\n')

    text = run(check, config=path)
    document = run(check, "--json", config=path)

    assert (text.exit_code, document.exit_code) == (2, 2)
    assert text.output.startswith(f"{path}: 3 problems\n  web.lisen\n      unknown key; did you mean listen?")
    assert "  tenant.main.poll_seconds = 1\n      must be at least 5\n" in text.output
    parsed = json.loads(document.output)
    assert (parsed["ok"], parsed["file"]) == (False, str(path))
    assert [problem["key"] for problem in parsed["problems"]] == [
        "web.lisen",
        "tenant.main.private_key",
        "tenant.main.poll_seconds",
    ]
    assert CANARY not in text.output + document.output


def test_check_sums_up_a_good_configuration(tmp_path: Path) -> None:
    path = tmp_path / "slamon.toml"
    path.write_text(
        TENANT
        + '[[policy]]\nname = "Gold"\nmatch = {board = [1]}\ngoals = {respond = 1}\ncalendar = "business"\n'
        + '[calendar.business]\ntimezone = "Europe/London"\nhours = {mon = [["09:00", "17:00"]]}\n'
        + "[[report]]\nname = 'breach'\n"
    )
    environ = {**SECRETS, "SLAMON_STORE__URL": "postgresql://u:canary-db@h/d"}

    text = run(check, config=path, environ=environ)
    document = json.loads(run(check, "--json", config=path, environ=environ).output)

    assert text.exit_code == 0
    for part in (": ok", "main (https://psa.example.org)", "business (Europe/London)", "Gold, default", "warning"):
        assert part in text.output
    assert document["ok"] is True
    assert document["tenants"] == {"main": {"url": "https://psa.example.org", "company": "training"}}
    assert document["calendars"] == {"business": "Europe/London"}
    assert document["policies"] == ["Gold", "default"]
    assert document["reports"] == {"breach": "0 7 * * *"}
    assert document["store"] == "postgresql://u:********@h/d"
    assert [line for line in document["warnings"] if line.startswith("mail: ")]
    assert "canary" not in text.output + json.dumps(document)


def test_check_without_any_file_says_how_to_get_one() -> None:
    result = run(check)

    assert result.exit_code == 2
    assert "slamon init" in result.output


@pytest.mark.parametrize("module", ["slamon.cli.check", "slamon.cli.init"])
def test_the_commands_load_nothing_heavy_before_they_run(module: str) -> None:
    heavy = "{'pydantic', 'structlog', 'sqlalchemy', 'httpx', 'numpy', 'pandas', 'cronsim'}"
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("mode", "warned"), [("require", True), ("disable", True), ("verify-full", False), ("", False)]
)
def test_a_database_that_need_not_prove_itself_is_warned_of(tmp_path: Path, mode: str, warned: bool) -> None:
    path = tmp_path / "slamon.toml"
    path.write_text(TENANT)
    query = f"?sslmode={mode}" if mode else ""
    environ = {**SECRETS, "SLAMON_STORE__URL": f"postgresql://u:canary-db@h/d{query}"}

    said = run(check, config=path, environ=environ)

    assert ("only sslmode=verify-full proves which server it is" in said.output) is warned, said.output
