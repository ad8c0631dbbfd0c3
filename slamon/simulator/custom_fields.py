"""Custom fields: defined for a kind of record, carried by each of its rows; a write names those it changes."""

from slamon.simulator.errors import Problem
from slamon.simulator.world import Row, World

TEXT_LENGTH = 1_000


def merge(world: World, record: str, row: Row, old: Row, sent: object) -> list[Problem]:
    """
    Put into *row* all custom fields of its kind, with the values *sent*, and those of *old* where none is sent.

    A member is `{"id": 3, "value": "Gold"}`; without a value the field is emptied. What is wrong with them is returned.
    """
    definitions = world.custom_fields.get(record)
    row.pop("customFields", None)
    if not definitions:
        return []
    values = {field["id"]: field.get("value") for field in old.get("customFields", ())}
    problems = []
    for member in sent if isinstance(sent, list) else ():
        number, value = member.get("id"), member.get("value")
        if not any(definition["id"] == number for definition in definitions):
            problems.append(Problem("NotFound", f"customField {str(number)[:20]} not found", "customFields"))
        elif isinstance(value, list | dict) or (isinstance(value, str) and len(value) > TEXT_LENGTH):
            problems.append(Problem("InvalidField", "The value of a custom field is invalid.", "customFields"))
        else:
            values[number] = value
    row["customFields"] = [_field(definition, values.get(definition["id"])) for definition in definitions]
    return problems


def _field(definition: Row, value: object) -> Row:
    """Return the custom field as a row carries it: the value is left out when there is none."""
    return dict(definition) if value is None else {**definition, "value": value}
