"""The form of a backup: an SQLite database of slamon's schema, and one more table that says what it is, with sums.

SQLite finds a page out of place but not a changed letter, so every table has its
number of rows and a sum over them. The sum does not depend on the order of rows:
Postgres and SQLite sort text differently.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from slamon import __version__
from slamon.core.instants import format_instant
from slamon.errors import InputError
from slamon.store.schema_guard import VERSION_TABLE

TABLE = "slamon_backup"
_FORM = "1"
NUMBERS = "sqlite_sequence"  # the last number of each table that numbers its rows for ever
_STRUCTURE = "SELECT type, name, tbl_name, sql FROM sqlite_master"
_encode = msgspec.json.Encoder().encode

Sums = dict[str, list[Any]]  # by table: the number of rows, and the sum over them


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself. `source` is the kind of database it was made of."""

    path: str
    made_at: datetime
    slamon: str
    schema: str
    source: str
    rows: Mapping[str, int]


def read_backup(path: Path) -> Backup:
    """Return what the backup at *path* is, every sum added again.

    Raises:
        InputError: It is no backup of slamon, or not as it was made.
    """
    with reading_file(path) as connection:
        told = _told(connection, path)
        sums: Sums = json.loads(told["sums"])
        if find_damage(connection) or sums_of(connection) != sums:
            raise InputError(f"{path}: is damaged: not what was written when it was made; take another backup")
        return _backup(path, told, sums)


def sign(connection: sqlite3.Connection, *, made_at: datetime, schema: str, source: str, sums: Sums) -> None:
    """Say in the database of *connection* what it is: from here on it is a backup."""
    told = {"form": _FORM, "made_at": format_instant(made_at), "slamon": __version__, "schema": schema}
    told |= {"source": source, "sums": json.dumps(sums, sort_keys=True)}
    connection.execute(f"CREATE TABLE {TABLE} (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    rows = [*told.items(), ("check", _check_of(told))]
    connection.executemany(f"INSERT INTO {TABLE} VALUES (?, ?)", rows)  # noqa: S608


@contextmanager
def reading_file(path: Path) -> Iterator[sqlite3.Connection]:
    """The file of a backup, which is never written; what SQLite says against it becomes an InputError."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            yield connection
    except (sqlite3.Error, ValueError, KeyError) as error:
        raise InputError(f"{path}: is no backup that can be read ({error}); take another one") from error


def sums_of(connection: sqlite3.Connection) -> Sums:
    """Return the sums over all that a backup is to keep, as it stands in the database."""
    found: Sums = {"": total(connection.execute(f"{_STRUCTURE} WHERE name <> '{TABLE}' AND tbl_name <> '{TABLE}'"))}
    for table, columns in columns_of(connection).items():
        found[table] = total(connection.execute(f"SELECT {', '.join(columns)} FROM {table}"))  # noqa: S608
    return found


def columns_of(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Return the tables that hold slamon's data, each with its columns."""
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    kept = [n for n in names if n not in (TABLE, VERSION_TABLE) and (n == NUMBERS or not n.startswith("sqlite_"))]
    return {name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for name in kept}


def total(rows: Iterable[Sequence[Any]]) -> list[Any]:
    """Return how many *rows* there are, and the sum of their hashes, whatever their order."""
    count, added = 0, 0
    for row in rows:
        count += 1
        added += int.from_bytes(hashlib.sha256(_encode([plain(value) for value in row])).digest(), "big")
    return [count, f"{added % (1 << 256):064x}"]


def plain(value: Any) -> Any:  # noqa: ANN401  (whatever a column may hold)
    """Return a value as SQLite keeps it."""
    return int(value) if isinstance(value, bool) else value


def find_damage(connection: sqlite3.Connection) -> str:
    """Return the first thing that SQLite finds wrong with a file; empty if it is sound."""
    found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    return "" if found == "ok" else found.splitlines()[0]


def _told(connection: sqlite3.Connection, path: Path) -> dict[str, str]:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (TABLE,)).fetchone():
        raise InputError(f"{path}: is no backup of slamon; `slamon db backup` makes one")
    told: dict[str, str] = dict(connection.execute(f"SELECT name, value FROM {TABLE}").fetchall())  # noqa: S608
    check = told.pop("check", "")
    if told.get("form", _FORM) != _FORM:
        raise InputError(f"{path}: is a backup of form {told['form']}, this slamon reads {_FORM}; install a newer one")
    if check != _check_of(told):
        raise InputError(f"{path}: is damaged: not what was written when it was made; take another backup")
    return told


def _check_of(told: Mapping[str, str]) -> str:
    return hashlib.sha256(_encode(sorted(told.items()))).hexdigest()


def _backup(path: Path, told: Mapping[str, str], sums: Sums) -> Backup:
    return Backup(
        path=str(path),
        made_at=datetime.fromisoformat(told["made_at"]),
        slamon=told["slamon"],
        schema=told["schema"],
        source=told["source"],
        rows={name: count for name, (count, _) in sums.items() if name and name != NUMBERS},
    )
