"""Which address leads to which page."""

from __future__ import annotations

from collections.abc import Collection

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from slamon.errors import StoreError
from slamon.pages.api import Api
from slamon.pages.board import Board
from slamon.pages.desk import Desk
from slamon.pages.frame import HEADERS, asset
from slamon.pages.hand import Hand
from slamon.pages.health import HealthPage
from slamon.pages.house import House
from slamon.pages.openapi import describe
from slamon.pages.ticket import TicketPages
from slamon.pages.visitor import Handler, for_us_only, taken_by_us_only

_TYPES = {"style.css": "text/css", "htmx.min.js": "text/javascript"}
_KEPT = {name: asset(name) for name in _TYPES}
_DAY = {"Cache-Control": "private, max-age=86400"}


def page_routes(house: House, hosts: Collection[str]) -> list[Route]:
    """Return the routes of all pages and of the API. *hosts* are the names by which browsers may know this server."""
    desk = Desk(house)
    board, tickets, api = Board(house, desk), TicketPages(house, desk), Api(house, desk)
    shown: dict[str, Handler] = {
        "/": board.show,
        "/find": tickets.find,
        "/tickets/{tenant}/{id:int}": tickets.show,
        "/health": HealthPage(house).show,
        "/api/v1/tickets": api.list_tickets,
        "/api/v1/tickets/{tenant}/{id}/ledger": api.show_ledger,
        "/api/v1/health": api.show_health,
    }
    return [
        *(Route(path, for_us_only(_telling(handler), hosts)) for path, handler in shown.items()),
        Route("/tickets/{tenant}/{id:int}/say", taken_by_us_only(Hand(house, desk).say, hosts), methods=["POST"]),
        Route("/api/v1/openapi.json", _send_description),
        *(Route(f"/static/{name}", _sending(name)) for name in _TYPES),
    ]


def _telling(handler: Handler) -> Handler:
    """Return *handler*, saying so where the database does not answer."""

    def guarded(request: Request) -> Response:
        try:
            return handler(request)
        except StoreError as error:
            return PlainTextResponse(f"{error}\n", 503, headers=HEADERS)

    return guarded


def _send_description(_: Request) -> Response:
    return Response(describe(), headers=HEADERS, media_type="application/json")


def _sending(name: str) -> Handler:
    def send(_: Request) -> Response:
        return Response(_KEPT[name], headers=HEADERS | _DAY, media_type=_TYPES[name])

    return send
