"""The dialogue with one SMTP server: a message is accepted, refused, or its fate is unknown, and which is said."""

from __future__ import annotations

import base64
import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

from slamon.clean import clean_line
from slamon.errors import ChannelDownError, ConfigError, DeliveryError, DeliveryUnknownError, Problem
from slamon.mail.answers import Answer, describe, is_good, refusal, refusal_of_sender, verdict
from slamon.mail.attach import Attachments
from slamon.mail.bounded import BoundedSMTP, BoundedSMTPS
from slamon.mail.message import build_message, clean_domain, parse_address, wire_bytes
from slamon.mail.xoauth2 import TokenSource, encoded_forms, login
from slamon.ports import Notification

Security = Literal["none", "starttls", "tls"]
Fault = Callable[[str], DeliveryError]


class SmtpMailer:
    """The channel `mail`: one SMTP server and how it is reached.

    `timeout_seconds` bounds every step of the dialogue, however slowly its answer comes; not their sum.
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
        *,
        token: TokenSource | None = None,
        attachments: Attachments | None = None,
    ) -> None:
        """With *token* the login is XOAUTH2, by what it returns at each connection.

        Raises:
            ConfigError: Credentials without encryption or outside ASCII, an
                unusable sender, an unreadable `ca_file`.
        """
        _refuse_credentials(security, username, password)
        self.host = host
        self.port = port
        self.security = security
        self.username = username
        self._token = token
        self._attachments = attachments
        self._secrets = _forms_of(username or "", password) if password else ()
        self._password = password or ""
        self.timeout_seconds = timeout_seconds
        self.sender = _configured_sender(sender)
        self._tls = None if security == "none" else _configured_tls(ca_file)

    def __repr__(self) -> str:
        return f"SmtpMailer({self.host}:{self.port}, security={self.security!r}, sender={str(self.sender)!r})"

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @contextlib.contextmanager
    def session(self) -> Iterator[SmtpSession]:
        """Yield a session, which connects when it is first used; leave it without complaint."""
        session = SmtpSession(self)
        try:
            yield session
        finally:
            session.leave()

    def deliver(self, notification: Notification) -> None:
        """Return once the server has accepted the message: one phase, for a mail that nobody keeps track of.

        Raises:
            DeliveryError: As in `SmtpSession.deliver`.
        """
        with self.session() as session:
            session.deliver(notification, lambda: None)

    def build(self, notification: Notification) -> EmailMessage:
        """Return the message with the files that it brings."""
        if self._attachments is None:
            return build_message(notification, self.sender)
        note, files = self._attachments.of(notification)
        return build_message(note, self.sender, files)

    def open(self) -> smtplib.SMTP:
        """Return a connection that is encrypted and logged in as configured.

        Raises:
            OSError: All that smtplib, ssl and the sockets raise is one.
            ValueError: A part of it cannot be put on the wire.
        """
        smtp = self._connect()
        try:
            if self.security == "starttls":
                smtp.starttls(context=self._tls)
            if self.username:
                assert self._tls is not None
                self._log_in(smtp, self.username)
            smtp.ehlo_or_helo_if_needed()
            assert smtp.sock is not None
            # Body and final dot are two writes: without this the dot waits for the body's acknowledgement.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _log_in(self, smtp: smtplib.SMTP, username: str) -> None:
        if self._token is None:
            smtp.login(username, self._password)
            return
        token = self._token()
        self._secrets = encoded_forms(username, token)
        login(smtp, username, token)

    def _connect(self) -> smtplib.SMTP:
        own_name = _own_name()
        if self.security == "tls":
            return BoundedSMTPS(self.host, self.port, own_name, timeout=self.timeout_seconds, context=self._tls)
        return BoundedSMTP(self.host, self.port, own_name, timeout=self.timeout_seconds)

    def without_secrets(self, text: str) -> str:
        """Return *text* without password or token, should a server repeat what it was told."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


