"""The Postgres schema in which procrastinate keeps its jobs, apart from slamon's own tables.

Nothing in it is worth keeping: jobs are made anew by the clock. So another version of the library gets a new schema
instead of a migration.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection

from slamon.errors import InputError, StoreError
from slamon.store.database import Database

SCHEMA = "slamon_cluster"
_INSTALL_LOCK = 0x51A_0001
# What a node learnt of a tenant, for the one that polls it next. `token`: under which lease.
_REMEMBERED = "CREATE TABLE remembered (tenant text PRIMARY KEY, token bigint NOT NULL, body text NOT NULL)"


def require_postgres(database: Database) -> None:
    """
    Raises:
        InputError: The store is an SQLite file.
    """
    if database.sqlite:
        raise InputError(f"store.url: {database.name} is an SQLite file; slamon cluster works on Postgres alone")


def install(database: Database) -> bool:
    """Create the schema, or put a new one in the place of another version's; False if it is there already."""
    require_postgres(database)
    with database.writing() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_INSTALL_LOCK,))
        if _installed(connection) == _wanted():
            return False
        driver: Any = connection.connection.driver_connection
        driver.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}")
        driver.execute(f"SET LOCAL search_path TO {SCHEMA}")
        driver.execute(SchemaManager.get_schema())
        driver.execute(_REMEMBERED)
        driver.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{_wanted()}'")
    return True


def check(database: Database) -> None:
    """
    Raises:
        StoreError: The schema is not there, or is another version's.
    """
    require_postgres(database)
    with database.reading() as connection:
        found = _installed(connection)
    if found != _wanted():
        state = "is not installed" if found is None else f"is of {found}, this is {_wanted()}"
        raise StoreError(f"{database.name}: the schema {SCHEMA} {state}; run `slamon cluster install`")


def _wanted() -> str:
    return f"procrastinate {version('procrastinate')}"


def _installed(connection: Connection) -> str | None:
    query = "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = %s"
    found = connection.exec_driver_sql(query, (SCHEMA,)).scalar()
    return None if found is None else str(found)
