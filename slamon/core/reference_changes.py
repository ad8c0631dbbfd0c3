"""What differs between two readings of the reference data, in words for the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from enum import Enum
from typing import Any

from slamon.core.policy import Percents
from slamon.core.reference import GoalHours, Holiday, Reference
from slamon.core.rules import Window
from slamon.core.ticket import STAGES, Ref

_TABLES = (
    *(("boards", "board"), ("statuses", "status"), ("priorities", "priority"), ("slas", "SLA")),
    *(("calendars", "calendar"), ("companies", "company"), ("agreements", "agreement")),
)


def differences(before: Reference, after: Reference) -> list[str]:
    """Return one line for each record that came, went or changed, and for each setting of the server's."""
    found: list[str] = []
    for table, what in _TABLES:
        found += _of_table(what, getattr(before, table), getattr(after, table))
    for name in ("default_calendar_id", "server_zone"):
        was, has = getattr(before, name), getattr(after, name)
        if was != has:
            found.append(f"{name.replace('_', ' ')}: {_shown(was)} -> {_shown(has)}")
    return found


def _of_table(what: str, before: Mapping[int, Any], after: Mapping[int, Any]) -> Iterator[str]:
    for key in sorted(before.keys() | after.keys()):
        if key not in before:
            yield f"{what} {after[key].name!r} ({key}): new"
        elif key not in after:
            yield f"{what} {before[key].name!r} ({key}): gone"
        elif before[key] != after[key]:
            yield f"{what} {after[key].name!r} ({key}): {', '.join(_of_record(before[key], after[key]))}"


def _of_record(before: Any, after: Any) -> Iterator[str]:  # noqa: ANN401  (any two records of one kind)
    for field in fields(before):
        was, has = getattr(before, field.name), getattr(after, field.name)
        if was == has:
            continue
        name = field.name.replace("_", " ")
        if isinstance(was, Mapping) and isinstance(has, Mapping):
            yield from (
                f"{name} {key}: {_shown(was.get(key))} -> {_shown(has.get(key))}"
                for key in sorted(was.keys() | has.keys())
                if was.get(key) != has.get(key)
            )
        elif field.name == "holidays":
            yield from (f"holiday {_shown(day)} added" for day in has if day not in was)
            yield from (f"holiday {_shown(day)} removed" for day in was if day not in has)
        else:
            yield f"{name} {_shown(was)} -> {_shown(has)}"


def _shown(value: object) -> str:
    match value:
        case None:
            return "none"
        case GoalHours(respond, plan, resolve):
            return "/".join("none" if hours is None else f"{hours:g}" for hours in (respond, plan, resolve)) + " h"
        case Percents():
            return "/".join("none" if value.of(stage) is None else f"{value.of(stage)}" for stage in STAGES) + " %"
        case Window(begin, end):
            return f"{begin // 3600:02}:{begin % 3600 // 60:02}-{end // 3600:02}:{end % 3600 // 60:02}"
        case Holiday(on, name, window):
            return f"{on.isoformat()} {name!r}" + ("" if window is None else f" {_shown(window)}")
        case Ref(number, name):
            return f"{name!r} ({number})"
        case Enum():
            return value.name.lower()
        case date():
            return value.isoformat()
        case tuple():
            return "[" + ", ".join(map(_shown, value)) + "]"
        case _:
            return repr(value)
