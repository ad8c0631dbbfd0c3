"""The door for callbacks on the daemon's port: bounded in size, in time and in number, and silent about why not."""

from __future__ import annotations

import asyncio
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

LARGEST_BODY = 2**20
READ_SECONDS = 10.0
MOST_AT_ONCE = 16

# ConnectWise posts again after 429, and takes any 2xx for success.
STATUS = {
    "accepted": 204,
    "ignored": 204,
    "dropped": 204,
    "malformed": 400,
    "unsigned": 401,
    "forged": 401,
    "too_large": 413,
    "busy": 429,
    "no_key": 429,
}
RESULTS = tuple(STATUS)
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class CallbackDesk(Protocol):
    """Who takes callbacks."""

    def takes_callbacks(self, tenant: str) -> bool: ...

    async def take_callback(self, tenant: str, body: bytes, signature: str) -> str:
        """Return what came of it, one of `RESULTS`."""

    def count_callback(self, tenant: str, result: str) -> None: ...


class _TooLargeError(Exception):
    """The body is larger than the door."""


def callback_route(desk: CallbackDesk) -> Route:
    """Return `POST /connectwise/callbacks/{tenant}`. A tenant that takes none is as unknown as any other."""
    inside = 0

    async def take(request: Request) -> Response:
        nonlocal inside
        tenant = request.path_params["tenant"]
        if not desk.takes_callbacks(tenant):
            return Response(status_code=404, headers=HEADERS)
        if inside >= MOST_AT_ONCE:
            result = "busy"
        else:
            inside += 1
            try:
                result = await _answer(desk, tenant, request)
            finally:
                inside -= 1
        desk.count_callback(tenant, result)
        return Response(status_code=STATUS[result], headers=HEADERS)

    return Route("/connectwise/callbacks/{tenant}", take, methods=["POST"])


async def _answer(desk: CallbackDesk, tenant: str, request: Request) -> str:
    signature = request.headers.get("x-content-signature", "")
    if not signature:
        return "unsigned"
    try:
        async with asyncio.timeout(READ_SECONDS):
            body = await _read(request)
    except _TooLargeError:
        return "too_large"
    except (TimeoutError, ClientDisconnect):
        return "malformed"
    return await desk.take_callback(tenant, body, signature)


async def _read(request: Request) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 9 or int(announced) > LARGEST_BODY):
        raise _TooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise _TooLargeError
    return bytes(body)
