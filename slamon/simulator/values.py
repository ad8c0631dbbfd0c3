"""What a client sends, field by field: refused with ConnectWise's reasons, or in the form in which it is stored."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from slamon.simulator.errors import Problem
from slamon.simulator.model import Field, Kind, fields_of
from slamon.simulator.references import resolve
from slamon.simulator.world import Row, World

INT32 = 2**31
LARGEST_FLOAT = 1e12
LARGEST_HOURS = 100_000.0
"""Eleven years: a goal beyond it would lead out of the calendar."""

HOURS = frozenset(("respondHours", "planWithin", "resolutionHours"))
CLOCK_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")


def checked(world: World, record: str, sent: Mapping[str, object], raw: frozenset[str]) -> tuple[Row, list[Problem]]:
    """
    Return the fields of *sent* as they are stored, None for those to be emptied, and everything that is wrong.

    Unknown fields and those the server keeps are passed over, as ConnectWise does. Fields in *raw* have rules of their
    own and come back as they were sent.
    """
    found: Row = {}
    problems: list[Problem] = []
    for name, field in fields_of(record).items():
        if name not in sent or field.kept:
            continue
        value = sent[name]
        if value is None or name in raw:
            found[name] = value
            continue
        result = _stored(world, field, value)
        if isinstance(result, Problem):
            problems.append(result)
        else:
            found[name] = result
    return found, problems


def missing(record: str, row: Row) -> list[Problem]:
    """Return a reason for each required field that *row* lacks; an empty text is lacking too."""
    names = (field.name for field in fields_of(record).values() if field.required and not field.kept)
    return [required(name) for name in names if row.get(name) in (None, "")]


def required(name: str) -> Problem:
    """Return the reason for a field that must be given."""
    return Problem("MissingRequiredField", f"The {name} field is required.", name)


def _stored(world: World, field: Field, value: object) -> object:
    if field.kind == Kind.RECORD:
        return resolve(world, field.of, value, field.name)
    if field.kind == Kind.LIST:
        return _list(world, field, value)
    return READERS[field.kind](field, value)


def _list(world: World, field: Field, value: object) -> object:
    if not isinstance(value, list):
        return _wrong(field)
    found = []
    for item in value:
        inner = Field(field.name, Kind.RECORD, required=False, kept=False, once=False, of=field.of)
        result = _stored(world, inner, item) if field.of.endswith("Reference") else _plain(field, item)
        if isinstance(result, Problem):
            return result
        found.append(result)
    return found


def _plain(field: Field, item: object) -> object:
    """Return a member of a list of ids, tags, or records (custom fields), which are checked where they are used."""
    wanted = {"int": int, "text": str}.get(field.of, dict)
    return item if isinstance(item, wanted) and not isinstance(item, bool) else _wrong(field)


def _text(field: Field, value: object) -> object:
    if not isinstance(value, str):
        return _wrong(field)
    if field.length is not None and len(value) > field.length:
        message = f"The field {field.name} must be a string with a maximum length of {field.length}."
        return Problem("MaxLength", message, field.name)
    return value


def _flag(field: Field, value: object) -> object:
    return value if isinstance(value, bool) else _wrong(field)


def _int(field: Field, value: object) -> object:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and -INT32 <= value < INT32 else _wrong(field)  # type: ignore[operator]  # an int by now


def _float(field: Field, value: object) -> object:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return _wrong(field)
    if not -LARGEST_FLOAT <= value <= LARGEST_FLOAT:  # nor is it true of NaN; an int may be too large for a float
        return _wrong(field)
    if field.name in HOURS and not 0 <= value <= LARGEST_HOURS:
        return Problem("InvalidField", f"The {field.name} field must lie between 0 and {LARGEST_HOURS:g}.", field.name)
    return float(value)


def _choice(field: Field, value: object) -> object:
    for choice in field.choices:
        if isinstance(value, str) and choice.casefold() == value.casefold():
            return choice
    return Problem("InvalidField", f"Enum value supplied was invalid for {field.name}.", field.name)


def instant(text: object) -> int | None:
    """Return an ISO date or instant as epoch seconds, UTC without a zone; None if it is none within two centuries."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    if not 1900 <= at.year < 2100:
        return None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def _date(field: Field, value: object) -> object:
    at = instant(value) if isinstance(value, str) else None
    if at is None:
        return Problem("InvalidField", f"The {field.name} field is no date in reach.", field.name)
    return datetime.fromtimestamp(at, UTC).isoformat()[:19] + "Z"


def _day(field: Field, value: object) -> object:
    found = _date(field, value)
    return found[:10] if isinstance(found, str) else found


def _time(field: Field, value: object) -> object:
    match = CLOCK_TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return Problem("InvalidField", f"The {field.name} field is no time such as 08:00:00.", field.name)
    hour, minute, second = match.groups("00")
    return f"{int(hour):02}:{minute}:{second}"


def _any(_field: Field, value: object) -> object:
    return value


def _wrong(field: Field) -> Problem:
    return Problem("InvalidField", f"The {field.name} field has the wrong type.", field.name)


READERS: dict[Kind, Callable[[Field, object], object]] = {
    Kind.TEXT: _text,
    Kind.FLAG: _flag,
    Kind.INT: _int,
    Kind.FLOAT: _float,
    Kind.CHOICE: _choice,
    Kind.DATE: _date,
    Kind.DAY: _day,
    Kind.TIME: _time,
    Kind.ANY: _any,
}
