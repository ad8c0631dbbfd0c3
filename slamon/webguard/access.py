"""Basic authentication in front of an ASGI app, and the headers of the access file."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import math
import secrets
import time
from collections.abc import Callable, Mapping

import bcrypt
from pydantic import SecretStr
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from slamon.config.access_file import AccessFile
from slamon.webguard.tries import Tries

OPEN_PATHS = ("/-/healthy",)  # says nothing but that the process turns over
SIGNED_PATHS = "/connectwise/callbacks/"  # ConnectWise cannot log in; these are signed instead
LONGEST_HEADER = 1024
MOST_REMEMBERED = 1000
# Of a random password that nobody knows; compared where the user is unknown, so that the time taken does not tell who
# exists. Made anew at each start, it would take a twentieth of the time that all imports take.
_NOBODY = b"$2b$10$8Q6l0Z8rNUWznj7S0TWQ9e.BUbxlhdGVJOXY4HYNv41HUsy5ystIG"


class Guarded:
    """*app* behind the passwords of the access file that *access* returns at each request; None lets all pass.

    A right password is remembered (as a keyed digest), so that a scrape costs no bcrypt.
    """

    def __init__(self, app: ASGIApp, access: Callable[[], AccessFile | None]) -> None:
        self._app = app
        self._access = access
        self._tries = Tries()
        self._key = secrets.token_bytes(32)
        self._right: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        access = self._access()
        if scope["type"] != "http" or access is None:
            await self._app(scope, receive, send)
            return
        send = _with_headers(send, access.http_server_config.headers)
        path: str = scope["path"]
        if not access.basic_auth_users or path in OPEN_PATHS or path.startswith(SIGNED_PATHS):
            await self._app(scope, receive, send)
            return
        given = _credentials(Headers(scope=scope).get("authorization", ""))
        refusal = await self._refusal(access.basic_auth_users, scope, given)
        if refusal is None and given is not None:
            scope.setdefault("state", {})["user"] = given[0]  # for the pages: who does it
        await (refusal or self._app)(scope, receive, send)

    async def _refusal(
        self, users: Mapping[str, SecretStr], scope: Scope, given: tuple[str, bytes] | None
    ) -> PlainTextResponse | None:
        if given is not None and self._digest(users, *given) in self._right:
            return None
        address = scope["client"][0] if scope.get("client") else ""
        wait = self._tries.wait_seconds(address, time.monotonic())
        if wait:
            return PlainTextResponse("too many tries\n", 429, headers={"Retry-After": str(math.ceil(wait))})
        if given is None:
            return _who_is_it()
        self._tries.began(address, time.monotonic())
        if not await asyncio.to_thread(_is_right, users, *given):
            return _who_is_it()
        self._tries.succeeded(address)
        if len(self._right) >= MOST_REMEMBERED:
            self._right.clear()
        self._right.add(self._digest(users, *given))
        return None

    def _digest(self, users: Mapping[str, SecretStr], user: str, password: bytes) -> bytes:
        """Return what stands for a right password as long as the user's hash in the file stays the same."""
        stored = users[user].get_secret_value() if user in users else ""
        return hmac.digest(self._key, f"{stored}\0{user}\0".encode() + password, hashlib.sha256)


def _credentials(header: str) -> tuple[str, bytes] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic" or len(header) > LONGEST_HEADER:
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return (user.decode(), password) if colon else None
    except (binascii.Error, ValueError):
        return None


def _is_right(users: Mapping[str, SecretStr], user: str, password: bytes) -> bool:
    stored = users[user].get_secret_value().encode() if user in users else _NOBODY
    try:
        fits = bcrypt.checkpw(password[:72], stored)  # bcrypt reads no more than 72 bytes
    except ValueError:  # a NUL in the password
        return False
    return fits and user in users


def _who_is_it() -> PlainTextResponse:
    headers = {"WWW-Authenticate": 'Basic realm="slamon", charset="UTF-8"', "Cache-Control": "no-store"}
    return PlainTextResponse("unauthorized\n", 401, headers=headers)


def _with_headers(send: Send, extra: Mapping[str, str]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in extra.items():
                headers[name] = value
        await send(message)

    return sending if extra else send
