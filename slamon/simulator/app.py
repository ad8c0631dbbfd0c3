"""The HTTP side: routes, lists with conditions, order, fields and pages, and the answers' bodies."""

from collections.abc import Callable
from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from slamon.simulator import resources, system, writes
from slamon.simulator.conditions import compile_children, compile_conditions, compile_custom_fields
from slamon.simulator.errors import ApiError, bad_argument, no_endpoint, not_found
from slamon.simulator.fields import pick, tree
from slamon.simulator.frontdoor import FrontDoor
from slamon.simulator.orderby import ordered
from slamon.simulator.paging import Page, cut, link_header, read_page
from slamon.simulator.resources import RESOURCES, Resource
from slamon.simulator.simulator import Simulator
from slamon.simulator.ticket_row import current, with_links
from slamon.simulator.world import API, Row


def create_app(simulator: Simulator) -> ASGIApp:
    """Return the ASGI application of one simulated server."""
    routes = [*_ticket_routes(simulator), *_ticket_writes(simulator), *_note_routes(simulator)]
    routes += _system_routes(simulator)
    for resource in RESOURCES:
        routes += _collection_routes(simulator, resource)
    handlers = {ApiError: _refuse, HTTPException: _refuse_route}
    app = Starlette(
        routes=routes,
        exception_handlers=handlers,  # type: ignore[arg-type]  # starlette types the exception as the base class
        middleware=[Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=4)],
    )
    app.router.redirect_slashes = False
    return FrontDoor(app, simulator)


def _collection_routes(simulator: Simulator, resource: Resource) -> list[BaseRoute]:
    def rows(request: Request) -> list[Row]:
        return resources.rows_of(simulator.world, resource, request.path_params.get("parent"))

    async def many(request: Request) -> Response:
        return _list(request, resource.table, rows(request))

    async def count(request: Request) -> Response:
        return _count(request, resource.table, rows(request))

    async def one(request: Request) -> Response:
        number = request.path_params["id"]
        for row in rows(request):
            if row["id"] == number:
                return _json(request, _projected(request, row))
        raise not_found(resource.label, number)

    path = resource.path
    return [
        Route(path, many, methods=["GET"]),
        Route(f"{path}/count", count, methods=["GET"]),
        Route(f"{path}/{{id:int}}", one, methods=["GET"]),
    ]


def _ticket_routes(simulator: Simulator) -> list[BaseRoute]:
    def stored() -> list[Row]:
        return [ticket.row for ticket in simulator.world.tickets.values()]

    fresh = partial(_fresh, simulator)

    async def many(request: Request) -> Response:
        return _list(request, "tickets", stored(), dress=with_links)

    async def calculated(request: Request) -> Response:
        return _list(request, "tickets", stored(), dress=fresh)

    async def search(request: Request) -> Response:
        body = await _body(request)
        if not isinstance(body, dict):
            raise bad_argument("The body must be an object with conditions.")
        asked = {name.lower(): str(value) for name, value in body.items() if value is not None}
        return _list(request, "tickets", stored(), dress=with_links, asked=asked)

    async def count(request: Request) -> Response:
        return _count(request, "tickets", stored())

    async def one(request: Request) -> Response:
        ticket = resources.ticket(simulator.world, request.path_params["id"])
        return _json(request, _projected(request, fresh(ticket.row)))

    path = "/service/tickets"
    return [
        Route(path, many, methods=["GET"]),
        Route(f"{path}/count", count, methods=["GET"]),
        Route(f"{path}/search", search, methods=["POST"]),
        Route(f"{path}/calculatesla", calculated, methods=["GET"]),
        Route(f"{path}/{{id:int}}", one, methods=["GET"]),
    ]


def _fresh(simulator: Simulator, row: Row) -> Row:
    """Return a ticket with its SLA figures as of now, as every answer but the plain list gives it."""
    state = simulator.world.tickets[row["id"]].sla
    return with_links(current(simulator.world, row, state, simulator.lived))


def _ticket_writes(simulator: Simulator) -> list[BaseRoute]:
    async def create(request: Request) -> Response:
        ticket = writes.create_ticket(simulator, await _body(request), simulator.now)
        return _json(request, _fresh(simulator, ticket.row), status=201)

    async def patch(request: Request) -> Response:
        body = await _body(request)
        ticket = resources.ticket(simulator.world, request.path_params["id"])
        writes.patch_ticket(simulator, ticket, body, simulator.now)
        return _json(request, _fresh(simulator, ticket.row))

    return [
        Route("/service/tickets", create, methods=["POST"]),
        Route("/service/tickets/{id:int}", patch, methods=["PATCH"]),
    ]


