"""ConnectWise's own description of its API, as a judge of requests and answers.

The file is OpenAPI 3.0.1. Its schemas are read as closed: a property that the description does not know is a fault.
`tests.contract.deviations` holds what may differ.
"""

from __future__ import annotations

import copy
import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry, Specification

from tests.contract.deviations import ANSWERS, ANY_VALUE, MEDIA_TYPES, QUERY_OF_WRITES, REFUSALS, Schema

FILE = Path(__file__).parents[1] / "data" / "openapi-subset.json"
METHODS = ("get", "post", "put", "patch", "delete")
PREFIX = "/apis/3.0"

_BEFORE_PATH = re.compile(r"^(https?://[^/]+)?(/[^/]+)?/apis/3\.0(?=/)", re.IGNORECASE)


class ContractError(AssertionError):
    """A request or an answer that the description does not allow; lists every fault."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path of the description, such as `GET /service/tickets/{id}`."""

    method: str
    path: str
    document: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def status(self) -> int:
        """Return the status of success; the description knows one for each operation."""
        return int(next(iter(self.document["responses"])))

    @property
    def answer_schema(self) -> Schema | None:
        """Return the schema of a good answer; None if it has no described body."""
        return ANSWERS.get(str(self)) or _content_schema(self.document["responses"][str(self.status)])

    @property
    def body_schema(self) -> Schema | None:
        """Return the schema of the request's body; None if it has none."""
        return _content_schema(self.document.get("requestBody", {}))

    @property
    def query(self) -> dict[str, Schema]:
        """Return the schemas of the query parameters by their names in lower case."""
        known = {each["name"].lower(): each["schema"] for each in self._parameters() if each["in"] == "query"}
        if self.method != "GET":
            known |= {name.lower(): _parameter(name)["schema"] for name in QUERY_OF_WRITES}
        return known

    @property
    def required_headers(self) -> frozenset[str]:
        """Return the names of headers that a request must carry, in lower case."""
        return frozenset(
            each["name"].lower() for each in self._parameters() if each["in"] == "header" and each.get("required")
        )

    def _parameters(self) -> Iterator[Schema]:
        for each in self.document["parameters"]:
            yield _parameter(each["$ref"].rpartition("/")[2]) if "$ref" in each else each

    def fits(self, method: str, path: str) -> bool:
        """Tell whether a request for *path* (without prefix and query) is one of this operation."""
        return method == self.method and _pattern(self.path).fullmatch(path) is not None


@functools.cache
def _pattern(path: str) -> re.Pattern[str]:
    """Return what the paths of requests look like: every placeholder of the description is an int32."""
    return re.compile(r"-?\d+".join(map(re.escape, re.split(r"\{\w+\}", path))), re.IGNORECASE)


def _content_schema(holder: Mapping[str, Any]) -> Schema | None:
    return next((content["schema"] for content in holder.get("content", {}).values()), None)


@functools.cache
def document() -> Schema:
    """Return the description as it was written."""
    loaded: Schema = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


@functools.cache
def operations() -> tuple[Operation, ...]:
    """Return all operations, those with fewer placeholders first, so that the first that fits is the right one."""
    found = [
        Operation(method.upper(), path, item[method])
        for path, item in document()["paths"].items()
        for method in METHODS
        if method in item
    ]
    return tuple(sorted(found, key=lambda operation: operation.path.count("{")))


def find(method: str, path: str) -> Operation:
    """Return the operation of a request; *path* may carry host, codebase and `/apis/3.0`, in any case of letters.

    Raises:
        ContractError: The description has none.
    """
    bare = re.sub("/{2,}", "/", _BEFORE_PATH.sub("", path, count=1))
    for operation in operations():
        if operation.fits(method.upper(), bare):
            return operation
    raise ContractError(f"{method} {path}: not in the description")


