"""Reading the fields of a case: each refuses what is not of its form, naming the field and the remedy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from slamon.core.instants import parse_instant, to_epoch

Case = Mapping[str, Any]

IGNORED = frozenset(
    {
        "source",
        "portable",
        "tags",
        "note",
        "derived",
        "requires",
        "reference_says",
        "expect",
        "also_accept",
        "tolerance_seconds",
    }
)


class CaseError(Exception):
    """This case cannot be answered; the message says what and why."""


def check_keys(case: Case, known: Collection[str], place: str = "") -> None:
    unknown = [str(key) for key in case if key not in known and (place or key not in IGNORED)]
    if unknown:
        raise CaseError(f"{place}{unknown[0]}: unknown key; known are {', '.join(sorted(known))}")


def required(case: Case, key: str, place: str = "") -> Any:  # noqa: ANN401  (JSON)
    if key not in case:
        raise CaseError(f"{place}{key}: missing")
    return case[key]


def instant(case: Case, key: str, place: str = "") -> int:
    """Return a required instant as epoch seconds."""
    value = required(case, key, place)
    if not isinstance(value, str):
        raise CaseError(f"{place}{key}: expected an instant such as 2026-10-25T09:00:00Z")
    try:
        return to_epoch(parse_instant(value))
    except (ValueError, OverflowError) as error:
        raise CaseError(f"{place}{key}: {error}") from None


def seconds(value: Any, place: str) -> int:  # noqa: ANN401  (JSON)
    """Return a count of whole seconds >= 0; a float is accepted when it is whole."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CaseError(f"{place}: expected a number of seconds")
    if value != value or value in (float("inf"), float("-inf")) or value != int(value):
        raise CaseError(f"{place}: {value} is not a whole number of seconds")
    if value < 0:
        raise CaseError(f"{place}: {value} is negative")
    return int(value)


def names(case: Case, key: str) -> frozenset[str]:
    value = case.get(key, [])
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise CaseError(f"{key}: expected a list of status names")
    return frozenset(value)


def table(case: Case, key: str, place: str = "") -> Case:
    value = required(case, key, place)
    if not isinstance(value, Mapping):
        raise CaseError(f"{place}{key}: expected an object")
    return value


def flag(case: Case, key: str, place: str) -> bool:
    value = case.get(key, False)
    if not isinstance(value, bool):
        raise CaseError(f"{place}{key}: expected true or false")
    return value
