"""
The `conditions` of a list request: parsed by the grammar of `conditions.lark`, compiled to a test of one row.

A missing field is null. As in SQL a comparison with null is never true, `!=` and `not` included; only `= null` and
`!= null` ask for it. Text is compared without regard to case; `like` and `contains` know `%` and `*`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError, VisitError

from slamon.simulator.errors import ApiError, bad_condition
from slamon.simulator.schema import Kind, Place, find, find_array
from slamon.simulator.world import Row

Test = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Bound:
    """A date literal: whole UTC seconds as ISO text, and whether a fraction of a second was cut off."""

    text: str
    fraction: bool


MOST_BRACKETS = 100
"""More would be deeper than the closures below can go."""

LONGEST = 100_000

Literal = str | float | bool | Bound | None


@lru_cache(maxsize=256)
def compile_conditions(names: str, text: str) -> Test:
    """
    Return the test that *text* describes for records of the kind *names*; the empty text lets every row through.

    Raises:
        ApiError: 400 ApiFindCondition, it does not parse, names an unknown field or compares unlike things.
    """
    return _transform(_Compiler(names), text) if text.strip() else _everything


@lru_cache(maxsize=64)
def compile_custom_fields(names: str, text: str) -> Test:
    """Return the test that a row has one custom field for which *text* (`caption="..." and value="..."`) holds."""
    if not text.strip():
        return _everything
    find_array(names, "customFields")
    test = _transform(_Compiler("CustomFieldValue"), text)
    return lambda row: any(test(field) for field in row.get("customFields", ()))


@lru_cache(maxsize=64)
def compile_children(names: str, text: str) -> Test:
    """Return the test that one member of an array of the row passes *text* (`types/id=1`), all paths in one array."""
    if not text.strip():
        return _everything
    compiler = _ChildCompiler(names)
    test = _transform(compiler, text)
    (array,) = compiler.arrays
    return lambda row: any(test(member) for member in row.get(array, ()))


def _everything(_row: Row) -> bool:
    return True


def _transform(compiler: "_Compiler", text: str) -> Test:
    if text.count("(") > MOST_BRACKETS or len(text) > LONGEST:
        raise bad_condition("The conditions are too long or nested too deeply.")
    try:
        return compiler.transform(_grammar().parse(text))
    except VisitError as error:
        if isinstance(error.orig_exc, ApiError):
            raise error.orig_exc from None
        raise
    except LarkError as error:
        column = getattr(error, "column", "end")
        raise bad_condition(f"The conditions cannot be understood at position {column}.") from None


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    text = files("slamon.simulator").joinpath("conditions.lark").read_text("utf-8")
    return Lark(text, parser="lalr", maybe_placeholders=True)


class _Compiler(Transformer[Token, Test]):
    """Turns the tree into closures, from the leaves up."""

    def __init__(self, names: str) -> None:
        super().__init__()
        self.names = names

    def either(self, tests: list[Test]) -> Test:
        return lambda row: any(test(row) for test in tests)

    def both(self, tests: list[Test]) -> Test:
        return lambda row: all(test(row) for test in tests)

    def path(self, names: list[Token]) -> Place:
        return find(self.names, "/".join(names))

    def value(self, tokens: list[Token]) -> Literal:
        return _literal(tokens[0])

    def compare(self, parts: list[Any]) -> Test:
        place, operator, literal = parts
        return _compare(place, str(operator), literal)

    def member(self, parts: list[Any]) -> Test:
        place, negated, *literals = parts
        wanted = {_fit(place, literal) for literal in literals}
        return _on_value(place, lambda value: (value in wanted) is (negated is None))

    def like(self, parts: list[Any]) -> Test:
        place, negated, literal = parts
        return _pattern(place, literal, whole=True, negated=negated is not None)

    def contains(self, parts: list[Any]) -> Test:
        place, negated, literal = parts
        return _pattern(place, literal, whole=False, negated=negated is not None)


class _ChildCompiler(_Compiler):
    """The same for paths whose first name is an array of the row."""

    def __init__(self, names: str) -> None:
        super().__init__(names)
        self.arrays: dict[str, str] = {}

    def path(self, names: list[Token]) -> Place:
        array = find_array(self.names, names[0])
        self.arrays[array.name] = array.of
        if len(self.arrays) > 1:
            raise bad_condition("childConditions can ask for one collection at a time.")
        return find(array.of, "/".join(names[1:]))


def _literal(token: Token) -> Literal:
    text = str(token)
    if token.type == "STRING":
        return re.sub(r"\\([\"'\\])", r"\1", text[1:-1])
    if token.type == "DATE":
        return _date(text[1:-1])
    if token.type == "NUMBER":
        return float(text)
    return {"TRUE": True, "FALSE": False, "NULL": None}[token.type]


def _date(text: str) -> Bound:
    """Read `[...]`: a date, or an instant with or without zone and fraction; without a zone it is UTC."""
    try:
        at = datetime.fromisoformat(text.strip())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise bad_condition(f"[{text}] is not a valid date.") from None
    return Bound(at.isoformat()[:19] + "Z", at.microsecond > 0)


def _getter(place: Place) -> Callable[[Row], Any]:
    """Return how to reach the field's value in a row, None where it is missing."""
    if len(place.keys) == 1:
        (key,) = place.keys
        return lambda row: row.get(key)
    outer, inner = place.keys
    return lambda row: row[outer].get(inner) if outer in row else None


