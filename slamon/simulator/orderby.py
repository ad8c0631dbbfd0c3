"""`orderBy=priority/sort asc, id desc`: nulls come first when ascending, as in SQL Server."""

from collections.abc import Callable
from typing import Any

from slamon.simulator.errors import bad_condition
from slamon.simulator.schema import Kind, Place, find
from slamon.simulator.world import Row


def ordered(names: str, rows: list[Row], text: str) -> list[Row]:
    """
    Return *rows* in the order *text* asks for; equal rows stay in the order of their ids.

    Raises:
        ApiError: 400 ApiFindCondition, an unknown name or direction.
    """
    result = list(rows)
    for path, descending in reversed(_terms(text)):
        result.sort(key=_key(find(names, path)), reverse=descending)
    return result


def _terms(text: str) -> list[tuple[str, bool]]:
    terms = []
    for part in text.split(","):
        path, *direction = part.split() or [""]
        if not path or len(direction) > 1 or (direction and direction[0].lower() not in ("asc", "desc")):
            raise bad_condition(f"{part.strip()} is not a recognized order.")
        terms.append((path, bool(direction) and direction[0].lower() == "desc"))
    return terms


def _key(place: Place) -> Callable[[Row], tuple[bool, Any]]:
    def key(row: Row) -> tuple[bool, Any]:
        value: Any = row
        for name in place.keys:
            value = value.get(name) if value is not None else None
        if value is None:
            return False, 0
        if place.kind == Kind.REFERENCE:
            return True, value.get("id", 0)
        return True, value.casefold() if isinstance(value, str) else value

    return key
