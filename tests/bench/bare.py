"""What a program without slamon does with the same rows: executemany on SQLite, COPY BINARY on Postgres."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Protocol

from slamon.store import codec
from slamon.store.bulk import postgres_type
from slamon.store.tables import readings

_NAMES = ", ".join(codec.READING_COLUMNS)
_CLOCKS = "INSERT INTO clocks (tenant, ticket_id, next_change_at, read_at)"
_OR_UPDATE = (
    "ON CONFLICT (tenant, ticket_id) DO UPDATE SET next_change_at = excluded.next_change_at, read_at = excluded.read_at"
)
_INCOMING = "CREATE TEMPORARY TABLE incoming (tenant text, ticket_id int8, next_change_at int8, read_at int8)"


class Driver(Protocol):
    """One connection, kept open."""

    def write(self, ready: Sequence[codec.Row], clocks: Sequence[codec.Row] = ()) -> None:
        """Write *ready* rows of readings, and of *clocks*, in one transaction."""


def clock_rows(ready: Sequence[codec.Row]) -> list[codec.Row]:
    """Return the rows of `clocks` that go with rows of readings; each ticket is to be read at another instant."""
    return [(row[0], row[1], row[2] + 86_400 + row[1], row[2]) for row in ready]


@contextmanager
def connected(url: str) -> Iterator[Driver]:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            yield _Sqlite(connection)
        return
    import psycopg

    with psycopg.connect(url) as postgres:
        yield _Postgres(postgres)


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def write(self, ready: Sequence[codec.Row], clocks: Sequence[codec.Row] = ()) -> None:
        marks = ", ".join("?" * len(codec.READING_COLUMNS))
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(f"INSERT INTO readings ({_NAMES}) VALUES ({marks})", ready)
        self._connection.executemany(f"{_CLOCKS} VALUES (?, ?, ?, ?) {_OR_UPDATE}", clocks)
        self._connection.execute("COMMIT")


class _Postgres:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def write(self, ready: Sequence[codec.Row], clocks: Sequence[codec.Row] = ()) -> None:
        types = [postgres_type(readings.c[name].type) for name in codec.READING_COLUMNS]
        with self._connection.transaction(), self._connection.cursor() as cursor:
            self._copy(cursor, f"readings ({_NAMES})", types, ready)
            if clocks:
                cursor.execute(f"{_INCOMING} ON COMMIT DROP")
                self._copy(cursor, "incoming", ["text", "int8", "int8", "int8"], clocks)
                cursor.execute(f"{_CLOCKS} SELECT * FROM incoming {_OR_UPDATE}")

    def _copy(self, cursor: Any, into: str, types: list[str], rows: Sequence[codec.Row]) -> None:
        with cursor.copy(f"COPY {into} FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
