"""Serving the daemon's one port: uvicorn inside this process, which leaves the signals to the daemon."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp

from slamon.errors import SlamonError

LONGEST_HEAD = 16_384  # bytes of request line and headers


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve *app* within the block; give its address. Port 0 takes a free one. With *tls* it speaks nothing else.

    Raises:
        SlamonError: The address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # It listens at once: who is told the address may already come.
        listener = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise SlamonError(f"cannot listen on {host}:{port} ({error.strerror}); set web.listen to a free port") from None
    # Headers and body go out in two writes: without this a small answer waits 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    bound = listener.getsockname()[1]
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield f"{'http' if tls is None else 'https'}://{f'[{host}]' if ':' in host else host}:{bound}"
    finally:
        server.should_exit = True
        await task
        listener.close()
