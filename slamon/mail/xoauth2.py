"""Logging in with a token instead of a password: SASL XOAUTH2, as Microsoft 365 and Google want it."""

from __future__ import annotations

import base64
import contextlib
import json
import smtplib
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from slamon.clean import clean_line
from slamon.redact import register_secret

TokenSource = Callable[[], str]
COMMAND_SECONDS = 30.0
LONGEST = 8192  # characters; RFC 4954 lets a whole line of AUTH have 12288


class TokenRefusedError(smtplib.SMTPAuthenticationError):
    """The server does not take the token; `status` is what its challenge said of it."""

    def __init__(self, code: int, words: bytes | str, status: str) -> None:
        super().__init__(code, words)
        self.status = status


def token_from_file(path: Path | str) -> TokenSource:
    """Return what reads the token in *path*, anew at every call: whoever renews it writes the file."""
    return partial(_read_file, Path(path))


def token_from_command(command: Sequence[str]) -> TokenSource:
    """Return what runs *command*, without a shell, and takes the token it prints."""
    return partial(_run, tuple(command))


def sasl_text(username: str, token: str) -> str:
    """Return what is sent for *token*, before base64."""
    return f"user={username}\x01auth=Bearer {token}\x01\x01"


def login(smtp: smtplib.SMTP, username: str, token: str) -> None:
    """
    Log in; a challenge with the server's reasons is answered with nothing, as the protocol has it.

    Raises:
        TokenRefusedError: The server does not take it.
        SMTPException: It offers no XOAUTH2, or broke off.
    """
    reasons: list[str] = []

    def answer(challenge: bytes | None = None) -> str:
        if challenge is None:
            return sasl_text(username, token)
        reasons.append(_status_in(challenge))
        return ""

    smtp.ehlo_or_helo_if_needed()
    if "XOAUTH2" not in smtp.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("the server offers no XOAUTH2")
    try:
        smtp.auth("XOAUTH2", answer)
    except smtplib.SMTPAuthenticationError as error:
        raise TokenRefusedError(error.smtp_code, error.smtp_error, "".join(reasons[:1])) from None


def _status_in(challenge: bytes) -> str:
    """Return the `status` in a challenge such as {"status":"400","schemes":"Bearer"}; '' without one."""
    with contextlib.suppress(ValueError, AttributeError):
        return clean_line(str(json.loads(challenge).get("status", "")), 20)
    return ""


def _read_file(path: Path) -> str:
    try:
        return _checked(path.read_text("utf-8"), "token_file")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ValueError(f"token_file cannot be read ({reason})") from None


def _run(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=COMMAND_SECONDS, check=False)  # noqa: S603  (the operator's own)
    except subprocess.TimeoutExpired:
        raise ValueError(f"token_command did not end within {COMMAND_SECONDS:g} s") from None
    except OSError as error:
        raise ValueError(f"token_command cannot be run ({error.strerror})") from None
    if done.returncode:
        raise ValueError(f"token_command ended with status {done.returncode}")
    return _checked(done.stdout.decode("utf-8", "replace"), "token_command")


def _checked(text: str, where: str) -> str:
    """Return the token in *text*, known to the log as a secret from here on."""
    token = text.strip()
    if not token or len(token) > LONGEST or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError(f"{where} holds no token: one line of printable ASCII without blanks is expected")
    register_secret(token)
    return token


def encoded_forms(username: str, token: str) -> tuple[str, str]:
    """Return the forms of *token* in which it travels."""
    return token, base64.b64encode(sasl_text(username, token).encode()).decode("ascii")
