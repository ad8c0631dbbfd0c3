"""Runs the simulator under uvicorn, in a process of its own or inside another asyncio program."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import uvicorn

from slamon.simulator.app import create_app
from slamon.simulator.chaos import Chaos
from slamon.simulator.proxy import FaultProxy, Hit
from slamon.simulator.simulator import Simulator

LIFE_SECONDS = 0.5
"""How often, in real seconds, the desk is moved on while nobody asks."""


class SimulatorServer:
    """
    A simulator on a port, as an async context manager.

    `async with SimulatorServer(Simulator(), port=0) as server: ... server.url` listens when the block begins (port 0
    takes a free one) and has stopped when it ends. Signals are left to the program around it. With *chaos*, `faults`
    stands before the server and spoils its answers; *on_hit* is told of each.
    """

    def __init__(
        self,
        simulator: Simulator | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        chaos: Chaos | None = None,
        on_hit: Callable[[Hit], None] | None = None,
    ) -> None:
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
        return f"http://{host}:{self.port}"

    async def __aenter__(self) -> Self:
        """
        Listen.

        Raises:
            OSError: The address cannot be bound.
        """
        listener = _listener(self.host, self.port)
        self.port = listener.getsockname()[1]
        if self.chaos is not None:
            inner = _listener("127.0.0.1", 0)
            self.faults = FaultProxy(listener, inner.getsockname(), self.chaos, on_hit=self._on_hit)
            listener = inner
        config = uvicorn.Config(
            create_app(self.simulator),
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,  # the front door sends the simulated time instead
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        self._server = _Server(config)
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

    async def _live(self) -> None:
        while True:
            _ = self.simulator.now
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
