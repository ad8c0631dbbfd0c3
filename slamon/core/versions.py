"""Names by content: the same promise or calendar has the same version on every machine and in every year."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from slamon.core.policy import Terms
from slamon.core.reference import Reference
from slamon.core.rules import CalendarRules
from slamon.core.status_map import StatusMap

DIGITS = 16  # of the sha256, in hex: 64 bits, far more than a desk has calendars


def version_of(value: Terms | CalendarRules) -> str:
    """Return the version of *value*: 16 hex digits of the sha256 of its canonical JSON.

    The name says nothing about when or where it was made, so two daemons agree
    on it, and terms that come back after a change have their old version again.
    """
    return _digest(value)


def version_of_reference(reference: Reference) -> str:
    """Return the version of *reference*, its warnings left out: they are words about it, not part of it."""
    body = json.dumps(_plain(replace(reference, warnings=())), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"reference:{body}".encode("ascii")).hexdigest()[:DIGITS]


def version_of_status_map(status_map: StatusMap) -> str:
    body = json.dumps(_plain(status_map), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"status_map:{body}".encode("ascii")).hexdigest()[:DIGITS]


def version_of_judgement(*parts: object) -> str:
    """Return the version of all that tickets are judged by: settings, and the versions of what else."""
    body = json.dumps([_plain(part) for part in parts], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(f"judgement:{body}".encode("ascii")).hexdigest()[:DIGITS]


def canonical(value: Terms | CalendarRules) -> str:
    """Return *value* as the JSON text that is hashed: kind first, keys sorted, no blanks.

    Fields at their default are left out: a field added later, with a default that
    means "as before", leaves every version that stands as it is.
    """
    body = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"{'terms' if isinstance(value, Terms) else 'calendar'}:{body}"


@lru_cache(maxsize=4096)
def _digest(value: Terms | CalendarRules) -> str:
    return hashlib.sha256(canonical(value).encode("ascii")).hexdigest()[:DIGITS]


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: _plain(held) for field, held in pairs if not _at_default(field, held)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(_plain(item) for item in value)  # type: ignore[type-var]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    return value


def _at_default(field: Field[Any], held: object) -> bool:
    return field.default is not MISSING and bool(held == field.default)
