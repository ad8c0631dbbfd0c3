"""`slamon preview` of sample data: any mail, in any form, without a configuration; of tickets see test_tickets."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slamon.cli.app import cli
from slamon.reporting.samples import SAMPLES


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where no configuration is found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["preview", *arguments])


def test_the_list_names_every_mail_and_its_samples() -> None:
    lines = run("--list").output.splitlines()

    assert [line.split()[0] for line in lines] == list(SAMPLES)
    assert lines[0].split(None, 1)[1] == ", ".join(SAMPLES["near_breach"])


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_message_is_written_whole(kind: str, tmp_path: Path) -> None:
    result = run(kind, "--sample", "hostile", "--format", "eml", "--out", "it.eml")

    assert (result.exit_code, result.output) == (0, "it.eml\n")
    message = message_from_bytes((tmp_path / "it.eml").read_bytes(), policy=default)
    assert not message.defects
    assert message["Bcc"] is None
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_html_and_text_go_to_standard_output() -> None:
    assert run("breach").output.startswith("<!DOCTYPE html>")
    assert run("breach", "--format", "txt").output.startswith("Ticket 1042 (Larkspur Dental Group): resolve breached")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no MAIL; there is: near_breach, "),
        (["brech"], "no mail 'brech'; there is: near_breach, "),
        (["breach", "--sample", "nix"], "breach has no sample 'nix'; there is: calm, hostile, late, reminder"),
        (["digest", "--ticket", "7"], "--ticket goes with near_breach and breach"),
        (["breach", "--ticket", "7", "--sample", "calm"], "give --ticket or --sample, not both"),
        (["breach", "--stage", "plan"], "--tenant and --stage go with --ticket"),
    ],
)
def test_what_does_not_fit_together_is_said(arguments: list[str], said: str) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert said in result.output


def test_a_file_that_cannot_be_written_is_named() -> None:
    result = run("breach", "--out", "no/such/folder/it.html")

    assert result.exception is not None
    assert "no/such/folder/it.html cannot be written (No such file or directory)" in str(result.exception)
