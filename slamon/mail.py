"""Mail by SMTP: one notification in, one message accepted by the server, or a DeliveryError."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from pathlib import Path
from typing import Literal

from slamon.clean import clean_line, clean_text
from slamon.errors import ConfigError, DeliveryError, Problem
from slamon.ports import Notification

Security = Literal["none", "starttls", "tls"]
# Answers to a message that speak of us, not of it: log in first, encrypt first (RFC 4954).
LOGIN_CODES = (530, 534, 535, 538)


def message_id(key: str, recipient: str, domain: str) -> str:
    """Return the Message-ID of the notification *key* to *recipient*: the same for every attempt."""
    digest = hashlib.sha256(f"{key}\n{recipient}".encode("utf-8", "backslashreplace")).hexdigest()
    return f"<{digest[:32]}@{clean_domain(domain)}>"


def clean_domain(domain: str) -> str:
    """Return *domain* in ASCII, fit for a Message-ID; `slamon.invalid` where nothing is left of it."""
    kept = "".join(c for c in domain if c.isascii() and (c.isalnum() or c in ".-"))
    return kept.strip(".-")[:100] or "slamon.invalid"


def parse_address(text: str) -> Address:
    """Read `name <user@host>` or `user@host`.

    Raises:
        DeliveryError: Not an address; permanent, since it will not become one.
    """
    try:
        ((name, spec),) = getaddresses([text])
        address = Address(display_name=clean_line(name), addr_spec=spec)
        if not (address.username and address.domain and text.isprintable()):
            raise ValueError(text)
    except Exception as error:  # the parser of the standard library also raises IndexError on odd input
        raise DeliveryError(f"{clean_line(text)!r} is not a mail address", permanent=True) from error
    return address


def build_message(notification: Notification, sender: Address) -> EmailMessage:
    """Return the message as it goes over the wire: text and HTML, headers cleaned.

    `Date` is when the notification was made, so every attempt is the same
    message; only `X-Slamon-Attempt` tells a repetition apart. The two
    headers about automatic mail keep out-of-office replies from reopening
    tickets.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = clean_line(notification.subject)
    message["From"] = sender
    message["To"] = parse_address(notification.recipient)
    message["Date"] = format_datetime(notification.created_at)
    message["Message-ID"] = clean_line(notification.message_id) or message_id(
        notification.key, notification.recipient, sender.domain
    )
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if notification.kind == "canary":
        message["X-Slamon-Canary"] = "yes"
    if notification.attempts > 1:
        message["X-Slamon-Attempt"] = str(notification.attempts)
    message.set_content(clean_text(notification.text), cte="quoted-printable")
    if notification.html:
        message.add_alternative(clean_text(notification.html), subtype="html", cte="quoted-printable")
    return message