def validate_request(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Operation:
    """Return the operation that a request asks for; *query* is as sent, without `?`.

    Raises:
        ContractError: The description does not allow the request.
    """
    operation = find(method, path)
    faults = list(_query_faults(operation, query))
    sent = {name.lower(): value for name, value in headers.items()}
    faults += [f"header {name} is missing" for name in sorted(operation.required_headers - sent.keys())]
    if operation.body_schema is None:
        faults += ["a body, where none is described"] if body else []
    else:
        faults += _body_faults(operation.body_schema, sent, body, ("application/json",))
    return _judged(operation, f"{method} {path}?{query}", faults)


def validate_answer(
    method: str, path: str, status: int, headers: Mapping[str, str], body: bytes, *, query: str = ""
) -> Operation:
    """Return the operation that was answered; *query* tells whether only some fields were asked for.

    Raises:
        ContractError: The description does not allow the answer.
    """
    operation = find(method, path)
    got = {name.lower(): value for name, value in headers.items()}
    schema = operation.answer_schema if status == operation.status else REFUSALS.get(status)
    if status == operation.status and schema is None:
        faults = ["a body, where none is described"] if body else []
    elif schema is None:
        faults = [f"status {status}, where {operation.status} or a refusal is described"]
    else:
        partial = status == operation.status and any(name.lower() == "fields" for name, _ in parse_qsl(query))
        faults = _body_faults(schema, got, body, MEDIA_TYPES, partial=partial)
    return _judged(operation, f"{method} {path}?{query} answered {status}", faults)


def _judged(operation: Operation, what: str, faults: Iterable[str]) -> Operation:
    lines = list(faults)
    if lines:
        raise ContractError("\n  ".join([what, *lines]))
    return operation


def _query_faults(operation: Operation, query: str) -> Iterator[str]:
    known = operation.query
    for name, text in parse_qsl(query, keep_blank_values=True):
        schema = known.get(name.lower())
        if schema is None:
            yield f"query parameter {name}: not described"
        elif schema["type"] == "integer" and not re.fullmatch(r"-?\d+", text):
            yield f"query parameter {name}: {text!r} is not an integer"


def _body_faults(
    schema: Schema, headers: Mapping[str, str], body: bytes, media_types: tuple[str, ...], *, partial: bool = False
) -> list[str]:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    faults = [] if kind in media_types else [f"content type {kind!r}"]
    try:
        value = json.loads(body)
    except ValueError as error:
        return [*faults, f"body is not JSON: {error}"]
    return faults + list(schema_faults(schema, value, partial=partial))


def schema_faults(schema: Schema, value: object, *, partial: bool = False) -> Iterator[str]:
    """Yield what of *value* does not fit a schema of the description; *partial*: fields may be missing."""
    validator = OAS30Validator(_rooted(schema), registry=_registry(partial), format_checker=oas30_format_checker)
    for error in validator.iter_errors(value):
        place = "/".join(map(str, error.absolute_path)) or "the body"
        yield f"{place}: {error.message[:300]}"


def _rooted(schema: Schema) -> Schema:
    """Return *schema* with references that lead into the registered description."""
    text = json.dumps(schema).replace('"#/components/', '"urn:description#/components/')
    rooted: Schema = json.loads(text)
    return rooted


@functools.cache
def _registry(partial: bool) -> Registry[Schema]:
    resource = Specification.OPAQUE.create_resource(amended(partial=partial))
    registry: Registry[Schema] = Registry().with_resource("urn:description", resource)
    return registry


def amended(*, partial: bool) -> Schema:
    """Return the description with closed schemas and the values that hold anything; *partial*: nothing is required."""
    closed = copy.deepcopy(document())
    schemas = closed["components"]["schemas"]
    for owner, name in ANY_VALUE:
        schemas[owner]["properties"][name] = {}
    for schema in schemas.values():
        if "properties" in schema:
            schema["additionalProperties"] = False
        if partial:
            schema.pop("required", None)
    return closed


def _parameter(name: str) -> Schema:
    found: Schema = document()["components"]["parameters"][name]
    return found
