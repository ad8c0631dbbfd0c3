"""A database: its engine, how its transactions begin, and what differs between SQLite and Postgres."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from slamon.errors import StoreError
from slamon.store.dbtime import give_time
from slamon.store.failures import shown, translated
from slamon.store.remote import require_proof
from slamon.store.schema_guard import require_schema

if TYPE_CHECKING:
    from psycopg import Connection as PostgresConnection
    from sqlalchemy.engine.interfaces import DBAPICursor

_FORMS = "expected sqlite:///path/to/file.db or postgresql://user@host/database"
_BUSY_SECONDS = 30  # how long a writer waits for another one
_STATEMENT_SECONDS = 120
_CONNECT_SECONDS = 10
_TENANT_LOCK = 0x51A  # first of the two keys of an advisory lock; the other is the tenant's hash


class Database:
    """One database and its connections. Safe to use from several threads.

    Leaves the file of a foreign or absent SQLite database as it is until something is written.
    With a *schema*, nothing is written unless the database has it at that moment. *readonly*
    connections are refused every write by the database itself.
    """

    def __init__(
        self,
        url: str,
        *,
        pooled: bool = True,
        foreign_keys: bool = True,
        schema: str | None = None,
        readonly: bool = False,
    ) -> None:
        self.url = _parsed(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._schema = schema
        # SQLite's own writers wait by trying again, and one of many may never have its turn.
        self._turn: AbstractContextManager[object] = Lock() if self.sqlite else nullcontext()
        self.engine = _sqlite(self.url, foreign_keys) if self.sqlite else _postgres(self.url, pooled)
        if readonly:
            event.listen(self.engine, "connect", _refuse_writes_on_sqlite if self.sqlite else _refuse_writes)

    @property
    def name(self) -> str:
        """The URL without its password, for messages."""
        return shown(self.url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one consistent state per statement, and on SQLite one for all of them."""
        with self.translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, tenant: str | None = None) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back by any exception.

        Writers of one *tenant* follow each other, so that event numbers grow in
        the order in which others get to see them. SQLite has one writer anyway;
        those of one process take turns, so that none of them waits for ever.
        """
        with self.translated(), self._turn, self.engine.connect() as connection:
            connection = connection.execution_options(slamon_writes=True)
            with connection.begin():
                if self._schema is not None:
                    require_schema(connection, self._schema, self.name)
                if tenant is not None and not self.sqlite:
                    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_TENANT_LOCK, tenant))
                yield connection

    def use_wal(self) -> None:
        """Let readers and the writer of an SQLite file work side by side; the file remembers it.

        Through the driver: the mode cannot be changed in a transaction, and SQLAlchemy
        would hand the connection back in the driver's own transaction mode.
        """
        with self.translated():
            connection = self.engine.raw_connection()
            try:
                _set_wal(connection.cursor(), time.monotonic() + _BUSY_SECONDS)
            finally:
                connection.close()

    def vacuum(self) -> None:
        """Build an SQLite file anew, without the space of deleted rows; takes as much again while it works."""
        with self.translated():
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute("VACUUM")
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def translated(self) -> AbstractContextManager[None]:
        """Where what the driver raises becomes a StoreError."""
        return translated(self.url, self.engine.dialect.loaded_dbapi.Error)

    def close(self) -> None:
        self.engine.dispose()


def try_tenant_lock(connection: Connection, tenant: str) -> bool:
    """Take the lock behind which the tenant's writers follow each other, unless one of them is at work."""
    if connection.dialect.name == "sqlite":
        return True  # the transaction began IMMEDIATE: there is no other writer
    query = "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))"
    return bool(connection.exec_driver_sql(query, (_TENANT_LOCK, tenant)).scalar())


def _set_wal(cursor: DBAPICursor, give_up_at: float) -> None:
    """Change the mode as soon as nobody else does: for this, SQLite says "locked" at once, whatever its time-out."""
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(0.05)
        else:
            return


def _parsed(text: str) -> URL:
    """Return *text* as a URL whose driver is ours, whatever SQLAlchemy's default is."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreError(f"the store's URL is not understood; {_FORMS}") from None
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        if url.database in (None, "", ":memory:"):
            raise StoreError(f"{shown(url)}: a database in memory is lost at once; {_FORMS}")
        return url
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    raise StoreError(f"{url.drivername}: slamon does not work with this database; {_FORMS}")


def _sqlite(url: URL, foreign_keys: bool) -> Engine:
    patience = {} if "timeout" in url.query else {"timeout": _BUSY_SECONDS}
    engine = create_engine(url, connect_args=patience)

    @event.listens_for(engine, "connect")
    def prepare(dbapi: sqlite3.Connection, _record: object) -> None:
        dbapi.isolation_level = None  # transactions begin where we say, not where the driver guesses
        dbapi.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        dbapi.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut
        give_time(dbapi)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A reader that turns writer midway fails when another one wrote meanwhile; a writer says so at once.
        writes = connection.get_execution_options().get("slamon_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _refuse_writes_on_sqlite(dbapi: sqlite3.Connection, _record: object) -> None:
    dbapi.execute("PRAGMA query_only = ON")


def _refuse_writes(dbapi: PostgresConnection, _record: object) -> None:
    dbapi.execute("SET default_transaction_read_only = on")
    dbapi.commit()


def _postgres(url: URL, pooled: bool) -> Engine:
    require_proof(url)
    arguments = {"connect_timeout": _CONNECT_SECONDS, "application_name": "slamon"}
    pool: dict[str, Any] = {"pool_pre_ping": True} if pooled else {"poolclass": NullPool}
    try:
        engine = create_engine(url, connect_args=arguments, **pool)
    except ModuleNotFoundError as error:
        remedy = "install slamon with its extra: pip install 'slamon[postgres]'"
        raise StoreError(f"{shown(url)}: the driver {error.name} is missing; {remedy}") from error

    @event.listens_for(engine, "connect")
    def prepare(dbapi: PostgresConnection, _record: object) -> None:
        # By statements, not by start-up options, which pgbouncer refuses.
        dbapi.execute(f"SET statement_timeout = '{_STATEMENT_SECONDS}s'")
        dbapi.execute(f"SET lock_timeout = '{_BUSY_SECONDS}s'")
        dbapi.execute(f"SET idle_in_transaction_session_timeout = '{_STATEMENT_SECONDS}s'")
        dbapi.execute("SET timezone = 'UTC'")
        dbapi.commit()

    return engine