def _on_value(place: Place, test: Callable[[Any], bool]) -> Test:
    """Return a test of the field's value as it is compared; a missing value never passes."""
    get, shape = _getter(place), SHAPES[place.kind]

    def passes(row: Row) -> bool:
        value = get(row)
        return value is not None and test(shape(value))

    return passes


SHAPES: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: lambda value: str(value).casefold(),
    Kind.DATE: lambda value: value if len(value) > 10 else f"{value}T00:00:00Z",
    Kind.NUMBER: lambda value: value,
    Kind.FLAG: lambda value: value,
    Kind.REFERENCE: lambda value: value,
}


def _compare(place: Place, operator: str, literal: Literal) -> Test:
    if literal is None:
        return _is_null(place, operator)
    if place.kind == Kind.FLAG and operator not in ("=", "!="):
        raise bad_condition(f"{'/'.join(place.keys)} can only be compared with = and !=.")
    wanted = _fit(place, literal)
    if isinstance(literal, Bound) and literal.fraction:
        # Rows hold whole seconds: "after 10:00:00.5" is "after 10:00:00", "before" it is "up to" 10:00:00.
        operator = {">=": ">", "<": "<="}.get(operator, operator)
        if operator in ("=", "!="):
            return _on_value(place, lambda _: operator == "!=")
    return _on_value(place, OPERATORS[operator](wanted))


OPERATORS: dict[str, Callable[[Any], Callable[[Any], bool]]] = {
    "=": lambda wanted: lambda value: bool(value == wanted),
    "!=": lambda wanted: lambda value: bool(value != wanted),
    "<": lambda wanted: lambda value: bool(value < wanted),
    "<=": lambda wanted: lambda value: bool(value <= wanted),
    ">": lambda wanted: lambda value: bool(value > wanted),
    ">=": lambda wanted: lambda value: bool(value >= wanted),
}


def _is_null(place: Place, operator: str) -> Test:
    get = _getter(place)
    if operator == "=":
        return lambda row: get(row) is None
    if operator == "!=":
        return lambda row: get(row) is not None
    return lambda _row: False


def _fit(place: Place, literal: Literal) -> object:
    """Return *literal* in the shape in which the field's values are compared, or refuse it."""
    name = "/".join(place.keys)
    if place.kind == Kind.NUMBER:
        return _number(name, literal)
    if place.kind == Kind.FLAG and (isinstance(literal, bool) or literal in (0.0, 1.0)):
        return bool(literal)
    if place.kind == Kind.DATE and isinstance(literal, str | Bound):
        return literal.text if isinstance(literal, Bound) else _date(literal).text
    if place.kind == Kind.TEXT and isinstance(literal, str | float):
        text = f"{literal:g}" if isinstance(literal, float) else literal.casefold()
        if place.values and text not in place.values:
            raise bad_condition("Enum value supplied was invalid.")
        return text
    raise bad_condition(f"The value given for {name} has the wrong type.")


def _number(name: str, literal: Literal) -> float:
    if isinstance(literal, int | float) and not isinstance(literal, bool):
        return literal
    if isinstance(literal, str):
        try:
            return float(literal)
        except ValueError:
            pass
    raise bad_condition(f"The value given for {name} has the wrong type.")


def _pattern(place: Place, literal: Literal, *, whole: bool, negated: bool) -> Test:
    if place.kind != Kind.TEXT or not isinstance(literal, str):
        raise bad_condition(f"{'/'.join(place.keys)} cannot be compared with a pattern.")
    text = literal.casefold() if whole else f"%{literal.casefold()}%"
    first, *rest = (re.escape(part) for part in re.split(r"[%*]+", text))
    # Each part is found once and for good (an atomic group): many wildcards must not make a search that never ends.
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1])
    last = f".*{rest[-1]}" if rest else ""
    pattern = re.compile(first + middle + last, re.DOTALL)
    return _on_value(place, lambda value: (pattern.fullmatch(value) is None) is negated)
