"""The API's description, made from the values that it answers with."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from slamon import __version__
from slamon.core.ticket import STAGES
from slamon.pages.api import MOST_TICKETS, Health, Problem, TicketList
from slamon.pages.choice import STATES

_NAMES = ("tenant", "board", "priority", "company", "owner", "q")


@cache
def describe() -> bytes:
    """Return the OpenAPI 3.1 document, as JSON."""
    models = (TicketList, Health, Problem)
    _, schemas = msgspec.json.schema_components(models, ref_template="#/components/schemas/{name}")
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "slamon",
            "version": __version__,
            "description": "What slamon's pages show, to read only. Instants are UTC, seconds are business seconds.",
        },
        "paths": {
            "/api/v1/tickets": {
                "get": _operation("The open tickets, the one to look at first in front", "TicketList", _LIST)
            },
            "/api/v1/tickets/{tenant}/{id}/ledger": {
                "get": _operation("Every second of a ticket's clock, and the rule behind it", None, _TICKET)
            },
            "/api/v1/health": {"get": _operation("Whether what slamon says can be trusted", "Health", [])},
        },
        "components": {"schemas": schemas},
    }
    return msgspec.json.encode(document)


def _operation(summary: str, model: str | None, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    codes = {"200": model} | ({"400": "Problem", "404": "Problem"} if parameters else {}) | {"503": "Problem"}
    return {
        "summary": summary,
        "parameters": parameters,
        "responses": {code: {"description": _WORDS[code], "content": _content(name)} for code, name in codes.items()},
    }


_WORDS = {
    "200": "what was asked for",
    "400": "what was asked for is not understood",
    "404": "there is no such ticket",
    "503": "the database did not answer",
}


def _content(model: str | None) -> dict[str, Any]:
    schema = {"type": "object"} if model is None else {"$ref": f"#/components/schemas/{model}"}
    return {"application/json": {"schema": schema}}


def _parameter(name: str, where: str, schema: dict[str, Any], words: str) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": schema, "description": words}


_LIST = [
    *(_parameter(name, "query", {"type": "string"}, f"only those of this {name}") for name in _NAMES[:-1]),
    _parameter("q", "query", {"type": "string"}, "only those with this in summary or company"),
    _parameter("stage", "query", {"enum": [stage.label for stage in STAGES]}, "only those with this goal open"),
    _parameter("state", "query", {"enum": list(STATES)}, "only those with an open goal that stands so"),
    _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": MOST_TICKETS}, "how many at most"),
    _parameter("after", "query", {"type": "string"}, "the `next` of the answer before"),
]
_TICKET = [
    _parameter("tenant", "path", {"type": "string"}, "a tenant's name in the configuration"),
    _parameter("id", "path", {"type": "integer", "minimum": 1}, "the ticket's number"),
]
