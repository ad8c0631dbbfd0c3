"""A simulated ConnectWise on a real socket, and all that was asked of it, for the judge."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from slamon.simulator import SimClock, Simulator
from slamon.simulator.app import create_app
from tests.contract.description import validate_answer, validate_request

FRIDAY_AFTERNOON = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)
API = "/v4_6_release/apis/3.0"
AUTH = ("training+public", "private")
HEADERS = {"clientId": "any"}


@dataclass(slots=True)
class Exchange:
    """One request and its answer, as they stood on the wire."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""
    status: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer_body: bytes = b""

    def judge(self) -> str:
        """Return the operation's name.

        Raises:
            ContractError: The request or the answer does not fit the description.
        """
        operation = validate_request(self.method, self.path, self.query, self.headers, self.body)
        self.judge_answer()
        return str(operation)

    def judge_answer(self) -> None:
        """Judge the answer alone, where the request was wrong on purpose.

        Raises:
            ContractError: The answer does not fit the description.
        """
        answer = httpx.Response(self.status, headers=self.answer_headers, content=self.answer_body)
        validate_answer(self.method, self.path, self.status, self.answer_headers, answer.content, query=self.query)


class Recorder:
    """An ASGI application that keeps what passes through to another one."""

    def __init__(self, app: ASGIApp) -> None:
        self.exchanges: list[Exchange] = []
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(
            scope["method"], scope["path"], scope["query_string"].decode("latin-1"), _headers(scope["headers"])
        )
        self.exchanges.append(exchange)

        async def heard() -> Message:
            message = await receive()
            exchange.body += message.get("body", b"")
            return message

        async def said(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status, exchange.answer_headers = message["status"], _headers(message["headers"])
            exchange.answer_body += message.get("body", b"")
            await send(message)

        await self._app(scope, heard, said)


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}


@dataclass(frozen=True, slots=True)
class Desk:
    """A served simulator: a client that may ask it, and what everybody asked of it so far."""

    url: str
    client: httpx.Client
    recorder: Recorder


@contextmanager
def desk(tickets: int = 40, closed: int = 60) -> Iterator[Desk]:
    """Serve a simulator that stands still on a Friday afternoon."""
    recorder = Recorder(create_app(Simulator(7, tickets, closed, clock=SimClock(FRIDAY_AFTERNOON, speed=0))))
    with serving(recorder) as url, httpx.Client(base_url=url + API, auth=AUTH, headers=HEADERS) as client:
        yield Desk(url, client, recorder)


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve *app* from a thread on a free port and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = _Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            assert server.listening.wait(10)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


class _Server(uvicorn.Server):
    """A uvicorn that tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()
