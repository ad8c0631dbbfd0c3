"""A relay before a server that knows when its client has come to a certain word, and does something just then."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Trap:
    """Springs once: when a client behind any of its gates has sent *word*, before the server gets it.

    *act* is called with the name of the gate, then `sprung` is set.
    """

    def __init__(self, word: bytes, act: Callable[[int], None]) -> None:
        self.word = word
        self.sprung = threading.Event()
        self.gate = -1
        self._act = act

    def look(self, gate: int, sent: bytes) -> None:
        """See what a client sends; letters may be small or great."""
        if not self.sprung.is_set() and self.word in sent.lower():
            self.gate = gate
            self._act(gate)
            self.sprung.set()


class Gate:
    """Relays connections to *upstream*, a port of this machine; `port` is its own, *number* its name."""

    def __init__(self, number: int, upstream: int) -> None:
        self.number = number
        self.port = 0
        self.trap: Trap | None = None
        self._upstream = upstream
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError):
                there, back = await asyncio.open_connection("127.0.0.1", self._upstream)
                await asyncio.gather(_pump(reader, back, self._look), _pump(there, writer, None))
        finally:
            self._tasks.discard(task)

    def _look(self, sent: bytes) -> None:
        if self.trap is not None:
            self.trap.look(self.number, sent)


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, look: Callable[[bytes], None] | None
) -> None:
    """Pass on what comes, until one side ends; *look* sees it first, with the end of what went before."""
    before = b""
    try:
        while chunk := await reader.read(65_536):
            if look is not None:
                look(before + chunk)
                before = chunk[-64:]
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    finally:
        with contextlib.suppress(OSError):
            writer.close()
