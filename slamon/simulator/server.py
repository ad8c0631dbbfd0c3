"""Runs the simulator under uvicorn, in a process of its own or inside another asyncio program."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import uvicorn

from slamon.simulator.app import create_app
from slamon.simulator.simulator import Simulator

LIFE_SECONDS = 0.5
"""How often, in real seconds, the desk is moved on while nobody asks."""


class SimulatorServer:
    """
    A simulator on a port, as an async context manager.

    `async with SimulatorServer(Simulator(), port=0) as server: ... server.url` listens when the block begins (port 0
    takes a free one) and has stopped when it ends. Signals are left to the program around it.
    """

    def __init__(self, simulator: Simulator | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        self.simulator = simulator or Simulator()
        self.host = host
        self.port = port
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
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.create_server((self.host, self.port), family=family, backlog=2048)
        # Headers and body go out in two writes: without this each small answer waits 40 ms for an acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = listener.getsockname()[1]
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
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and end."""
        assert self._server is not None
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
