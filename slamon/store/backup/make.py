"""Making a backup: a consistent copy of a database in use, beside its place, looked through, then renamed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from slamon.errors import InputError, SchemaOutdatedError, StoreError
from slamon.store.backup.form import (
    NUMBERS,
    Backup,
    Sums,
    columns_of,
    find_damage,
    plain,
    read_backup,
    sign,
    sums_of,
    total,
)
from slamon.store.database import Database
from slamon.store.migrate import refuse, schema_status, upgrade_scratch
from slamon.store.schema_guard import current_revision

_AT_ONCE = 5000  # rows on their way from Postgres at a time


def back_up(url: str, path: Path, *, made_at: datetime, force: bool = False) -> Backup:
    """Make a backup of the database at *url* in the file *path*; return what it is. The daemon may go on writing.

    Raises:
        InputError: The file is there already and *force* is not set, or cannot be written.
        StoreError: The database cannot be used, or is damaged.
    """
    found = schema_status(url)
    refuse(found)
    if found.state == "empty":
        raise SchemaOutdatedError(f"{found.where}: nothing is stored yet; there is nothing to back up")
    with closing(Database(url, pooled=False, readonly=True)) as database:
        _refuse_place(database, path, force)
        with _beside(path) as part:
            if database.sqlite:
                _copy_sqlite(database, part)
                sums = None
            else:
                sums = _copy_postgres(database, part)
            _finish(database, part, made_at, sums)
            made = read_backup(part)
            part.replace(path)
            _keep(path.parent)
    return Backup(str(path), made.made_at, made.slamon, made.schema, made.source, made.rows)


def _refuse_place(database: Database, path: Path, force: bool) -> None:
    own = Path(database.url.database or "") if database.sqlite else None
    if own is not None and path.exists() and own.exists() and path.samefile(own):
        raise InputError(f"{path}: is the database itself; name another file for the backup")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file for the backup")
    if path.exists() and not force:
        raise InputError(f"{path}: is there already; name another file, or replace it with --force")


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """An empty file beside *path*, for its owner only: tickets and mails are in it. It does not outlive a failure."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield part
    except (OSError, sqlite3.OperationalError) as error:
        raise InputError(f"{path}: cannot be written: {error}; name a file where slamon may write") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _copy_sqlite(database: Database, part: Path) -> None:
    """Copy page by page in one read transaction: what the daemon writes meanwhile is not in it, nor does it wait."""
    with database.translated(), closing(sqlite3.connect(part)) as target:
        source: Any = database.engine.raw_connection()
        try:
            source.driver_connection.backup(target)
        finally:
            source.close()
        target.execute("PRAGMA journal_mode = DELETE")  # one file, wherever it is taken


def _copy_postgres(database: Database, part: Path) -> Sums:
    """Copy every table as it stood at one moment; return the sums over the rows as they came."""
    with database.reading() as plain_connection:
        connection = plain_connection.execution_options(isolation_level="REPEATABLE READ")
        connection.exec_driver_sql("SET statement_timeout = 0")
        revision = current_revision(connection)
        assert revision is not None
        upgrade_scratch(f"sqlite:///{part}", revision)
        with closing(sqlite3.connect(part)) as target, target:
            columns = columns_of(target)
            sums = {name: _copy_table(connection, target, name, columns[name]) for name in columns if name != NUMBERS}
            _copy_numbers(connection, target)
    return sums


def _copy_table(connection: Connection, target: sqlite3.Connection, table: str, columns: list[str]) -> list[Any]:
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join("?" * len(columns))
    options = {"stream_results": True}
    rows = connection.exec_driver_sql(f'SELECT {names} FROM "{table}"', execution_options=options)  # noqa: S608

    def passing() -> Iterator[tuple[Any, ...]]:
        for batch in rows.partitions(_AT_ONCE):
            values = [tuple(plain(value) for value in row) for row in batch]
            target.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)  # noqa: S608
            yield from values

    return total(passing())


def _copy_numbers(connection: Connection, target: sqlite3.Connection) -> None:
    """Keep the last number given: none is given twice, even where its row was pruned."""
    target.execute(f"DELETE FROM {NUMBERS}")  # noqa: S608
    for table, column in numbered(target):
        sequence = connection.exec_driver_sql("SELECT pg_get_serial_sequence(%s, %s)", (table, column)).scalar()
        last, given = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence}").one()  # noqa: S608
        if given:
            target.execute(f"INSERT INTO {NUMBERS} VALUES (?, ?)", (table, last))  # noqa: S608


def numbered(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return the tables that number their rows for ever, each with the column of the number."""
    made = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'")
    keys = "SELECT name FROM pragma_table_info(?) WHERE pk = 1"
    return [(name, connection.execute(keys, (name,)).fetchone()[0]) for (name,) in made.fetchall()]


def _finish(database: Database, part: Path, made_at: datetime, came: Sums | None) -> None:
    """Look through the copy and sign it; the rows of Postgres must stand in it as they came."""
    with closing(sqlite3.connect(part)) as copy:
        if damage := find_damage(copy):
            raise StoreError(f"{database.name}: the database is damaged ({damage}); restore an earlier backup")
        sums = sums_of(copy)
        if came is not None and any(sums[name] != each for name, each in came.items()):
            raise StoreError(f"{database.name}: the copy is not what was read; check the disk and try again")
        (revision,) = copy.execute("SELECT version_num FROM slamon_schema").fetchone()
        kind = "sqlite" if database.sqlite else "postgresql"
        with copy:
            sign(copy, made_at=made_at, schema=revision, source=kind, sums=sums)
    _keep(part)


def _keep(path: Path) -> None:
    """Have the disk keep what was written: the file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
