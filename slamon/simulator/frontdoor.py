"""
What every request passes first: paths in any case and under any codebase, credentials, simulated time.

Every answer carries the standard `Date` header with the *simulated* time, so that a client can live in it.
"""

import math
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import count

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from slamon.simulator.answers import JSON
from slamon.simulator.auth import check
from slamon.simulator.errors import ApiError, TooManyError, no_endpoint
from slamon.simulator.simulator import Simulator
from slamon.simulator.system import CODEBASE, VERSION

PREFIX = re.compile(rf"^(/(?:v4_6_release|{CODEBASE})/apis/3\.0)/+(.*)$", re.IGNORECASE)
LOGIN = "/login/companyinfo/"
KEY = re.compile(rf"/{CODEBASE}/+(?i:(/system/callbackkey/index\.rails))")
HUGE = re.compile(r"\d{10}")
"""More digits than an id has: such a path leads nowhere."""

CURRENT = VERSION.removeprefix("v").rpartition(".")[0]
OWN_TYPE = "application/vnd.connectwise.com+json"
PINNED = re.compile(rf"{re.escape(OWN_TYPE)}\s*(?:;\s*version\s*=\s*([^;,\s]*))?", re.IGNORECASE)
VERSION_NUMBER = re.compile(r"(20\d\d)\.(\d{1,2})")


class FrontDoor:
    """ASGI middleware: normalises the path, checks the credentials, lets the desk live up to now."""

    def __init__(self, app: ASGIApp, simulator: Simulator, scheme: str) -> None:
        self.scheme = scheme
        self.app = app
        self.simulator = simulator
        self._requests = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        _ = self.simulator.now  # live up to the present
        number = next(self._requests)

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # Taken last, so that nothing in the body is younger than the Date above it.
                lived = datetime.fromtimestamp(self.simulator.lived, UTC)
                headers["Date"] = format_datetime(lived, usegmt=True)
                headers["api-current-version"] = CURRENT
                headers["x-cw-request-id"] = f"{number:032x}"
                headers["x-server-name"] = "SIMULATOR"
            await send(message)

        try:
            inner = self._admit(scope)
        except ApiError as error:
            body = msgspec.json.encode(error.body())
            refusal = Response(body, error.status, error.headers, media_type="application/json")
            await refusal(scope, receive, stamped)
            return
        await self.app(inner, receive, stamped)

    def _admit(self, scope: Scope) -> Scope:
        """
        Return the scope with the path behind the API's prefix, in lower case.

        Raises:
            ApiError: 404 for a path outside the API, 401 and 403 from the credentials.
        """
        path: str = scope["path"]
        headers = Headers(scope=scope)
        self._limit()
        if path.lower().startswith(LOGIN):
            return {**scope, "path": path.lower(), "raw_path": path.lower().encode(), "api_base": ""}
        key = KEY.fullmatch(path)
        if key is not None:
            return {**scope, "path": key[1].lower(), "raw_path": key[1].lower().encode(), "api_base": ""}
        match = PREFIX.match(path)
        if match is None or HUGE.search(path):
            raise no_endpoint()
        check(headers, self.simulator.credentials)
        inner = "/" + re.sub("/+", "/", match[2]).strip("/").lower()
        base = f"{self.scheme}://{headers.get('host', 'localhost')}{match[1]}/"
        told = {"api_base": base, "media_type": _media_type(headers.get("accept", ""))}
        return {**scope, "path": inner, "raw_path": inner.encode(), **told}

    def _limit(self) -> None:
        wait = self.simulator.limit.take()
        if wait > 0:
            seconds = math.ceil(wait)
            message = f"Too many requests. Please try again in {seconds} seconds."
            raise TooManyError(message, {"Retry-After": str(seconds)})


def _media_type(accept: str) -> str:
    """
    Return the media type of the answer: ConnectWise's own, if the client asks for it, and the version it pins.

    Raises:
        ApiError: 400, it pins what is no version, or one that is still to come.
    """
    match = PINNED.search(accept)
    if match is None:
        return JSON
    version = match[1]
    if version is None:
        return f"{OWN_TYPE}; version={CURRENT}"
    numbers = VERSION_NUMBER.fullmatch(version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) > tuple(map(int, CURRENT.split("."))):
        raise ApiError(400, "InvalidVersion", f"The version {version[:20]} of this resource does not exist.")
    return f"{OWN_TYPE}; version={version}"
