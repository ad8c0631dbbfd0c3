"""Writing many rows at the driver's own speed: executemany with tuples, and COPY on Postgres.

SQLAlchemy's insert() costs four times what SQLite itself takes; here the statement
is made once from the table and the rows go to the driver as they are. So the
values are the database's own: epoch seconds, numbers, text (`codec.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from sqlalchemy import BigInteger, Boolean, Connection, Integer, SmallInteger, Table
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeEngine

from slamon.store.types import Packed, UtcSeconds

Conflict = Literal["error", "ignore", "update"]
Row = tuple[Any, ...]
T = TypeVar("T")

# From here on a COPY into a temporary table and a merge are faster than a statement a row.
_COPY_FROM = 100
_UNIQUE_VIOLATION = "23505"


class Rows(Protocol):
    """Rows that may be gone through more than once, and whose number is known."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Row]: ...


@dataclass(frozen=True, slots=True)
class RowsOf(Generic[T]):
    """Rows made of *values* as they are written: while Postgres stores one, the next is made."""

    values: Collection[T]
    make: Callable[[T], Row]

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Row]:
        return map(self.make, self.values)


def insert_rows(
    connection: Connection,
    table: Table,
    rows: Rows,
    *,
    columns: Sequence[str],
    conflict: Conflict = "error",
    mostly_new: bool = False,
) -> int:
    """Insert *rows*, whose values stand in the order of *columns*; return how many were written.

    A row whose primary key is known is left alone (`ignore`; so it is for any other
    unique key) or has its other columns set (`update`). No two rows may share a key.
    With *mostly_new* a known key is so rare that Postgres may try without looking first.
    """
    if not rows:
        return 0
    names = tuple(columns)
    if connection.dialect.name == "postgresql" and len(rows) >= _COPY_FROM:
        return _insert_many(connection, table, names, rows, conflict, mostly_new)
    marks = ", ".join(["%s" if connection.dialect.name == "postgresql" else "?"] * len(names))
    head, tail = _insert(table, names, conflict, connection.dialect)
    result = connection.exec_driver_sql(f"{head} VALUES ({marks}) {tail}", list(rows))
    return result.rowcount


def _insert(table: Table, columns: tuple[str, ...], conflict: Conflict, dialect: Dialect) -> tuple[str, str]:
    """Return what stands before and after the values."""
    quote = dialect.identifier_preparer.quote
    names = ", ".join(map(quote, columns))
    head = f"INSERT INTO {quote(table.name)} ({names})"
    if conflict == "error":
        return head, ""
    if conflict == "ignore":
        return head, "ON CONFLICT DO NOTHING"
    key = [column.name for column in table.primary_key]
    changes = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in columns if name not in key)
    return head, f"ON CONFLICT ({', '.join(map(quote, key))}) DO UPDATE SET {changes}"


def _insert_many(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    rows: Rows,
    conflict: Conflict,
    mostly_new: bool,
) -> int:
    if conflict == "error":
        _copy(connection, table.name, table, columns, rows)
        return len(rows)
    if mostly_new and _copied(connection, table, columns, rows):
        return len(rows)
    return _merge(connection, table, columns, rows, conflict)


def _copied(connection: Connection, table: Table, columns: tuple[str, ...], rows: Rows) -> bool:
    """Copy the rows straight into the table and say so, or find a key among them that is known and undo it."""
    driver = connection.dialect.loaded_dbapi
    try:
        with connection.begin_nested():
            _copy(connection, table.name, table, columns, rows)
    except driver.IntegrityError as error:
        if getattr(error, "sqlstate", None) != _UNIQUE_VIOLATION:
            raise
        return False
    return True


def _merge(connection: Connection, table: Table, columns: tuple[str, ...], rows: Rows, conflict: Conflict) -> int:
    """Copy the rows into a temporary table, and from there into the real one."""
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(map(quote, columns))
    incoming = f"incoming_{table.name}"
    # AS SELECT, not LIKE: a part of the columns must do, without NOT NULL on the others.
    shape = f"SELECT {names} FROM {quote(table.name)} WITH NO DATA"  # noqa: S608
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {incoming} ON COMMIT DROP AS {shape}")
    _copy(connection, incoming, table, columns, rows)
    head, tail = _insert(table, columns, conflict, connection.dialect)
    merged = connection.exec_driver_sql(f"{head} SELECT {names} FROM {incoming} {tail}")  # noqa: S608
    connection.exec_driver_sql(f"DROP TABLE {incoming}")
    return merged.rowcount


def _copy(connection: Connection, target: str, table: Table, columns: tuple[str, ...], rows: Rows) -> None:
    """COPY the rows, in the transaction of *connection*, into *target*, which has the columns of *table*."""
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(map(quote, columns))
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {quote(target)} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types([postgres_type(table.c[name].type) for name in columns])
        for row in rows:
            copy.write_row(row)


def postgres_type(column_type: TypeEngine[Any]) -> str:
    """Return the Postgres type by which a binary COPY writes a column."""
    if isinstance(column_type, (UtcSeconds, BigInteger)):
        return "int8"
    if isinstance(column_type, SmallInteger):
        return "int2"
    if isinstance(column_type, Integer):
        return "int4"
    if isinstance(column_type, Packed):
        return "bytea"
    return "bool" if isinstance(column_type, Boolean) else "text"
