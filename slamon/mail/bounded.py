"""smtplib's connections, with a bound for each answer as a whole: a server that drips holds nobody for hours."""

from __future__ import annotations

import smtplib
import socket
import time
from typing import Any

_CHUNK = 4096


class AnswerReader:
    """Reads lines from a socket until its patience with the current answer ends; what smtplib needs of a file."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self._seconds = seconds
        self._until = 0.0
        self._held = b""

    def begin(self) -> None:
        """Be patient anew: an answer begins."""
        self._until = time.monotonic() + self._seconds

    def readline(self, limit: int) -> bytes:
        """
        Return the next line, or *limit* bytes of it; less when the other side has closed.

        Raises:
            TimeoutError: The answer is not there in time, however busily it comes.
        """
        try:
            while b"\n" not in self._held and len(self._held) < limit:
                self._sock.settimeout(self._left())
                chunk = self._sock.recv(_CHUNK)
                if not chunk:
                    break
                self._held += chunk
        finally:
            self._sock.settimeout(self._seconds)
        end = min(limit, self._held.find(b"\n") + 1 or limit)
        line, self._held = self._held[:end], self._held[end:]
        return line

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no whole answer within {self._seconds:g} s")
        return left

    def close(self) -> None:
        """Nothing: the socket is closed by who opened it."""


class _Bounded:
    """Gives smtplib such a reader wherever it would make a file of its socket."""

    sock: socket.socket | None
    file: Any
    timeout: float

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = AnswerReader(self.sock, self.timeout)
        if self.file is not None:
            self.file.begin()
        return super().getreply()  # type: ignore[misc, no-any-return]


class BoundedSMTP(_Bounded, smtplib.SMTP):
    """In clear, or with STARTTLS."""


class BoundedSMTPS(_Bounded, smtplib.SMTP_SSL):
    """TLS from the first byte."""
