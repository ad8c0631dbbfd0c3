"""What a write sends: references, JSON-Patch arrays, and bodies written the way ConnectWise reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

import msgspec

from slamon.clean import shown
from slamon.errors import InputError

Document = Mapping[str, object]
Body = Document | msgspec.Struct

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def by_id(record_id: int) -> dict[str, Any]:
    """Return the reference to a record by its id."""
    return {"id": record_id}


def by_name(name: str) -> dict[str, Any]:
    """Return the reference to a record by its name."""
    return {"name": name}


def by_identifier(identifier: str) -> dict[str, Any]:
    """Return the reference to a company or member by its identifier."""
    return {"identifier": identifier}


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a patch. Paths name a whole field, in ConnectWise's spelling and case."""

    op: Literal["replace", "add", "remove"]
    path: str
    value: object = None


@dataclass(frozen=True, slots=True)
class Patch:
    """Changes to one record, sent as one JSON-Patch array: `Patch().replace("status", by_id(5)).remove("owner")`.

    Raises:
        InputError: A path leads inside a reference (`company/identifier`). ConnectWise answers such a
            one with 200 and may change nothing.
    """

    operations: tuple[Operation, ...] = ()

    def replace(self, path: str, value: object) -> Patch:
        """Return the patch that also sets *path* to *value*; None empties it."""
        return self._with(Operation("replace", path, value))

    def add(self, path: str, value: object) -> Patch:
        """Return the patch that also adds *value* at *path*."""
        return self._with(Operation("add", path, value))

    def remove(self, path: str) -> Patch:
        """Return the patch that also takes the value of *path* away."""
        return self._with(Operation("remove", path))

    @property
    def repeatable(self) -> bool:
        """Whether it may be carried out twice without harm: replacing may, adding and removing may not."""
        return all(operation.op == "replace" for operation in self.operations)

    @property
    def values(self) -> dict[str, Any]:
        """What the fields are to become, written plainly; None where one is to be emptied."""
        return {operation.path: plain(operation.value) for operation in self.operations}

    def document(self) -> list[dict[str, Any]]:
        """Return the JSON-Patch array.

        Raises:
            InputError: It is empty, or a value cannot be written.
        """
        if not self.operations:
            raise InputError("the patch holds no operation; replace, add or remove a field")
        steps: list[dict[str, Any]] = []
        for step in self.operations:
            value = {} if step.op == "remove" else {"value": plain(step.value)}
            steps.append({"op": step.op, "path": step.path, **value})
        return steps

    def _with(self, operation: Operation) -> Patch:
        path = operation.path.removeprefix("/")
        if not _FIELD.fullmatch(path):
            field = path.partition("/")[0]
            raise InputError(
                f"patch of {shown(operation.path)}: a path names one whole field, for ConnectWise may ignore one"
                f" inside a reference and still answer 200; write replace({field!r}, {{...}})"
            )
        return Patch((*self.operations, Operation(operation.op, path, operation.value)))


def patch_of(changes: Patch | Document) -> Patch:
    """Return *changes* as a patch; a mapping replaces each of its fields."""
    if isinstance(changes, Patch):
        return changes
    patch = Patch()
    for path, value in changes.items():
        patch = patch.replace(path, value)
    return patch


def plain_body(body: Body) -> dict[str, Any]:
    """Return *body* as a JSON object in ConnectWise's spelling.

    Raises:
        InputError: It is no object, or holds what ConnectWise could misread.
    """
    document = plain(body)
    if not isinstance(document, dict):
        raise InputError(f"the body is {type(body).__name__}; it must be a mapping or a Struct")
    return document


def plain(value: object) -> Any:  # noqa: ANN401  (a JSON value)
    """Return *value* as JSON holds it: instants in UTC, in whole seconds, with a Z."""
    if isinstance(value, msgspec.Struct):
        value = msgspec.to_builtins(value, builtin_types=(datetime, date))
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise InputError(f"{value.isoformat()} has no offset from UTC; ConnectWise would read it as UTC")
        return value.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{value} is not a number that JSON can hold")
    if value is None or isinstance(value, str | int | float):
        return value
    raise InputError(f"a value of the type {type(value).__name__} cannot be written as JSON")
