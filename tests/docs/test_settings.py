"""docs/reference/settings.md names every setting with its default, and no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from slamon.config import Config, public_holidays
from slamon.config.problems import models_in
from slamon.core.rules import DAY_NAMES
from slamon.core.rules_document import document_of, rules_from_document
from tests.docs.pages import REFERENCE, codes, rows, sections

PAGE = REFERENCE / "settings.md"
TABLES = {
    heading: rows(text) for heading, text in sections(PAGE).items() if any("[" in code for code in codes(heading))
}


def tables(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, str, FieldInfo]]:
    """Yield (table, key, field) of every setting; a table is written as in TOML, with NAME for free names."""
    for key, field in model.model_fields.items():
        below = inner_model(field.annotation)
        place = f"{path}.{key}" if path else key
        choices = models_in(field.annotation)
        if len(choices) > 1:
            for choice in choices:
                yield from tables(choice, f"{place}.NAME {get_args(choice.model_fields['kind'].annotation)[0]}")
            continue
        if below is None:
            if path:
                yield path, key, field
            continue
        if path:
            yield path, key, field
        yield from tables(below, f"{place}.NAME" if is_mapping(field.annotation) else place)


def inner_model(annotation: Any) -> type[BaseModel] | None:
    """Return the model inside an annotation such as `tuple[Policy, ...]`, if there is one."""
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := inner_model(part)) is not None), None)


def is_mapping(annotation: object) -> bool:
    return get_origin(annotation) is dict


def documented(table: str) -> dict[str, list[str]]:
    """Return the rows of the section whose heading names *table*."""
    for heading, found in TABLES.items():
        if any(code.strip("[]") == table for code in codes(heading)) or " ".join(codes(heading)) == _written(table):
            return found
    raise AssertionError(f"{PAGE.name} has no section for [{table}]")


def _written(table: str) -> str:
    """Return how a heading writes a table whose `kind` decides: `[channel.NAME]` and `webhook`."""
    name, _, kind = table.partition(" ")
    return f"[{name}] {kind}"


def shown_default(field: FieldInfo) -> str:
    """Return the default as the page writes it."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return "none"
    return f"`{json.dumps(value.get_secret_value() if isinstance(value, SecretStr) else value)}`"


SETTINGS = list(tables(Config))
NESTED = {"status_level", "callbacks", "audit"}  # tables of their own within [tenant.NAME], not keys


@pytest.mark.parametrize(("table", "key", "field"), SETTINGS, ids=[f"{t}.{k}" for t, k, _ in SETTINGS])
def test_every_setting_has_a_row_with_its_default(table: str, key: str, field: FieldInfo) -> None:
    if table == "tenant.NAME" and key in NESTED:
        assert documented(f"{table}.{key}")
        return

    row = documented(table).get(key)

    assert row is not None, f"[{table}] {key} has no row"
    assert row[0] == shown_default(field)
    assert row[1], f"[{table}] {key} says nothing"


def test_no_row_names_a_setting_that_does_not_exist() -> None:
    known: dict[str, set[str]] = {"calendar.NAME": CALENDAR}
    for table, key, _ in SETTINGS:
        known.setdefault(table, set()).add(key)

    for heading, found in TABLES.items():
        allowed = set().union(*(known.get(code.strip("[]"), set()) for code in codes(heading)))
        allowed |= next((keys for table, keys in known.items() if _written(table) == " ".join(codes(heading))), set())
        assert set(found) <= allowed, heading


RULES = rules_from_document("x", {"timezone": "UTC", "hours": {"mon": [["09:00", "17:00"]]}})
CALENDAR = {*document_of(RULES), public_holidays.KEY}


def test_the_keys_of_a_calendar_are_named() -> None:
    assert set(documented("calendar.NAME")) == CALENDAR
    assert {DAY_NAMES[0], DAY_NAMES[-1]} <= set(codes(documented("calendar.NAME")["hours"][1]))


def choices(annotation: object) -> list[str]:
    """Return the words a setting may be, empty where it is free."""
    if get_origin(annotation) is Literal:
        return [str(choice) for choice in get_args(annotation)]
    return []


CHOICES = [(table, key, choice) for table, key, field in SETTINGS for choice in choices(field.annotation)]


@pytest.mark.parametrize(("table", "key", "choice"), CHOICES)
def test_every_choice_of_a_setting_is_named(table: str, key: str, choice: str) -> None:
    """In its own row, or in that of the table above it, which a row may refer to."""
    rows_to_read = [documented(table)[key], documented("tenant.NAME.status_level").get(key, [])]

    assert choice in {code.strip('"') for row in rows_to_read for cell in row for code in codes(cell)}
