"""XOAUTH2: a token instead of a password, read anew at every connection, refused with reasons, shown nowhere."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from slamon.errors import ChannelDownError
from slamon.mail import SmtpMailer, xoauth2
from slamon.mail.xoauth2 import TokenSource, token_from_command, token_from_file
from slamon.wiring import open_mailer
from tests.config.samples import good, only, refused
from tests.outputs.samples import notification
from tests.outputs.servers import CERTIFICATE, Inbox, listening

USER = "slamon@example.com"
TOKEN = "eyJ0b2tlbi1vbmU.4f0c"


class TokenInbox(Inbox):
    """A server that takes one token, and says why it does not take another, as Google and Microsoft do."""

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        self.answers: list[object] = []

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:
        blob = base64.b64decode(arguments[1])
        if blob == f"user={USER}\x01auth=Bearer {self.token}\x01\x01".encode():
            return AuthResult(success=True)
        reasons = {"status": "400", "schemes": "Bearer", "scope": "https://mail.google.com/"}
        self.answers.append(await server.challenge_auth(json.dumps(reasons)))
        return AuthResult(success=False, handled=False)


def mailer(port: int, token: TokenSource) -> SmtpMailer:
    return SmtpMailer("127.0.0.1", port, "starttls", USER, None, USER, 30.0, CERTIFICATE, token=token)


def refusal(port: int, token: TokenSource) -> ChannelDownError:
    with pytest.raises(ChannelDownError) as caught:
        mailer(port, token).deliver(notification())
    return caught.value


def test_a_token_is_read_anew_at_every_connection(tmp_path: Path) -> None:
    inbox, file = TokenInbox(), tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    with listening(inbox, starttls=True) as port:
        sender = mailer(port, token_from_file(file))
        sender.deliver(notification())
        inbox.token = "renewed"
        file.write_text("renewed")
        sender.deliver(notification())

    assert len(inbox.envelopes) == 2


def test_a_command_may_print_it() -> None:
    inbox = TokenInbox()
    with listening(inbox, starttls=True) as port:
        mailer(port, token_from_command([sys.executable, "-c", f"print({TOKEN!r})"])).deliver(notification())

    assert len(inbox.envelopes) == 1


def test_a_token_that_is_refused_keeps_the_mail_and_is_not_shown() -> None:
    inbox = TokenInbox("another")
    with listening(inbox, starttls=True) as port:
        error = refusal(port, lambda: TOKEN)

    assert "token refused (status 400)" in str(error)
    assert "535" in str(error)
    assert inbox.answers == [b""]  # the challenge was answered with nothing
    assert TOKEN not in str(error) + repr(error)


def test_a_server_that_repeats_the_token_does_not_get_it_into_the_error() -> None:
    sender = mailer(25, lambda: TOKEN)
    sender._secrets = xoauth2.encoded_forms(USER, TOKEN)
    sent = base64.b64encode(f"user={USER}\x01auth=Bearer {TOKEN}\x01\x01".encode()).decode()

    assert sender.without_secrets(f"535 you said {TOKEN} as {sent}") == "535 you said *** as ***"


def test_a_server_without_xoauth2_is_told_nothing() -> None:
    inbox = Inbox()
    with listening(inbox, starttls=True) as port:
        assert "offers no XOAUTH2" in str(refusal(port, lambda: TOKEN))
    assert inbox.logins == []


@pytest.mark.parametrize("text", ["", "\n", "two words", "naïve", "a\x00b", "x" * 9000])
def test_what_is_no_token_is_not_sent(tmp_path: Path, text: str) -> None:
    file = tmp_path / "token"
    file.write_text(text)
    with listening(TokenInbox(), starttls=True) as port:
        assert "token_file holds no token" in str(refusal(port, token_from_file(file)))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["/nowhere/token"], "cannot be run (No such file"),
        ([sys.executable, "-c", "import sys; print('s3cret', file=sys.stderr); sys.exit(3)"], "ended with status 3"),
    ],
)
def test_a_command_that_fails_makes_the_mail_wait(command: list[str], said: str) -> None:
    with listening(TokenInbox(), starttls=True) as port:
        error = str(refusal(port, token_from_command(command)))

    assert f"token_command {said}" in error
    assert "s3cret" not in error


def test_a_command_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xoauth2, "COMMAND_SECONDS", 0.2)
    with pytest.raises(ValueError, match="did not end within"):
        token_from_command([sys.executable, "-c", "import time; time.sleep(60)"])()


MAIL = '[mail]\nhost = "smtp.example.org"\nauth = "xoauth2"\n'
PASSWORD = {"SLAMON_MAIL__PASSWORD": "secret"}


@pytest.mark.parametrize(
    ("text", "environ", "key"),
    [
        ('username = "a@b.c"\n', {}, "mail.token_file"),
        ('token_command = ["x"]\n', {}, "mail.username"),
        ('token_command = ["x"]\nusername = "a@b.c"\n', PASSWORD, "mail.password"),
        ('token_command = ["x"]\nusername = "a@b.c"\nsecurity = "none"\nhost="localhost"\n', {}, "mail.security"),
        ('token_file = "nowhere"\nusername = "a@b.c"\n', {}, "mail.token_file"),
    ],
)
def test_settings_that_cannot_work_are_refused(text: str, environ: dict[str, str], key: str) -> None:
    whole = MAIL.replace('host = "smtp.example.org"\n', "") if "host=" in text else MAIL

    assert only(whole + text, environ).key == key


def test_a_token_without_xoauth2_is_refused() -> None:
    problems: list[Any] = refused('[mail]\nhost = "smtp.example.org"\ntoken_command = ["x"]\n')

    assert [problem.key for problem in problems] == ["mail.token_command"]


def test_the_settings_arrive() -> None:
    config = good(f'{MAIL}username = "{USER}"\ntoken_command = ["printf", "{TOKEN}"]\n')
    assert config.mail is not None
    sender = open_mailer(config.mail)

    assert sender._token is not None
    assert sender._token() == TOKEN
