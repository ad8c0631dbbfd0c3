"""Tables for files that know no shares and no links: each becomes columns of plain values."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from slamon.reports.document import Cell, Column, Link, Share, Table, Unit
from slamon.reports.written import percent_number

IS_TOTAL = "is_total"


class Plain(StrEnum):
    """What a plain column holds; an instant is epoch seconds, a percent a number with one decimal, as text."""

    TEXT = "text"
    WHOLE = "whole"
    PERCENT = "percent"
    INSTANT = "instant"
    FLAG = "flag"


class Field(NamedTuple):
    """A plain column."""

    name: str
    plain: Plain


Value: TypeAlias = str | int | bool | None
_PLAIN = {Unit.COUNT: Plain.WHOLE, Unit.SECONDS: Plain.WHOLE, Unit.INSTANT: Plain.INSTANT, Unit.TEXT: Plain.TEXT}


def fields_of(table: Table) -> tuple[Field, ...]:
    """Return the plain columns; a table with a total has one more, which tells it from the rows."""
    found = [field for column in table.columns for field in _fields(column)]
    return (*found, Field(IS_TOTAL, Plain.FLAG)) if table.total is not None else tuple(found)


def _fields(column: Column) -> tuple[Field, ...]:
    key = column.key
    if column.unit is Unit.SHARE:
        parts = (("part", Plain.WHOLE), ("whole", Plain.WHOLE), ("percent", Plain.PERCENT))
        return tuple(Field(f"{key}_{name}", plain) for name, plain in parts)
    if column.unit is Unit.LINK:
        return Field(key, Plain.TEXT), Field(f"{key}_link", Plain.TEXT)
    return (Field(key, _PLAIN[column.unit]),)


def values_of(table: Table) -> Iterator[tuple[Value, ...]]:
    """Yield the rows, each with a value for every field; the total comes last."""
    if table.total is None:
        yield from (_row(table, row) for row in table.rows)
        return
    for row in table.rows:
        yield (*_row(table, row), False)
    yield (*_row(table, table.total), True)


def _row(table: Table, row: tuple[Cell, ...]) -> tuple[Value, ...]:
    return tuple(value for column, cell in zip(table.columns, row, strict=True) for value in _values(column.unit, cell))


def _values(unit: Unit, cell: Cell) -> tuple[Value, ...]:
    if unit is Unit.SHARE:
        return (cell.part, cell.whole, percent_number(cell)) if isinstance(cell, Share) else (None, None, None)
    if unit is Unit.LINK:
        return (cell.words, cell.address or None) if isinstance(cell, Link) else (_plain(cell), None)
    return (_plain(cell),)


def _plain(cell: Cell) -> Value:
    if isinstance(cell, Share):
        return percent_number(cell)
    return cell.words if isinstance(cell, Link) else cell
