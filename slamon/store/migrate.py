"""Bringing a database to the schema this slamon works with, and telling when it is another one's.

Alembic is imported only when there is something to do: a start on a schema that
fits asks for one row and spends neither its half second nor its memory.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, inspect

from slamon import resources
from slamon.errors import SchemaOutdatedError, StoreError
from slamon.store.database import Database
from slamon.store.schema_guard import VERSION_TABLE, current_revision, lock_out_writers
from slamon.store.sql import SqlStore
from slamon.store.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0013"  # the newest revision in migrations/versions; a test compares the two

State = Literal["current", "empty", "behind", "newer", "foreign", "incomplete"]


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """What was found at `where` (a URL without its password): `current` revision, None without one."""

    where: str
    current: str | None
    head: str
    state: State


def open_store(url: str) -> SqlStore:
    """Return the store at *url*, its schema created or brought up to date first.

    Raises:
        SchemaOutdatedError: A newer slamon has been here.
        StoreError: The database cannot be used, or belongs to another application.
        StoreUnavailableError: It did not answer.
    """
    upgrade(url)
    database = Database(url, schema=HEAD)
    try:
        if database.sqlite:
            database.use_wal()
        _try_to_write(database)
    except BaseException:
        database.close()
        raise
    return SqlStore(database)


def open_to_read(url: str) -> SqlStore:
    """Return the store at *url* for looking only: nothing is created, changed or migrated, which also needs no rights.

    Raises:
        SchemaOutdatedError: Its schema is not the one this slamon works with, or there is none yet.
        StoreError: The database cannot be used, or belongs to another application.
        StoreUnavailableError: It did not answer.
    """
    found = schema_status(url)
    refuse(found)
    if found.state == "empty":
        raise SchemaOutdatedError(f"{found.where}: nothing is stored yet; `slamon run` or `slamon poll` begins")
    if found.state == "behind":
        remedy = "`slamon db upgrade` or the next `slamon run` brings it up to date"
        raise SchemaOutdatedError(f"{found.where}: schema {found.current} is older than this slamon; {remedy}")
    return SqlStore(Database(url, readonly=True))


def schema_status(url: str) -> SchemaStatus:
    """Return what stands at *url*; nothing is created or changed."""
    with _probe(url) as database:
        if _is_absent(database):
            return SchemaStatus(database.name, None, HEAD, "empty")
        with database.reading() as connection:
            return _status(database, connection)


def upgrade(url: str) -> SchemaStatus:
    """Bring the database at *url* to HEAD, once, however many try at the same time; return what it is then."""
    before = schema_status(url)
    refuse(before)
    if before.state == "current":
        return before
    return _migrate(url, _alembic_upgrade)


def downgrade(url: str, revision: str) -> SchemaStatus:
    """Take the database at *url* back to *revision* (`base` for none at all); return what it is then.

    Raises:
        StoreError: There is no such revision, or the database is ahead of it already.
    """
    before = schema_status(url)
    refuse(before)
    if revision != "base" and not ("0001" <= revision <= (before.current or "")):
        at = before.current or "base"
        raise StoreError(f"{before.where}: is at schema {at} and cannot go back to {revision}; name an earlier one")
    return _migrate(url, lambda config: _alembic_downgrade(config, revision), back=True)


def upgrade_scratch(url: str, revision: str) -> None:
    """Bring an SQLite file that nobody else knows to *revision*, from nothing or from an earlier one."""
    from alembic import command

    with _probe(url, foreign_keys=False) as database, database.writing() as connection:
        command.upgrade(alembic_config(connection), revision)
        _check_foreign_keys(database, connection)


def build_anew(connection: Connection) -> None:
    """Drop all tables of slamon, where there are any, and create those of HEAD, in the connection's transaction."""
    config = alembic_config(connection)
    if _current(connection) is not None:
        _alembic_downgrade(config, "base")
    _alembic_upgrade(config)


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, made here: there is no ini file. `migrations/env.py` uses *connection*."""
    from alembic.config import Config

    config = Config()
    folder = str(resources.folder("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


# --- carrying it out --------------------------------------------------------------------------------


def _migrate(url: str, change: Callable[[Config], None], *, back: bool = False) -> SchemaStatus:
    """Run *change* in one transaction, behind the lock of whoever migrates; the second comer finds it done."""
    with _probe(url, foreign_keys=False) as database:
        _keep_private(database)
        return _migrate_in(database, change, back=back)


def _keep_private(database: Database) -> None:
    """Make the SQLite file that is not there yet, readable by its owner alone; what SQLite adds beside it follows."""
    path = database.url.database or ":memory:"
    if _is_absent(database) and path != ":memory:":
        with contextlib.suppress(OSError):  # SQLite says it better
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _migrate_in(database: Database, change: Callable[[Config], None], *, back: bool) -> SchemaStatus:
    with database.writing() as connection:
        lock_out_writers(connection)
        found = _status(database, connection)
        refuse(found)
        if back or found.state != "current":
            change(alembic_config(connection))
            _check_foreign_keys(database, connection)
        return _status(database, connection)


def _alembic_upgrade(config: Config) -> None:
    from alembic import command

    command.upgrade(config, HEAD)


def _alembic_downgrade(config: Config, revision: str) -> None:
    from alembic import command

    command.downgrade(config, revision)


def _check_foreign_keys(database: Database, connection: Connection) -> None:
    """SQLite rebuilds tables to change them, with foreign keys off: look before the commit."""
    if database.sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise StoreError(f"{database.name}: the migration would leave rows without their parents; nothing was changed")


# --- looking --------------------------------------------------------------------------------------


@contextmanager
def _probe(url: str, *, foreign_keys: bool = True) -> Iterator[Database]:
    database = Database(url, pooled=False, foreign_keys=foreign_keys)
    try:
        yield database
    finally:
        database.close()


def _is_absent(database: Database) -> bool:
    """Say whether there is no SQLite file yet: connecting would leave an empty one."""
    path = database.url.database or ""
    return database.sqlite and not path.startswith("file:") and not Path(path).exists()


def _status(database: Database, connection: Connection) -> SchemaStatus:
    tables = set(inspect(connection).get_table_names())
    current = _current(connection)
    return SchemaStatus(database.name, current, HEAD, _state(current, tables))


def _current(connection: Connection) -> str | None:
    """Return the revision of the schema; None where there is none."""
    known = connection.dialect.has_table(connection, VERSION_TABLE)
    return current_revision(connection) if known else None


def _state(current: str | None, tables: set[str]) -> State:
    """Revisions are numbered with four digits, so they compare as text."""
    if current is None:
        return "empty" if tables <= {VERSION_TABLE} else "foreign"
    if current == HEAD:
        return "current" if tables >= metadata.tables.keys() else "incomplete"
    return "behind" if current < HEAD else "newer"


def refuse(found: SchemaStatus) -> None:
    """Raise what stands against working with a database: it is another's, a newer slamon's, or not whole."""
    if found.state == "foreign":
        remedy = "give slamon a database (on Postgres: or a schema) of its own"
        raise StoreError(f"{found.where}: holds the tables of another application; {remedy}")
    if found.state == "incomplete":
        raise StoreError(f"{found.where}: tables of schema {found.current} are missing; restore a backup")
    if found.state == "newer":
        remedy = f"install that slamon, or let it run `slamon db downgrade {found.head}`"
        raise SchemaOutdatedError(
            f"{found.where}: schema {found.current} is of a newer slamon, this one knows {found.head}; {remedy}"
        )


def _try_to_write(database: Database) -> None:
    """Find out now, not at the first poll, that a file is read-only or a role may not write."""
    with database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = version_num")  # noqa: S608
