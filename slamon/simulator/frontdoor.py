"""
What every request passes first: paths in any case and under any codebase, credentials, simulated time.

Every answer carries the standard `Date` header with the *simulated* time, so that a client can live in it.
"""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import count

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from slamon.simulator.auth import check
from slamon.simulator.errors import ApiError, no_endpoint
from slamon.simulator.simulator import Simulator
from slamon.simulator.system import CODEBASE, VERSION

PREFIX = re.compile(rf"^(/(?:v4_6_release|{CODEBASE})/apis/3\.0)/+(.*)$", re.IGNORECASE)
LOGIN = "/login/companyinfo/"


class FrontDoor:
    """ASGI middleware: normalises the path, checks the credentials, lets the desk live up to now."""

    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
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
                headers["api-current-version"] = VERSION.removeprefix("v").rpartition(".")[0]
                headers["x-cw-request-id"] = f"{number:032x}"
                headers["x-server-name"] = "SIMULATOR"
            await send(message)

        try:
            inner = self._admit(scope)
        except ApiError as error:
            body = msgspec.json.encode(error.body())
            await Response(body, error.status, media_type="application/json")(scope, receive, stamped)
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
        if path.lower().startswith(LOGIN):
            return {**scope, "path": path.lower(), "raw_path": path.lower().encode(), "api_base": ""}
        match = PREFIX.match(path)
        if match is None:
            raise no_endpoint()
        check(headers, self.simulator.credentials)
        inner = "/" + re.sub("/+", "/", match[2]).strip("/").lower()
        base = f"{scope['scheme']}://{headers.get('host', 'localhost')}{match[1]}/"
        return {**scope, "path": inner, "raw_path": inner.encode(), "api_base": base}
