"""The `conditions` of a ConnectWise request, as a typed tree that is written out in one place.

Grammar (developer guide): `path op value`, `path [not] in (...)`, `path [not] like|contains "..."`,
joined by `and` / `or`. How the server binds `and` and `or` without parentheses is not documented,
so every part of a junction is put in parentheses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, TypeVar

from slamon.errors import InputError

Value = str | int | float | bool | datetime | date | None
Operator = Literal["=", "!=", "<", "<=", ">", ">="]

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:/[A-Za-z_][A-Za-z0-9_]*)*")
_RESERVED = frozenset({"and", "or", "not", "in", "like", "contains", "null", "true", "false"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path op value`. None may only be compared for (in)equality."""

    path: str
    operator: Operator
    value: Value

    def __str__(self) -> str:
        return f"{_path(self.path)} {self.operator} {write_value(self.value)}"


@dataclass(frozen=True, slots=True)
class Membership:
    """`path in (value, ...)`, or `not in`."""

    path: str
    values: tuple[Value, ...]
    negated: bool = False

    def __str__(self) -> str:
        values = ", ".join(write_value(value) for value in self.values)
        return f"{_path(self.path)} {'not ' if self.negated else ''}in ({values})"


@dataclass(frozen=True, slots=True)
class Match:
    """`path like pattern` (`%` stands for anything) or `path contains text`; or their negation."""

    path: str
    how: Literal["like", "contains"]
    text: str
    negated: bool = False

    def __str__(self) -> str:
        return f"{_path(self.path)} {'not ' if self.negated else ''}{self.how} {write_value(self.text)}"


@dataclass(frozen=True, slots=True)
class Junction:
    """Two or more conditions of which all (`and`) or any (`or`) hold."""

    word: Literal["and", "or"]
    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return f" {self.word} ".join(f"({part})" for part in self.parts)


Condition = Comparison | Membership | Match | Junction


def compare(path: str, operator: Operator, value: Value) -> Comparison:
    """Return `path operator value`; datetimes must be aware and are written in UTC, in whole seconds."""
    if value is None and operator not in ("=", "!="):
        raise InputError(f"condition on {path}: nothing is {operator} null; compare it with = or !=")
    return _written(Comparison(path, operator, value))


def equals(path: str, value: Value) -> Comparison:
    """Return `path = value`."""
    return compare(path, "=", value)


def is_null(path: str) -> Comparison:
    """Return `path = null`."""
    return compare(path, "=", None)


def is_in(path: str, values: Iterable[Value], *, negated: bool = False) -> Membership:
    """Return `path in (values)`; a list without values has no meaning to the server and is refused."""
    listed = tuple(values)
    if not listed:
        raise InputError(f"condition on {path}: `in` needs at least one value")
    return _written(Membership(path, listed, negated))


def like(path: str, pattern: str, *, negated: bool = False) -> Match:
    """Return `path like pattern`; `%` in it stands for anything."""
    return _written(Match(path, "like", pattern, negated))


def contains(path: str, text: str, *, negated: bool = False) -> Match:
    """Return `path contains text`."""
    return _written(Match(path, "contains", text, negated))


def all_of(*parts: Condition | None) -> Condition | None:
    """Return the conditions joined by `and`; None parts are left out, and nothing at all is None."""
    return _join("and", parts)


def any_of(*parts: Condition | None) -> Condition | None:
    """Return the conditions joined by `or`; None parts are left out, and nothing at all is None."""
    return _join("or", parts)


def _join(word: Literal["and", "or"], parts: tuple[Condition | None, ...]) -> Condition | None:
    given = tuple(part for part in parts if part is not None)
    return Junction(word, given) if len(given) > 1 else next(iter(given), None)


C = TypeVar("C", Comparison, Membership, Match)


def _written(condition: C) -> C:
    str(condition)  # refuses here, where the caller is, what cannot be written
    return condition


