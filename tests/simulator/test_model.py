"""The simulator's list of records and fields against ConnectWise's own description."""

import json
from pathlib import Path
from typing import Any

import pytest

from slamon.simulator.model import Field, Kind, fields_of
from slamon.simulator.resources import COLLECTIONS

DESCRIPTION = Path(__file__).parents[1] / "data" / "openapi-subset.json"
SCHEMAS: dict[str, Any] = json.loads(DESCRIPTION.read_text("utf-8"))["components"]["schemas"]
TYPES = {"integer": Kind.INT, "number": Kind.FLOAT, "boolean": Kind.FLAG, "object": Kind.ANY, "array": Kind.LIST}
LIKE_TEXT = {Kind.TEXT, Kind.DATE, Kind.DAY, Kind.TIME}
LOOSE = {"Member.office365", "Info.licenseBits"}
"""Records of one field, taken as they come."""

RECORDS = sorted({each.record for each in COLLECTIONS} | {each.info for each in COLLECTIONS if each.info})


def _agrees(field: Field, described: dict[str, Any]) -> bool:
    if "$ref" in described:
        return field.kind == Kind.RECORD and described["$ref"].endswith(f"/{field.of}")
    if "enum" in described:
        return field.kind == Kind.CHOICE and field.choices == tuple(described["enum"])
    if described["type"] == "string":
        return field.kind in LIKE_TEXT and field.length == described.get("maxLength")
    return field.kind == TYPES[described["type"]]


@pytest.mark.parametrize("record", RECORDS)
def test_every_field_is_as_described(record: str) -> None:
    schema = SCHEMAS[record]
    described = {name: each for name, each in schema["properties"].items() if name != "_info"}
    known = fields_of(record)
    assert list(known) == list(described)
    wrong = [name for name in known if not _agrees(known[name], described[name]) and f"{record}.{name}" not in LOOSE]
    assert wrong == []
    assert {name for name, field in known.items() if field.required} == set(schema.get("required") or ())
