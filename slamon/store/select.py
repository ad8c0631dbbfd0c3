"""Reading rows as the codec takes them: plain numbers and text, without a conversion per value on the way."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Connection, Table, any_, func, literal, select, type_coerce

from slamon.store.types import UtcSeconds


def raw(table: Table, names: Iterable[str]) -> list[ColumnElement[Any]]:
    """Return the columns *names* of *table*, instants as the numbers they are stored as."""
    columns = (table.c[name] for name in names)
    return [type_coerce(c, BigInteger()) if isinstance(c.type, UtcSeconds) else c for c in columns]


def among(connection: Connection, column: ColumnElement[int], ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that *column* is one of *ids*, as a single parameter however many there are."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(ids), ARRAY(BigInteger)))
    values = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(values.c.value))
