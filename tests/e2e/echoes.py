"""Servers that give back what they were told, as badly kept ones do: the worst place for a secret."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Echo(BaseHTTPRequestHandler):
    """Refuses with everything it was sent: 401 to GET, 500 to the rest."""

    def _refuse(self, status: int) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = f"{self.requestline}\n{self.headers}".encode() + self.rfile.read(length)
        self.send_response(status, self.headers.get("Authorization", "nothing"))
        self.send_header("Content-Type", "text/plain")
        self.send_header("X-You-Said", " ".join(str(self.headers).split()))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self._refuse(401)

    def do_POST(self) -> None:
        self._refuse(500)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


@contextlib.contextmanager
def echoing() -> Iterator[str]:
    """Give the address of an HTTP server that refuses and repeats every request."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def refusing_logins(context: ssl.SSLContext) -> Iterator[int]:
    """Give the port of an SMTP server (TLS from the start) that repeats the login it refuses."""
    ended = threading.Event()

    def serve(listener: socket.socket) -> None:
        while not ended.is_set():
            with contextlib.suppress(OSError):
                raw, _ = listener.accept()
                with context.wrap_socket(raw, server_side=True) as connection, connection.makefile("rb") as lines:
                    _converse(lines, connection.sendall)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def _converse(lines: Iterable[bytes], send: Callable[[bytes], None]) -> None:
    def say(text: bytes) -> None:
        send(text + b"\r\n")

    say(b"220 echo")
    for line in lines:
        word = line.upper().split()[:1]
        if word == [b"EHLO"]:
            say(b"250-echo\r\n250 AUTH PLAIN LOGIN")
        elif word == [b"QUIT"]:
            say(b"221 bye")
            return
        else:
            say(b"535 not you: " + line.strip())
