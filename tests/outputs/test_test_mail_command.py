"""`slamon test-mail`, with a real server behind it."""

from __future__ import annotations

import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from slamon.cli import test_mail as command
from tests.outputs.servers import PASSWORD, Inbox, closed, listening, scripted


def run(address: str, **settings: object) -> Result:
    """Run the command with these settings of [mail]; no setting at all is no section."""
    values = {
        "host": "127.0.0.1",
        "port": 25,
        "security": "none",
        "username": "",
        "password": None,
        "sender": "slamon@example.com",
        "timeout_seconds": 5.0,
        "ca_file": "",
        "token_file": "",
        "token_command": (),
        "templates": "",
    }
    mail = SimpleNamespace(**{**values, **settings}) if settings else None
    obj = SimpleNamespace(config=SimpleNamespace(mail=mail))
    return CliRunner().invoke(command.test_mail, [address], obj=obj)


def test_a_test_mail_arrives() -> None:
    inbox = Inbox()
    with listening(inbox) as port:
        result = run("ann@example.com", port=port)

    assert (result.exit_code, result.output) == (0, f"127.0.0.1:{port} accepted a test mail to ann@example.com\n")
    message = message_from_bytes(inbox.content(), policy=default)
    assert message["Subject"] == "slamon test mail"
    assert f"Server    127.0.0.1:{port} (none)" in str(message.get_body(("plain",)))


def test_without_mail_settings_there_is_one_clear_line() -> None:
    result = run("ann@example.com")

    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "mail: not configured; add a [mail] section with host and sender to slamon.toml"
    ]


def test_a_failure_is_one_line_and_status_1() -> None:
    with closed() as port:
        result = run("ann@example.com", port=port)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"no mail was sent: 127.0.0.1:{port}: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("address", ["nobody", "a@b\r\nBcc: c@d"])
def test_what_is_no_address_is_said(address: str) -> None:
    result = run(address, port=1)

    assert result.exit_code == 1
    assert "is not a mail address" in result.stderr


def test_credentials_in_clear_are_a_wrong_configuration() -> None:
    result = run("ann@example.com", username="slamon", password=SecretStr(PASSWORD))

    assert result.exit_code == 2
    assert "never sent in clear" in result.stderr
    assert PASSWORD not in result.output


def test_loading_the_command_loads_no_mail_code() -> None:
    code = (
        "import sys; import slamon.cli.test_mail;"
        "assert not {'smtplib', 'jinja2', 'css_inline', 'slamon.mail'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_server_that_does_not_say_whether_it_took_the_mail_is_not_spoken_for() -> None:
    with scripted({".": ""}) as port:
        result = run("ann@example.com", port=port)

    assert result.exit_code == 1
    assert result.stderr.startswith("the test mail may have been sent; the server did not say: ")
