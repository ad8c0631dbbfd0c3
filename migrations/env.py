"""Alembic's entry: migrate on the connection slamon hands over, or on the one named by `alembic -x url=...`."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from slamon.store.database import Database
from slamon.store.months import is_compared
from slamon.store.schema_guard import VERSION_TABLE
from slamon.store.tables import metadata


def migrate(connection: Connection) -> None:
    """Run what was asked for in the connection's own transaction, the lock of which slamon holds."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        include_object=is_compared,
    )
    with context.begin_transaction():
        context.run_migrations()


def migrate_by_hand() -> None:
    """For whoever writes a migration: `alembic -x url=sqlite:///scratch.db revision --autogenerate -m "..."`."""
    url = context.get_x_argument(as_dictionary=True).get("url")
    if url is None:
        raise SystemExit("name a scratch database: alembic -x url=sqlite:///scratch.db ...")
    database = Database(url, pooled=False, foreign_keys=False)
    with database.writing() as connection:
        migrate(connection)
    database.close()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    migrate_by_hand()
