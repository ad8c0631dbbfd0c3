"""The web application of one simulated server, and how it refuses."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from slamon.simulator.answers import answer
from slamon.simulator.errors import ApiError, no_endpoint
from slamon.simulator.frontdoor import FrontDoor
from slamon.simulator.routes import routes_of
from slamon.simulator.simulator import Simulator


def create_app(simulator: Simulator, scheme: str = "http") -> ASGIApp:
    """Return the ASGI application of one simulated server; *scheme* is that of the links in its answers."""
    handlers = {ApiError: _refuse, HTTPException: _refuse_route}
    app = Starlette(
        routes=routes_of(simulator),
        exception_handlers=handlers,  # type: ignore[arg-type]  # starlette types the exception as the base class
        middleware=[Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=4)],
    )
    app.router.redirect_slashes = False
    return FrontDoor(app, simulator, scheme)


async def _refuse(request: Request, error: ApiError) -> Response:
    return answer(request, error.body(), status=error.status, headers=error.headers)


async def _refuse_route(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404:
        return await _refuse(request, no_endpoint())
    message = f"The requested resource does not support http method '{request.method}'."
    headers = dict(error.headers or {})
    return await _refuse(request, ApiError(error.status_code, "ConnectWiseApi", message, headers=headers))
