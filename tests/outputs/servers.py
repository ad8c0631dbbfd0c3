"""SMTP servers to talk to: real sockets, each with one habit."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

DATA = Path(__file__).parent / "data"
CERTIFICATE = DATA / "localhost.pem"  # signed by itself, for localhost and 127.0.0.1
PASSWORD = "correct-horse"
SECRET = "2f7a0c0e-secret"  # the address of the dead man's switch


class Inbox:
    """Keeps what it accepts; refuses senders' commands with the answers it is given."""

    def __init__(
        self, *, on_rcpt: str = "", on_data: str = "", refused: tuple[str, ...] = (), password: str = PASSWORD
    ) -> None:
        self.envelopes: list[Envelope] = []
        self.sessions: list[Session] = []
        self._refused = refused
        self.logins: list[str] = []
        self._password = password.encode()
        self._on_rcpt = on_rcpt
        self._on_data = on_data

    async def handle_RCPT(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.sessions.append(session)
        if self._on_rcpt:
            return self._on_rcpt
        if address in self._refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if not self._on_data:
            self.envelopes.append(envelope)
        return self._on_data or "250 OK"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        self.logins.append(data.login.decode())
        # Not handled: the server itself answers 535 to a failure.
        return AuthResult(success=data.password == self._password, handled=False)

    def content(self) -> bytes:
        (envelope,) = self.envelopes
        assert isinstance(envelope.content, bytes)
        return envelope.content


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, DATA / "localhost.key")
    return context


@contextlib.contextmanager
def listening(inbox: Inbox, *, starttls: bool = False, tls: bool = False) -> Iterator[int]:
    """Yield the port of an SMTP server that hands its mails to *inbox*."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(
        inbox,
        hostname="127.0.0.1",
        port=port,
        server_hostname="localhost",
        ssl_context=server_tls() if tls else None,
        tls_context=server_tls() if starttls else None,
        authenticator=inbox.authenticate,
        auth_require_tls=not tls,  # with TLS from the start, aiosmtpd does not know that it is encrypted
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """Yield the port of a server that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextlib.contextmanager
def closed() -> Iterator[int]:
    """Yield a port on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@contextlib.contextmanager
def scripted(answers: dict[str, str], *, greeting: str = "220 scripted") -> Iterator[int]:
    """
    Yield the port of a server that answers each command by its first word, else `250 OK`; '' hangs up.

    The word `.` is the end of a message.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_follow, args=(server, answers, greeting))
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def _follow(server: socket.socket, answers: dict[str, str], greeting: str) -> None:
    connection, _ = server.accept()
    with connection, connection.makefile("rwb") as stream:

        def say(line: str) -> None:
            stream.write(line.encode() + b"\r\n")
            stream.flush()

        say(greeting)
        in_message = False
        for raw in stream:
            word = (raw.decode().split() or [""])[0].upper()
            if in_message and word != ".":
                continue
            answer = answers.get(word, "354 go on" if word == "DATA" else "250 OK")
            if not answer:
                return
            in_message = answer.startswith("354")
            say(answer)
            if word == "QUIT":
                return


@contextlib.contextmanager
def switch(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """Yield the address of a dead man's switch, and the paths that were posted to it."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/{SECRET}", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