class SmtpMailer:
    """Delivers notifications to one SMTP server, one connection each.

    `timeout_seconds` bounds every step of the dialogue, not its sum.
    `ca_file` replaces the system's authorities for this server; there is no
    switch that turns verification off.
    """

    def __init__(
        self,
        host: str,
        port: int,
        security: Security,
        username: str | None,
        password: str | None,
        sender: str,
        timeout_seconds: float = 30.0,
        ca_file: Path | str | None = None,
    ) -> None:
        """
        Raises:
            ConfigError: Credentials without encryption or outside ASCII, an
                unusable sender, an unreadable `ca_file`.
        """
        _refuse_credentials(security, username, password)
        self.host = host
        self.port = port
        self.security = security
        self.username = username
        self._password = password or ""
        self.timeout_seconds = timeout_seconds
        self.sender = _configured_sender(sender)
        self._tls = None if security == "none" else _configured_tls(ca_file)

    def __repr__(self) -> str:
        return f"SmtpMailer({self.host}:{self.port}, security={self.security!r}, sender={str(self.sender)!r})"

    def deliver(self, notification: Notification) -> None:
        """
        Return once the server has accepted the message.

        Raises:
            DeliveryError: Not accepted. Permanent only when the server
                refused this message or its recipient with a 5xx. A server
                that is down, untrusted or refuses our login says nothing
                about the message, which is kept.
        """
        message = build_message(notification, self.sender)
        with self._connected() as smtp, self._translated("message"):
            smtp.send_message(message)

    @contextlib.contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """Yield a session that is encrypted and logged in as configured; leave without complaint.

        Once the message is accepted, a failing QUIT must not make it look
        undelivered: it would be sent twice.
        """
        with self._translated("connection"):
            smtp = self._connect()
        try:
            with self._translated("connection"):
                self._secure_and_login(smtp)
            yield smtp
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                if smtp.sock is not None:
                    smtp.quit()
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        own_name = _own_name()
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, own_name, timeout=self.timeout_seconds, context=self._tls)
        return smtplib.SMTP(self.host, self.port, own_name, timeout=self.timeout_seconds)

    def _secure_and_login(self, smtp: smtplib.SMTP) -> None:
        if self.security == "starttls":
            smtp.starttls(context=self._tls)
        if self.username:
            assert self._tls is not None
            smtp.login(self.username, self._password)

    @contextlib.contextmanager
    def _translated(self, what: Literal["connection", "message"]) -> Iterator[None]:
        """Turn what smtplib, ssl and the sockets raise into a DeliveryError that says where."""
        try:
            yield
        except (OSError, ValueError) as error:  # SMTPException is an OSError
            refused = what == "message" and _is_refusal(error)
            shown = self._without_secrets(_describe(error))
            # Not `from error`: what the server repeated would stand in the traceback.
            raise DeliveryError(f"{self.host}:{self.port}: {shown}", permanent=refused) from None

    def _without_secrets(self, text: str) -> str:
        """Return *text* without the password, should a server repeat what it was told."""
        if not self._password:
            return text
        plain = f"\0{self.username}\0{self._password}".encode()
        for secret in (self._password, _base64(plain), _base64(self._password.encode())):
            text = text.replace(secret, "***")
        return text


def _is_refusal(error: Exception) -> bool:
    """Return whether the server, or its lack of a feature, rules this message out for good."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(_refuses(code) for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return _refuses(error.smtp_code)
    return isinstance(error, smtplib.SMTPNotSupportedError | ValueError)


def _refuses(code: int) -> bool:
    return code >= 500 and code not in LOGIN_CODES


def _describe(error: Exception) -> str:
    """Return one line on what went wrong, the server's own words included."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return f"recipient refused: {code} {_words(words)}"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"login refused, check username and password: {error.smtp_code} {_words(error.smtp_error)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"refused: {error.smtp_code} {_words(error.smtp_error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not trusted: {error.verify_message}; name its authority in mail.ca_file"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return clean_line(str(error)) or type(error).__name__


def _words(answer: bytes | str) -> str:
    return clean_line(answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _own_name() -> str:
    """Return the name we greet with. Not getfqdn(), which asks the DNS and may take seconds."""
    name = socket.gethostname()
    return name if "." in name and clean_domain(name) == name else "[127.0.0.1]"


def _refuse_credentials(security: Security, username: str | None, password: str | None) -> None:
    if username and security == "none":
        remedy = 'a password is never sent in clear; use "starttls" or "tls", or remove the username'
        raise ConfigError("mail", [Problem("mail.security", '"none"', remedy)])
    if not f"{username or ''}{password or ''}".isascii():
        # smtplib encodes both as ASCII, and its exception would carry the password.
        raise ConfigError("mail", [Problem("mail.password", "", "username and password must be plain ASCII")])


def _configured_sender(sender: str) -> Address:
    try:
        return parse_address(sender)
    except DeliveryError as error:
        remedy = 'write an address such as "slamon <slamon@example.com>"'
        raise ConfigError("mail", [Problem("mail.sender", repr(clean_line(sender)), remedy)]) from error


def _configured_tls(ca_file: Path | str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as error:
        remedy = f"not a readable file of PEM certificates ({error})"
        raise ConfigError("mail", [Problem("mail.ca_file", str(ca_file), remedy)]) from error