def _note_routes(simulator: Simulator) -> list[BaseRoute]:
    def notes(request: Request) -> list[Row]:
        return resources.ticket(simulator.world, request.path_params["parent"]).notes

    async def many(request: Request) -> Response:
        return _list(request, "notes", notes(request))

    async def count(request: Request) -> Response:
        return _count(request, "notes", notes(request))

    async def one(request: Request) -> Response:
        number = request.path_params["id"]
        for note in notes(request):
            if note["id"] == number:
                return _json(request, _projected(request, note))
        raise not_found("Service Note", number)

    async def create(request: Request) -> Response:
        ticket = resources.ticket(simulator.world, request.path_params["parent"])
        return _json(request, writes.create_note(simulator, ticket, await _body(request), simulator.now), status=201)

    path = "/service/tickets/{parent:int}/notes"
    return [
        Route(path, many, methods=["GET"]),
        Route(path, create, methods=["POST"]),
        Route(f"{path}/count", count, methods=["GET"]),
        Route(f"{path}/{{id:int}}", one, methods=["GET"]),
    ]


def _system_routes(simulator: Simulator) -> list[BaseRoute]:
    def trail(request: Request) -> list[Row]:
        query = _query(request)
        return resources.audit_rows(simulator.world, query.get("type", ""), query.get("id", ""))

    async def audit(request: Request) -> Response:
        return _list(request, "audit", trail(request), navigable_only=True)

    async def audit_count(request: Request) -> Response:
        return _count(request, "audit", trail(request))

    async def info(request: Request) -> Response:
        return _json(request, system.info())

    async def my_companies(request: Request) -> Response:
        return _json(request, [_projected(request, system.my_company(simulator.world))])

    async def my_company(request: Request) -> Response:
        row, number = system.my_company(simulator.world), request.path_params["id"]
        if row["id"] != number:
            raise not_found("Other", number)
        return _json(request, _projected(request, row))

    async def company_info(request: Request) -> Response:
        return _json(request, system.company_info(simulator.world, request.path_params["company"]))

    return [
        Route("/system/audittrail", audit, methods=["GET"]),
        Route("/system/audittrail/count", audit_count, methods=["GET"]),
        Route("/system/info", info, methods=["GET"]),
        Route("/system/mycompany/other", my_companies, methods=["GET"]),
        Route("/system/mycompany/other/{id:int}", my_company, methods=["GET"]),
        Route("/login/companyinfo/{company}", company_info, methods=["GET"]),
    ]


def _same(row: Row) -> Row:
    return row


def _list(
    request: Request,
    table: str,
    rows: list[Row],
    *,
    dress: Callable[[Row], Row] = _same,
    asked: dict[str, str] | None = None,
    navigable_only: bool = False,
) -> Response:
    """
    Answer a list request: filter, order, cut, then *dress* and project the rows shown.

    *asked* are conditions, orderBy and fields given in a body instead of the URL; paging is always in the URL.
    """
    query = {**_query(request), **(asked or {})}
    page = _page(request, query, navigable_only)
    rows = _found(query, table, rows)
    if query.get("orderby"):
        rows = ordered(table, rows, query["orderby"])
    wanted = tree(query.get("fields", ""))
    shown = [pick(dress(row), wanted) if wanted else dress(row) for row in cut(rows, page)]
    url = f"{request.scope['api_base']}{request.scope['path']}".replace("/apis/3.0//", "/apis/3.0/")
    link = link_header(url, dict(request.query_params), rows, page)
    return _json(request, shown, headers={} if link is None else {"Link": link})


def _count(request: Request, table: str, rows: list[Row]) -> Response:
    return _json(request, {"count": len(_found(_query(request), table, rows))})


def _found(query: dict[str, str], table: str, rows: list[Row]) -> list[Row]:
    """
    Return the rows that pass all three kinds of conditions.

    Raises:
        ApiError: 400 ApiFindCondition, one of them cannot be understood.
    """
    for name, compiler in CONDITIONS.items():
        text = query.get(name, "")
        if text.strip():
            rows = list(filter(compiler(table, text), rows))
    return rows


CONDITIONS = {
    "conditions": compile_conditions,
    "childconditions": compile_children,
    "customfieldconditions": compile_custom_fields,
}


def _page(request: Request, query: dict[str, str], navigable_only: bool) -> Page:
    forward = request.headers.get("pagination-type", "").lower() == "forward-only"
    return read_page(query, forward_only=forward and not navigable_only)


def _query(request: Request) -> dict[str, str]:
    """Return the query parameters with names in lower case, as ConnectWise takes them in any."""
    return {name.lower(): value for name, value in request.query_params.items()}


def _projected(request: Request, row: Row) -> Row:
    wanted = tree(_query(request).get("fields", ""))
    return pick(row, wanted) if wanted else row


async def _body(request: Request) -> object:
    try:
        return msgspec.json.decode(await request.body())
    except msgspec.DecodeError:
        raise bad_argument("The body is not valid JSON.") from None


def _json(request: Request, data: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return the JSON answer, links completed with the address under which the client asked."""
    base = request.scope.get("api_base", "").encode()
    body = msgspec.json.encode(data).replace(API.encode(), base)
    return Response(body, status, headers, "application/json")


async def _refuse(request: Request, error: ApiError) -> Response:
    return _json(request, error.body(), status=error.status)


async def _refuse_route(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404:
        return await _refuse(request, no_endpoint())
    message = f"The requested resource does not support http method '{request.method}'."
    return await _refuse(request, ApiError(error.status_code, "ConnectWiseApi", message))
