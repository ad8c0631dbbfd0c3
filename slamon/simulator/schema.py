"""
The names one may use in `conditions` and `orderBy`, with their types.

Names are case-insensitive. `lastUpdated` and `dateEntered` are names of their own although the payload keeps them in
`_info`; both spellings are taken. Other `_info` members cannot be searched, as in ConnectWise. A kind of record with
`+compat` behind its name has the names of the older notes on the API besides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from slamon.simulator import model
from slamon.simulator.errors import unknown_name
from slamon.simulator.model import Field, fields_of


class Kind(StrEnum):
    """What a value is compared as."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"
    DATE = "date"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Place:
    """A recognised name: the keys that lead to the value in a row, its kind and, for an enumeration, its values."""

    keys: tuple[str, ...]
    kind: Kind
    values: frozenset[str] = frozenset()


KINDS = {
    model.Kind.INT: Kind.NUMBER,
    model.Kind.FLOAT: Kind.NUMBER,
    model.Kind.TEXT: Kind.TEXT,
    model.Kind.CHOICE: Kind.TEXT,
    model.Kind.TIME: Kind.TEXT,
    model.Kind.ANY: Kind.TEXT,
    model.Kind.FLAG: Kind.FLAG,
    model.Kind.DATE: Kind.DATE,
    model.Kind.DAY: Kind.DATE,
    model.Kind.RECORD: Kind.REFERENCE,
}
NOT_SEARCHED = {
    # Whether the goals of 2026 can be searched is not known; the others are no columns.
    "Ticket": frozenset(
        [
            "initialDescription",
            "initialInternalAnalysis",
            "initialResolution",
            "initialDescriptionFrom",
            "contactEmailLookup",
            "processNotifications",
            "skipCallback",
            "respondByGoalUTC",
            "resplanGoalUTC",
            "resolutionGoalUTC",
        ]
    ),
    "Member": frozenset(("password", "token")),
}
INFO = {
    "lastUpdated": Kind.DATE,
    "updatedBy": Kind.TEXT,
    "dateEntered": Kind.DATE,
    "enteredBy": Kind.TEXT,
}
WITHOUT_INFO = frozenset(("AuditTrailEntry", "Usage", "Info", "CustomFieldValue", "ContactCommunicationItem"))
COMPAT = "+compat"
COMPAT_NAMES = {
    "Ticket": {
        "_info/sla_respond_by": Place(("respondByGoalUTC",), Kind.DATE),
        "_info/sla_plan_by": Place(("resplanGoalUTC",), Kind.DATE),
        "_info/sla_resolve_by": Place(("resolutionGoalUTC",), Kind.DATE),
    },
    "Company": {
        "type": Place(("type",), Kind.REFERENCE),
        "type/id": Place(("type", "id"), Kind.NUMBER),
        "type/name": Place(("type", "name"), Kind.TEXT),
    },
}


@cache
def places_of(names: str) -> dict[str, Place]:
    """Return the recognised names of a kind of record, lower case with `/` between levels."""
    record = names.removesuffix(COMPAT)
    found: dict[str, Place] = {}
    for field in fields_of(record).values():
        if field.name not in NOT_SEARCHED.get(record, ()):
            found |= {"/".join(place.keys).lower(): place for place in _places(field)}
    if record not in WITHOUT_INFO:
        for name, kind in INFO.items():
            found[name.lower()] = found[f"_info/{name}".lower()] = Place(("_info", name), kind)
    return found | (COMPAT_NAMES.get(record, {}) if names.endswith(COMPAT) else {})


def _places(field: Field) -> Iterator[Place]:
    kind = KINDS.get(field.kind)
    if kind is None:
        return
    yield Place((field.name,), kind, frozenset(choice.lower() for choice in field.choices))
    if kind == Kind.REFERENCE:
        for inner in fields_of(field.of).values():
            inner_kind = KINDS.get(inner.kind)
            if inner_kind not in (None, Kind.REFERENCE):
                yield Place((field.name, inner.name), inner_kind)


def find_array(names: str, name: str) -> Field:
    """
    Return the list among a record's fields that *name* means in any case.

    Raises:
        ApiError: 400 ApiFindCondition, the rows have no such list of records.
    """
    for field in fields_of(names.removesuffix(COMPAT)).values():
        if field.kind == model.Kind.LIST and field.name.lower() == name.lower() and model.is_record(field.of):
            return field
    raise unknown_name(name)


def find(names: str, path: str) -> Place:
    """
    Return the place that *path* (`company/identifier`, any case) names.

    Raises:
        ApiError: 400 ApiFindCondition, the name is not recognised.
    """
    place = places_of(names).get(path.lower())
    if place is None:
        raise unknown_name(path)
    return place
