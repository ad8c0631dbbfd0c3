"""Requests read and answers written: JSON bodies, lists with conditions, order, fields and pages."""

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from slamon.simulator.conditions import compile_children, compile_conditions, compile_custom_fields
from slamon.simulator.errors import bad_argument
from slamon.simulator.fields import pick, tree
from slamon.simulator.orderby import ordered
from slamon.simulator.paging import Page, cut, link_header, read_page
from slamon.simulator.world import API, Row

JSON = "application/json"
CONDITIONS = {
    "conditions": compile_conditions,
    "childconditions": compile_children,
    "customfieldconditions": compile_custom_fields,
}


def as_it_is(row: Row) -> Row:
    """Return *row*."""
    return row


def answer_list(
    request: Request,
    names: str,
    rows: list[Row],
    dress: Callable[[Row], Row] = as_it_is,
    *,
    asked: dict[str, str] | None = None,
    navigable_only: bool = False,
) -> Response:
    """
    Answer a list request: filter, order, cut, then *dress* and project the rows shown.

    *names* is the kind of record, whose names may be asked for. *asked* are conditions, orderBy and fields given in a
    body instead of the URL; paging is always in the URL.
    """
    query = {**query_of(request), **(asked or {})}
    page = _page(request, query, navigable_only)
    rows = _found(query, names, rows)
    if query.get("orderby"):
        rows = ordered(names, rows, query["orderby"])
    wanted = tree(query.get("fields", ""))
    shown = [pick(dress(row), wanted) if wanted else dress(row) for row in cut(rows, page)]
    url = f"{request.scope['api_base']}{request.scope['path']}".replace("/apis/3.0//", "/apis/3.0/")
    link = link_header(url, dict(request.query_params), rows, page)
    return answer(request, shown, headers={} if link is None else {"Link": link})


def answer_count(request: Request, names: str, rows: list[Row]) -> Response:
    """Answer how many rows pass the conditions."""
    return answer(request, {"count": len(_found(query_of(request), names, rows))})


def answer_one(request: Request, row: Row, *, status: int = 200) -> Response:
    """Answer one row, with the fields asked for."""
    wanted = tree(query_of(request).get("fields", ""))
    return answer(request, pick(row, wanted) if wanted else row, status=status)


def answer(request: Request, data: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return the JSON answer, links completed with the address under which the client asked."""
    base = request.scope.get("api_base", "").encode()
    body = msgspec.json.encode(data).replace(API.encode(), base)
    return Response(body, status, headers, request.scope.get("media_type", JSON))


def query_of(request: Request) -> dict[str, str]:
    """Return the query parameters with names in lower case, as ConnectWise takes them in any."""
    return {name.lower(): value for name, value in request.query_params.items()}


async def body_of(request: Request) -> object:
    """
    Return the JSON in the body.

    Raises:
        ApiError: 400, there is none.
    """
    try:
        return msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise bad_argument("The body is not valid JSON.") from None


def _found(query: dict[str, str], names: str, rows: list[Row]) -> list[Row]:
    """
    Return the rows that pass all three kinds of conditions.

    Raises:
        ApiError: 400 ApiFindCondition, one of them cannot be understood.
    """
    for name, compiler in CONDITIONS.items():
        text = query.get(name, "")
        if text.strip():
            rows = list(filter(compiler(names, text), rows))
    return rows


def _page(request: Request, query: dict[str, str], navigable_only: bool) -> Page:
    forward = request.headers.get("pagination-type", "").lower() == "forward-only"
    return read_page(query, forward_only=forward and not navigable_only)
