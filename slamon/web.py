"""The daemon's one port: metrics, whether it lives, whether it is ready."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from slamon.metrics import Metrics

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Health(Protocol):
    """What the service knows of itself."""

    def reasons(self) -> list[str]:
        """Why it is not ready, one line each; empty when it is."""


def build_app(
    metrics: Metrics, health: Health, mailbox: ASGIApp | None = None, more: Sequence[Route] = ()
) -> Starlette:
    """Return the ASGI app. *mailbox*, if any, is mounted at `/mail`; *more* are further routes, as they are."""

    def send_metrics(request: Request) -> Response:
        # A plain function runs in a thread: a large page is not rendered on the event loop.
        body, content_type = metrics.render(request.headers.get("accept", ""))
        return Response(body, headers=HEADERS | {"Content-Type": content_type, "Vary": "Accept"})

    async def send_healthy(_: Request) -> Response:
        # A coroutine, without a thread and without the database: it answers while the loop turns.
        return PlainTextResponse("ok\n", headers=HEADERS)

    def send_ready(_: Request) -> Response:
        reasons = health.reasons()
        body = "".join(f"{reason}\n" for reason in reasons) or "ready\n"
        return PlainTextResponse(body, 503 if reasons else 200, headers=HEADERS)

    routes: list[Route | Mount] = [
        Route("/metrics", send_metrics),
        Route("/-/healthy", send_healthy),
        Route("/-/ready", send_ready),
        *more,
    ]
    if mailbox is not None:
        routes.append(Mount("/mail", mailbox))
    return Starlette(routes=routes)
