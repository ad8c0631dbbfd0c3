"""
A reverse proxy that does to a server's answers what its chaos says: HTTP/1.1, each request on a connection of its own.

A socket can do what no web framework lets an application do: reset, stop in the middle, drip.
"""

import asyncio
import socket
import ssl
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import h11

from slamon.simulator.chaos import UNASKED, Chaos, Fault
from slamon.simulator.delivery import Delivery, End, badly, whole
from slamon.simulator.memory import Memory
from slamon.simulator.reply import FRAMING, Reply
from slamon.simulator.spoil import MAKERS, Asked, refusal

LARGEST_HEAD = 64 * 1024
READ_BYTES = 64 * 1024
LINGER_NOT = struct.pack("ii", 1, 0)
"""SO_LINGER without time: closing sends a reset."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer that went wrong: the number of the request, how, and what was asked."""

    number: int
    fault: Fault
    method: str
    target: str

    def __str__(self) -> str:
        return f"chaos {self.number} {self.fault}: {self.method} {self.target}"


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request."""

    head: h11.Request
    body: bytes

    @property
    def method(self) -> str:
        """Return the method, such as GET."""
        return self.head.method.decode("ascii")

    @property
    def target(self) -> str:
        """Return path and query."""
        return self.head.target.decode("latin-1")


class FaultProxy:
    """
    Stands on *listener* before the server at *upstream* (host, port); an async context manager.

    *chaos* may be exchanged at any time; None passes everything on as it is and forgets what was answered.
    `hits` lists what went wrong, `requests` counts all.
    """

    def __init__(
        self,
        listener: socket.socket,
        upstream: tuple[str, int],
        chaos: Chaos | None,
        *,
        tls: ssl.SSLContext | None = None,
        on_hit: Callable[[Hit], None] | None = None,
    ) -> None:
        self.chaos = chaos
        self.requests = 0
        self.hits: list[Hit] = []
        self._listener = listener
        self._upstream = upstream
        self._tls = tls
        self._on_hit = on_hit
        self._memory = Memory()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def counts(self) -> Counter[Fault]:
        """Return how many answers went wrong, by fault."""
        return Counter(hit.fault for hit in self.hits)

    async def __aenter__(self) -> Self:
        """Begin to accept connections."""
        self._server = await asyncio.start_server(self._serve, sock=self._listener, ssl=self._tls, backlog=2048)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and end what is still being sent."""
        assert self._server is not None
        self._server.close()
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        writer.transport.set_write_buffer_limits(high=0)  # `drain` then waits until all is handed on
        rest = b""
        try:
            while True:
                request, rest = await _read_request(reader, rest)
                if request is None or not await self._answer(request, reader, writer):
                    break
        except (ConnectionError, TimeoutError, h11.ProtocolError):
            pass  # the client is gone, speaks no HTTP, or the server behind was stopped
        except asyncio.CancelledError:
            pass  # by `__aexit__`; Python 3.11's streams log an error for a cancelled task
        finally:
            writer.close()

    async def _answer(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection goes on."""
        self.requests += 1
        delivery = await self._decide(request, self.requests)
        await asyncio.sleep(delivery.wait_seconds)
        for piece in delivery.pieces:
            writer.write(piece)
            await writer.drain()
            if delivery.pause_seconds:
                await asyncio.sleep(delivery.pause_seconds)
                if reader.at_eof():
                    return False
        if delivery.end is End.RESET:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
            writer.transport.abort()
        wants_more = b"close" not in dict(request.head.headers).get(b"connection", b"").lower()
        return delivery.end is End.KEEP and wants_more

    async def _decide(self, request: Request, number: int) -> Delivery:
        chaos = self.chaos
        if chaos is None:
            self._memory = Memory()
            return whole(await self._forward(request))
        kinds = chaos.faults(number)
        if kinds and kinds[0] in UNASKED:
            self._note(number, kinds[0], request)
            return Delivery(end=End.RESET) if kinds[0] is Fault.RESET else whole(refusal(kinds[0], chaos))
        good = await self._forward(request)
        memory = self._memory if request.method == "GET" else Memory()  # a write repeats nothing
        late = memory.take_row(request.target)
        told = good
        if late is not None and good.rows():
            self._note(number, Fault.MOVED, request)
            told = good.saying([late, *good.rows()])
        asked = Asked(request.target, memory, chaos.random(number), chaos)
        delivery = self._spoilt(kinds, told, asked, request, number)
        memory.note(request.target, good)
        return delivery or whole(told)

    def _spoilt(self, kinds: list[Fault], reply: Reply, asked: Asked, request: Request, number: int) -> Delivery | None:
        """Return the first of *kinds* that fits, done to *reply*; None if none does."""
        for kind in kinds:
            if kind in UNASKED:
                continue
            make = MAKERS.get(kind)
            bad = make(reply, asked) if make is not None else None
            delivery = badly(kind, reply, asked.chaos) if bad is None else whole(bad)
            if delivery is not None:
                self._note(number, kind, request)
                return delivery
        return None

    def _note(self, number: int, fault: Fault, request: Request) -> None:
        hit = Hit(number, fault, request.method, request.target)
        self.hits.append(hit)
        if self._on_hit is not None:
            self._on_hit(hit)

    async def _forward(self, request: Request) -> Reply:
        """Return the server's own answer."""
        reader, writer = await asyncio.open_connection(*self._upstream)
        try:
            connection = h11.Connection(h11.CLIENT)
            headers = [(name, value) for name, value in request.head.headers if name.decode() not in FRAMING]
            headers += [(b"connection", b"close"), (b"content-length", str(len(request.body)).encode())]
            if self._tls is not None:
                headers.append((b"x-forwarded-proto", b"https"))
            head = h11.Request(method=request.head.method, target=request.head.target, headers=headers)
            for event in (head, h11.Data(request.body), h11.EndOfMessage()):
                writer.write(connection.send(event) or b"")
            await writer.drain()
            return await _read_reply(connection, reader)
        finally:
            writer.close()


async def _read_request(reader: asyncio.StreamReader, rest: bytes) -> tuple[Request | None, bytes]:
    """Return the next request, None at the end, and what of the one after it came along."""
    connection = h11.Connection(h11.SERVER, LARGEST_HEAD)
    if rest:
        connection.receive_data(rest)
    head, body = None, b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(READ_BYTES))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            assert head is not None
            return Request(head, body), connection.trailing_data[0]
        else:
            return None, b""


async def _read_reply(connection: h11.Connection, reader: asyncio.StreamReader) -> Reply:
    reply, parts = Reply(502, (), b""), []
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(READ_BYTES))
        elif isinstance(event, h11.Response):
            named = ((name.decode("ascii"), value.decode("latin-1")) for name, value in event.headers)
            reply = Reply(event.status_code, tuple(pair for pair in named if pair[0] not in FRAMING), b"")
        elif isinstance(event, h11.Data):
            parts.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            return replace(reply, body=b"".join(parts))