def _path(path: str) -> str:
    if not _PATH.fullmatch(path) or not _RESERVED.isdisjoint(path.lower().split("/")):
        raise InputError(f"{path!r} is not the name of a field, such as closedFlag or board/id")
    return path


def write_value(value: Value) -> str:
    """Return *value* as the server reads it.

    Raises:
        InputError: It cannot be written without doubt about how the server would read it.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _number(value)
        case str():
            return _quoted(value)
        case datetime():
            return f"[{_instant(value)}]"
        case date():
            return f"[{value.isoformat()}]"


def _number(value: float) -> str:
    if not math.isfinite(value) or "e" in repr(value):
        raise InputError(f"{value!r} cannot stand in a condition; write a plain number")
    return repr(value)


def _quoted(text: str) -> str:
    """Return *text* in the quotes it does not hold: how the server reads an escaped one is unknown."""
    if text.endswith("\\") or not all(char.isprintable() for char in text):
        raise InputError(f"{text!r} cannot stand in a condition: line ends, controls or a backslash at its end")
    if '"' not in text:
        return f'"{text}"'
    if "'" not in text and '\\"' not in text:
        return f"'{text}'"
    raise InputError(f"{text!r} cannot stand in a condition: it holds both kinds of quotes; use like with %")


def _instant(at: datetime) -> str:
    if at.utcoffset() is None:
        raise InputError(f"{at.isoformat()} has no offset from UTC and cannot stand in a condition")
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


@dataclass(frozen=True, slots=True)
class Order:
    """One column of an order."""

    path: str
    direction: Literal["asc", "desc"] = "asc"

    def __str__(self) -> str:
        return f"{_path(self.path)} {self.direction}"


def descending(path: str) -> Order:
    """Return the order by *path*, the largest first."""
    return Order(path, "desc")


def custom_field(caption: str, value: Value, operator: Operator = "=") -> Condition:
    """Return the condition, for `custom_field_conditions`, that the custom field *caption* has this *value*."""
    return Junction("and", (equals("caption", caption), compare("value", operator, value)))


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The query of a list request.

    `conditions` speak of the row itself, `child_conditions` of members of its
    arrays (`types/id = 1`), `custom_field_conditions` of `caption` and `value`.
    `fields` may be nested (`status/name`); without them all come.
    `order_by` holds field names or orders, the first the most significant.
    `page_id` is for forward-only paging and takes the place of `page` and `order_by`.
    """

    conditions: Condition | None = None
    fields: tuple[str, ...] = ()
    order_by: tuple[str | Order, ...] = ()
    page: int = 1
    page_size: int = 1000
    child_conditions: Condition | None = None
    custom_field_conditions: Condition | None = None
    page_id: int | None = None

    def params(self) -> dict[str, str | int]:
        """Return all query parameters; those at the server's default are left out, `pageSize` never is."""
        return {**self.selection(), **self.window()}

    def selection(self) -> dict[str, str]:
        """Return the parameters that say which rows, in which order: those a search takes in its body."""
        conditions = {
            "conditions": self.conditions,
            "childConditions": self.child_conditions,
            "customFieldConditions": self.custom_field_conditions,
        }
        selection = {name: str(condition) for name, condition in conditions.items() if condition is not None}
        if self.order_by and self.page_id is None:
            orders = (Order(entry) if isinstance(entry, str) else entry for entry in self.order_by)
            selection["orderBy"] = ",".join(str(order) for order in orders)
        return selection

    def window(self) -> dict[str, str | int]:
        """Return the parameters that say what of the rows: fields and page, which always stand in the address."""
        window: dict[str, str | int] = {}
        if self.fields:
            window["fields"] = ",".join(_path(field) for field in self.fields)
        if self.page_id is not None:
            window["pageId"] = self.page_id
        elif self.page != 1:
            window["page"] = self.page
        return window | {"pageSize": self.page_size}
