"""Nobody writes into a schema that another slamon has changed meanwhile: who writes looks first, in its transaction.

Migrators and writers meet in one lock. On SQLite a transaction that writes is the
only one. On Postgres writers share an advisory lock that a migrator takes for
itself: it waits for those that write, and they find its work done after it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from slamon.errors import SchemaOutdatedError

VERSION_TABLE = "slamon_schema"  # not alembic_version: an application that uses Alembic too is not slamon
_MIGRATION_LOCK = 0x51A_0000  # one key, outside the two-key space of the tenants' locks
_FIND = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608


def require_schema(connection: Connection, revision: str, where: str) -> None:
    """Make sure that the schema is *revision* until the transaction ends.

    Raises:
        SchemaOutdatedError: It is another one: this slamon has to stop.
    """
    found = current_revision(connection) if connection.dialect.name == "sqlite" else _shared_look(connection)
    if found != revision:
        remedy = "stop this slamon and run the one that fits (`slamon db status`)"
        raise SchemaOutdatedError(
            f"{where}: the schema was changed to {found or '(none)'} meanwhile, this slamon works with {revision};"
            f" nothing more is written; {remedy}"
        )


def current_revision(connection: Connection) -> str | None:
    """Return what stands in the version table, which must be there."""
    revision = connection.exec_driver_sql(_FIND).scalar()
    return None if revision is None else str(revision)


def lock_out_writers(connection: Connection) -> None:
    """Wait for other migrators and for those that write. On SQLite the transaction began IMMEDIATE and is the lock."""
    if connection.dialect.name == "sqlite":
        return
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))


def _shared_look(connection: Connection) -> str | None:
    """Lock, then look, in one journey: two statements, since the second must see what was waited for."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock_shared({_MIGRATION_LOCK}); {_FIND}")
        cursor.nextset()
        row = cursor.fetchone()
    return None if row is None else str(row[0])
