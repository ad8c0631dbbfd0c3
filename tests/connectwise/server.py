"""A server of a few lines on a real socket, which answers exactly the bytes a test wants."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

REASONS = {200: "OK", 429: "Too Many Requests"}


@dataclass(frozen=True)
class Request:
    """What arrived: `headers` by lower-case name, `query` decoded, `body` as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at: float  # the event loop's time
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What goes back. `body` may be any bytes; `length` lies about them when given."""

    body: bytes | Sequence[object] | Mapping[str, object] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = -1

    def bytes(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "Connection": "close", **self.headers}
        if self.length is not None:
            headers["Content-Length"] = str(len(body) if self.length == -1 else self.length)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Status')}\r\n{head}\r\n".encode() + body


Writer = Callable[[asyncio.StreamWriter], Awaitable[None]]
Handler = Callable[[Request], "Reply | Writer | Awaitable[Reply]"]


@dataclass
class Server:
    """Where it listens and what it was asked. `handler` may be exchanged at any time."""

    handler: Handler
    url: str = ""
    requests: list[Request] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request = _parse(head)
            if length := int(request.headers.get("content-length", 0)):
                request = replace(request, body=await reader.readexactly(length))
            self.requests.append(request)
            answer = self.handler(request)
            if isinstance(answer, Reply):
                writer.write(answer.bytes())
                await writer.drain()
            elif isinstance(answer, Awaitable):
                writer.write((await answer).bytes())
                await writer.drain()
            else:
                await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away, as some tests want
        finally:
            writer.close()


def _parse(head: str) -> Request:
    first, *rest = head.rstrip().split("\r\n")
    method, address, _ = first.split(" ")
    target = urlsplit(address)
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
    return Request(
        method,
        target.path,
        dict(parse_qsl(target.query, keep_blank_values=True)),
        headers,
        asyncio.get_running_loop().time(),
    )


@asynccontextmanager
async def serving(handler: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Serve *handler* on a free loopback port."""
    server = Server(handler)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/v4_6_release/apis/3.0"
    try:
        yield server
    finally:
        listener.close()


def script(*replies: Reply | Writer) -> Handler:
    """Answer the n-th request with the n-th reply, and all later ones with the last."""
    left = list(replies)

    def handler(_: Request) -> Reply | Writer:
        return left.pop(0) if len(left) > 1 else left[0]

    return handler


@dataclass
class Routes:
    """Answer `METHOD /path` below the API as the table says; a list is answered entry by entry, the last for ever."""

    table: dict[str, Reply | list[Reply]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        name = f"{request.method} {request.path.partition('/apis/3.0')[2]}"
        self.asked.append(name)
        answer = self.table.get(name, Reply({"code": "ConnectWiseApi", "message": "The endpoint does not exist."}, 404))
        if isinstance(answer, list):
            return answer.pop(0) if len(answer) > 1 else answer[0]
        return answer
