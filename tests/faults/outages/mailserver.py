"""A mail server that fails on purpose: down, refusing, hanging or resetting at a chosen step of the dialogue."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser

from tests.faults.kills.checker import Mail, mail_of

HANG, RESET, DRIP = "hang", "reset", "drip"
STEPS = ("connect", "EHLO", "MAIL", "RCPT", "DATA", ".")
"""The moments at which it may fail: once connected, and where the answer to a command is due; `.` ends a message."""

DRIP_SECONDS = 0.05

Habit = Callable[[str, str], str]
"""Takes a step and its line, in small letters; returns an answer, HANG, RESET, DRIP, or "" for none of them."""

_GOOD = {"connect": "220 here", "DATA": "354 go on", "QUIT": "221 bye"}


def well(_step: str, _line: str) -> str:
    """Do as one should."""
    return ""


@dataclass
class MailServer:
    """Listens on one port for as long as it is up. `keeps_unanswered`: a message counts although no 250 was given."""

    habit: Habit = well
    keeps_unanswered: bool = False
    accepted: list[Mail] = field(default_factory=list)
    port: int = 0
    _listener: socket.socket | None = None
    _open: set[socket.socket] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)

    def up(self) -> None:
        """Listen; on the port of before, if it was up before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def let_go(self) -> None:
        """End the connections there are, those on which it hangs too."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def down(self) -> None:
        """Refuse all connections from now on, and end those there are."""
        assert self._listener is not None
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.let_go()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _start(self, work: Callable[[socket.socket], None], about: socket.socket) -> None:
        thread = threading.Thread(target=work, args=(about,))
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                connection, _ = listener.accept()
                self._open.add(connection)
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError):
            for step, line, message in _dialogue(lines):
                answer = self.habit(step, line) or _GOOD.get(step, "250 fine")
                if step == "." and (answer.startswith("250") or self.keeps_unanswered):
                    self._keep(message)
                if answer == RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
                if answer == HANG:
                    lines.read()  # until the other side has had enough
                    break
                if answer == DRIP:
                    _drip(connection)
                    break
                connection.sendall(answer.encode() + b"\r\n")
                if step == "QUIT" or answer.startswith("421"):
                    break
        self._open.discard(connection)

    def _keep(self, message: bytes) -> None:
        head = BytesHeaderParser().parsebytes(message)
        self.accepted.append(mail_of(head, head["To"]))


def _drip(connection: socket.socket) -> None:
    """Give one letter after the other of a good answer that has no end, until the other side has had enough."""
    with contextlib.suppress(OSError):
        connection.sendall(b"250-")
        while not _is_ended(connection):
            connection.sendall(b"x")
            time.sleep(DRIP_SECONDS)


def _is_ended(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    finally:
        connection.setblocking(True)


def _dialogue(lines: Iterator[bytes]) -> Iterator[tuple[str, str, bytes]]:
    """Yield each step with its line, and with the message where it ends one; DATA is believed to be let through."""
    yield "connect", "", b""
    for raw in lines:
        line = raw.decode().strip().lower()
        step = line.partition(" ")[0].upper()
        yield step, line, b""
        if step == "DATA":
            content = bytearray()
            for part in lines:
                if part == b".\r\n":
                    yield ".", "", bytes(content)
                    break
                if part.upper() == b"RSET\r\n":  # DATA was refused
                    yield "RSET", "", b""
                    break
                content += part


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Give a server that is up; it is down after the block."""
    server = MailServer()
    server.up()
    try:
        yield server
    finally:
        server.down()


@dataclass
class Once:
    """A habit: fails the first time that *step* comes, and never again; calls *then* when it does."""

    step: str
    answer: str
    then: Callable[[], None] = lambda: None
    has_come: bool = False

    def __call__(self, step: str, _line: str) -> str:
        if self.has_come or step != self.step:
            return ""
        self.has_come = True
        self.then()
        return self.answer
