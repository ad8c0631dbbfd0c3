"""A simulated ConnectWise that refuses some paths, served from a thread so that a command can ask it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from slamon.serving import serving
from slamon.simulator import Simulator
from slamon.simulator.app import create_app


class Refusing:
    """Answers the status of the first of *refusals* whose key ends the path, else lets *app* answer."""

    def __init__(self, app: ASGIApp, refusals: Mapping[str, int]) -> None:
        self._app = app
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for ending, status in self._refusals.items():
            if scope["type"] == "http" and scope["path"].endswith(ending):
                message = {"code": "Denied", "message": "not for you"}
                await JSONResponse(message, status)(scope, receive, send)
                return
        await self._app(scope, receive, send)


@contextmanager
def simulated(simulator: Simulator, refusals: Mapping[str, int] | None = None) -> Iterator[str]:
    """Serve *simulator* within the block; give its address."""
    with threaded(Refusing(create_app(simulator), refusals or {})) as address:
        yield address


@contextmanager
def threaded(app: ASGIApp) -> Iterator[str]:
    """Serve *app* from a thread within the block; give its address."""
    opened = threading.Event()
    told: list[str] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with serving(app, "127.0.0.1", 0) as address:
            told.append(address)
            opened.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert opened.wait(30)
        yield told[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
