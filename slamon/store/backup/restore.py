"""Restoring a backup: looked through, brought to this schema in a scratch copy, then put in its place as a whole.

A kill leaves what was there before or all of the backup: on Postgres by one
transaction, on SQLite by its own, with which the whole file is replaced.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Connection, delete, insert, update

from slamon.core.instants import EPOCH, format_instant
from slamon.errors import SchemaOutdatedError, StoreError
from slamon.ports import RESTORED
from slamon.store import canaries
from slamon.store.backup.form import TABLE, Backup, read_backup, reading_file
from slamon.store.backup.make import numbered
from slamon.store.bulk import insert_rows
from slamon.store.database import Database
from slamon.store.migrate import HEAD, build_anew, refuse, schema_status, upgrade_scratch
from slamon.store.outbox import hold_back
from slamon.store.schema_guard import lock_out_writers
from slamon.store.tables import job_runs, leases, metadata, watchers

_AT_ONCE = 5000


def restore(url: str, path: Path, *, now: datetime, force: bool = False) -> Backup:
    """Put the backup at *path* in the place of the database at *url*; return what it is.

    What waited in the outbox is not sent: between backup and restore it may have
    been. That it was restored stands in the database, for the daemon to tell.

    Raises:
        InputError: No backup, or a damaged one.
        SchemaOutdatedError: A backup of a newer slamon.
        StoreError: The database is not empty (and *force* not set), in use, or cannot be used.
    """
    backup = read_backup(path)
    if backup.schema > HEAD:
        raise SchemaOutdatedError(f"{path}: is of a newer slamon (schema {backup.schema}); install that one to restore")
    found = schema_status(url)
    refuse(found)
    with closing(Database(url, pooled=False)) as database:
        if found.state != "empty" and not force:
            _refuse_full(database)
        with _prepared(path, backup, now) as scratch:
            if database.sqlite:
                _replace_sqlite(database, scratch)
            else:
                _replace_postgres(database, scratch)
    return backup


def _refuse_full(database: Database) -> None:
    with database.reading() as connection:
        for table in metadata.sorted_tables:
            if connection.dialect.has_table(connection, table.name) and _has_rows(connection, table.name):
                remedy = "name an empty one, or replace all of it with --force"
                raise StoreError(f"{database.name}: there is data in the database ({table.name}); {remedy}")


def _has_rows(connection: Connection, table: str) -> bool:
    return connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first() is not None  # noqa: S608


# --- the scratch copy -----------------------------------------------------------------------------


@contextmanager
def _prepared(path: Path, backup: Backup, now: datetime) -> Iterator[Path]:
    """A copy of the backup at this slamon's schema, marked as restored at *now*; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="slamon-restore-") as folder:
        scratch = Path(folder) / "slamon.db"
        with reading_file(path) as source, closing(sqlite3.connect(scratch)) as target:
            source.backup(target)
            with target:
                target.execute(f"DROP TABLE {TABLE}")
        upgrade_scratch(f"sqlite:///{scratch}", HEAD)
        with closing(Database(f"sqlite:///{scratch}", pooled=False)) as database, database.writing() as connection:
            _mark(connection, backup.made_at, now)
        yield scratch


def _mark(connection: Connection, made_at: datetime, now: datetime) -> None:
    canaries.forget_all(connection)
    hold_back(connection, now)
    connection.execute(update(leases).values(until_at=EPOCH))  # nobody has to wait for them
    connection.execute(delete(watchers))
    run = {"job": RESTORED, "period": format_instant(made_at), "claimed_at": now}
    connection.execute(insert(job_runs).prefix_with("OR REPLACE").values(run))


# --- putting it in its place ----------------------------------------------------------------------


def _replace_sqlite(database: Database, scratch: Path) -> None:
    """Write all pages in one transaction of SQLite's own, where nobody else has the file open."""
    with database.translated():
        raw: Any = database.engine.raw_connection()
        try:
            target: sqlite3.Connection = raw.driver_connection
            _leave_wal(target, database.name)
            with closing(sqlite3.connect(scratch)) as source:
                source.backup(target)
        finally:
            raw.close()


def _leave_wal(target: sqlite3.Connection, name: str) -> None:
    """Have all that was written in one file again; SQLite refuses while another process has it open."""
    target.execute("PRAGMA busy_timeout = 1000")
    try:
        target.execute("BEGIN IMMEDIATE")
        target.execute("PRAGMA user_version = 0")  # where it may not be written, SQLite says so here and in clear words
        target.execute("ROLLBACK")
        target.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
        raise StoreError(f"{name}: another process has the database open; stop slamon and try again") from error


def _replace_postgres(database: Database, scratch: Path) -> None:
    with closing(sqlite3.connect(scratch)) as source, database.writing() as connection:
        _refuse_in_use(connection, database.name)
        lock_out_writers(connection)
        build_anew(connection)
        for table in metadata.sorted_tables:
            columns = tuple(column.name for column in table.columns)
            booleans = [place for place, column in enumerate(table.columns) if isinstance(column.type, Boolean)]
            rows = source.execute(f"SELECT {', '.join(columns)} FROM {table.name}")  # noqa: S608
            while batch := rows.fetchmany(_AT_ONCE):
                insert_rows(connection, table, [_truths(row, booleans) for row in batch], columns=columns)
        _go_on_numbering(connection, source)


def _truths(row: tuple[Any, ...], booleans: list[int]) -> tuple[Any, ...]:
    """Return the row with its truth values as Postgres takes them: SQLite keeps 0 and 1."""
    if not booleans:
        return row
    values = list(row)
    for place in booleans:
        values[place] = None if values[place] is None else bool(values[place])
    return tuple(values)


def _refuse_in_use(connection: Connection, name: str) -> None:
    query = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'slamon' AND pid <> pg_backend_pid()"
    )
    if others := connection.exec_driver_sql(query).scalar():
        raise StoreError(f"{name}: slamon is connected to the database ({others} sessions); stop it and try again")


def _go_on_numbering(connection: Connection, source: sqlite3.Connection) -> None:
    last = dict(source.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
    for table, column in numbered(source):
        if last.get(table):  # 0: it never had a row
            values = (table, column, last[table])
            connection.exec_driver_sql("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", values)