class SmtpSession:
    """One connection, opened when it is first needed; messages follow each other on it."""

    def __init__(self, mailer: SmtpMailer) -> None:
        self._mailer = mailer
        self._smtp: smtplib.SMTP | None = None

    def connect(self) -> None:
        """
        Raises:
            ChannelDownError: The server is not there, not trusted, or does not let us in.
        """
        if self._smtp is None:
            with self._blaming(ChannelDownError):
                self._smtp = self._mailer.open()

    def deliver(self, notification: Notification, commit: Callable[[], None]) -> None:
        """Return once the server has accepted the message.

        *commit* is called when the server has been given all but the final
        dot: what it raises leaves the message undelivered, for certain.

        Raises:
            ChannelDownError: Nothing gets through; that says nothing of this message.
            DeliveryUnknownError: The dot was sent and no answer came that tells.
            DeliveryError: Refused, for now or for good (`permanent`).
        """
        message = self._mailer.build(notification)
        recipient = parse_address(notification.recipient).addr_spec
        self.connect()
        assert self._smtp is not None
        try:
            self._offer(self._smtp, message, recipient)
            commit()
            self._finish(self._smtp)
        except DeliveryError as error:
            self._recover(error)
            raise
        except BaseException:
            self._drop()  # in the middle of a message: all that we said would be taken for a part of it
            raise

    def leave(self) -> None:
        """Say goodbye and close. A failing QUIT must not make an accepted message look undelivered."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if smtp.sock is not None:
                smtp.quit()
        smtp.close()

    def _offer(self, smtp: smtplib.SMTP, message: EmailMessage, recipient: str) -> None:
        """Send everything but the final dot."""
        where = self._mailer.address
        sender = self._mailer.sender.addr_spec
        utf8 = not (sender + recipient).isascii()
        if utf8 and not smtp.has_extn("smtputf8"):
            raise DeliveryError(f"{where}: cannot take the address {clean_line(recipient)!r}", permanent=True)
        raw = wire_bytes(message, utf8=utf8)
        options = [f"size={len(raw)}"] if smtp.has_extn("size") else []
        with self._blaming(ChannelDownError):
            answer = self._heard(smtp.mail(sender, [*options, "SMTPUTF8", "BODY=8BITMIME"] if utf8 else options))
        if not is_good(answer):
            raise refusal_of_sender(answer, where)
        with self._blaming(_broke_off):
            answer = self._heard(smtp.rcpt(recipient))
            if not is_good(answer):
                raise refusal(answer, where, what="recipient ")
            answer = self._heard(smtp.docmd("DATA"))
            if answer[0] != 354:
                raise refusal(answer, where)
            smtp.send(raw)

    def _finish(self, smtp: smtplib.SMTP) -> None:
        """Send the final dot, the one step whose outcome may stay unknown, and read what became of it."""
        with self._blaming(DeliveryUnknownError):
            smtp.send(b".\r\n")
            answer = self._heard(smtp.getreply())
        error = verdict(answer, self._mailer.address)
        if error is not None:
            raise error

    def _recover(self, error: DeliveryError) -> None:
        """Bring the connection to where the next message may begin, or give it up."""
        if error.closing:
            self.leave()
            return
        assert self._smtp is not None
        try:
            fit = is_good(self._smtp.rset())
        except (OSError, smtplib.SMTPException):
            fit = False
        if not fit:
            self._drop()

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _heard(self, answer: Answer) -> Answer:
        return answer[0], self._mailer.without_secrets(answer[1].decode("utf-8", "replace")).encode()

    @contextlib.contextmanager
    def _blaming(self, fault: Fault) -> Iterator[None]:
        """Turn what smtplib, ssl and the sockets raise into the error that *fault* makes of its description."""
        try:
            yield
        except (OSError, ValueError) as error:  # SMTPException is an OSError
            shown = self._mailer.without_secrets(describe(error))
            # Not `from error`: what the server repeated would stand in the traceback.
            raise fault(f"{self._mailer.address}: {shown}") from None


def _broke_off(line: str) -> DeliveryError:
    """The connection broke on this message: perhaps because of it, so it waits and others go first."""
    return DeliveryError(line, permanent=False, closing=True)


def _forms_of(username: str, password: str) -> tuple[str, ...]:
    """Return the forms in which a password travels."""
    return password, _base64(f"\0{username}\0{password}".encode()), _base64(password.encode())


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
