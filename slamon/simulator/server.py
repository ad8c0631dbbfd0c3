"""Runs the simulator under uvicorn, in a process of its own or inside another asyncio program."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from slamon.simulator.app import create_app
from slamon.simulator.callback_delivery import RETRY_SECONDS, CallbackSender
from slamon.simulator.chaos import Chaos
from slamon.simulator.proxy import FaultProxy, Hit
from slamon.simulator.simulator import Simulator

LIFE_SECONDS = 0.5
"""How often, in real seconds, the desk is moved on while nobody asks."""


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate chain and its private key, PEM files."""

    cert_file: Path
    key_file: Path

    def for_server(self) -> ssl.SSLContext:
        """Return the context of a server; OSError and ssl.SSLError say that the files are of no use."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert_file, self.key_file)
        return context

    def for_client(self) -> ssl.SSLContext:
        """Return the context of a client that trusts this certificate too."""
        context = ssl.create_default_context()
        context.load_verify_locations(self.cert_file)
        return context


class SimulatorServer:
    """
    A simulator on a port, as an async context manager.

    `async with SimulatorServer(Simulator(), port=0) as server: ... server.url` listens when the block begins (port 0
    takes a free one) and has stopped when it ends. Signals are left to the program around it. With *chaos*, `faults`
    stands before the server and spoils its answers; *on_hit* is told of each. With *tls* it speaks https alone.
    *retry_seconds* are the pauses between the tries to deliver a callback.
    """

    def __init__(
        self,
        simulator: Simulator | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        chaos: Chaos | None = None,
        on_hit: Callable[[Hit], None] | None = None,
        tls: Tls | None = None,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
    ) -> None:
        self.tls = tls
        self._retry_seconds = retry_seconds
        self.simulator = simulator or Simulator()
        self.host = host
        self.port = port
        self.chaos = chaos
        self._on_hit = on_hit
        self.faults: FaultProxy | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Return the address of the server, such as `http://127.0.0.1:8750`; without path and final slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self._scheme}://{host}:{self.port}"

    @property
    def _scheme(self) -> str:
        return "http" if self.tls is None else "https"

    async def __aenter__(self) -> Self:
        """
        Listen.

        Raises:
            OSError: The address cannot be bound, or a file of *tls* cannot be used.
        """
        tls = self.tls
        listener = _listener(self.host, self.port)
        self.port = listener.getsockname()[1]
        if self.chaos is not None:
            inner = _listener("127.0.0.1", 0)
            self.faults = FaultProxy(
                listener,
                inner.getsockname(),
                self.chaos,
                on_hit=self._on_hit,
                tls=None if tls is None else tls.for_server(),
            )
            listener, tls = inner, None
        config = uvicorn.Config(
            create_app(self.simulator, self._scheme),
            ssl_certfile=None if tls is None else tls.cert_file,
            ssl_keyfile=None if tls is None else tls.key_file,
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,  # the front door sends the simulated time instead
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        self._server = _Server(config)
        trusted = None if self.tls is None else self.tls.for_client()
        self._callbacks = CallbackSender(self.simulator, self.url, retry_seconds=self._retry_seconds, tls=trusted)
        serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="simulator-http")
        self._tasks = [serving, asyncio.create_task(self._live(), name="simulator-life")]
        await self._server.listening.wait()
        if self.faults is not None:
            await self.faults.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and end."""
        assert self._server is not None
        if self.faults is not None:
            await self.faults.__aexit__(kind, error, trace)
        self._server.should_exit = True
        serving, living = self._tasks
        living.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await living
        await serving
        await self._callbacks.aclose()

    async def _live(self) -> None:
        while True:
            _ = self.simulator.now
            self._callbacks.pump()
            await asyncio.sleep(LIFE_SECONDS)


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=2048)
    # Headers and body go out in two writes: without this each small answer waits 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


async def serve(simulator: Simulator, host: str, port: int, stop: asyncio.Event) -> None:
    """Serve until *stop* is set."""
    async with SimulatorServer(simulator, host, port):
        await stop.wait()


class _Server(uvicorn.Server):
    """A uvicorn that tells when it listens and leaves the signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
