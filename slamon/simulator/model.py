"""The fields of every record, read from `model.txt`: what a client may send, and what it may ask for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Kind(StrEnum):
    """What values a field holds."""

    INT = "int"
    FLOAT = "float"
    TEXT = "text"
    FLAG = "flag"
    DATE = "date"
    DAY = "day"
    TIME = "time"
    ANY = "any"
    CHOICE = "choice"
    RECORD = "record"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Field:
    """
    One field: *length* is the longest text, *choices* are the values of an enumeration, *of* is the record referred to.

    *kept* fields are the server's own; *once* fields are taken when the record is created and never again.
    """

    name: str
    kind: Kind
    required: bool
    kept: bool
    once: bool
    length: int | None = None
    choices: tuple[str, ...] = ()
    of: str = ""


@cache
def fields_of(record: str) -> Mapping[str, Field]:
    """Return the fields of a kind of record, `Ticket` for example, by their names and in their order."""
    return {field.name: field for field in map(_field, _declarations()[record])}


def is_record(name: str) -> bool:
    """Return whether the model describes a record of this name."""
    return name in _declarations()


@cache
def _declarations() -> Mapping[str, tuple[str, ...]]:
    text = files("slamon.simulator").joinpath("model.txt").read_text("utf-8")
    found: dict[str, tuple[str, ...]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith(" "):
            found[name] += tuple(line.split())
        elif line and not line.startswith("#"):
            name = line.strip()
            found[name] = ()
    return found


DECLARATION = re.compile(r"(?P<name>\w+):(?P<kind>[^!~^]+)(?P<marks>[!~^]*)")


def _field(declaration: str) -> Field:
    match = DECLARATION.fullmatch(declaration)
    assert match is not None, declaration
    name, text, marks = match["name"], match["kind"], match["marks"]
    required, kept, once = "!" in marks, "~" in marks, "^" in marks
    if text.startswith("["):
        return Field(name, Kind.LIST, required, kept, once, of=text.strip("[]"))
    if "|" in text:
        return Field(name, Kind.CHOICE, required, kept, once, choices=tuple(text.split("|")))
    if is_record(text):
        return Field(name, Kind.RECORD, required, kept, once, of=text)
    kind, _, length = text.partition("<=")
    return Field(name, Kind(kind), required, kept, once, length=int(length) if length else None)
