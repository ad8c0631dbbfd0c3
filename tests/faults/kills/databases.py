"""Databases to break things on: made, copied, dropped. SQLite files, and a Postgres of our own."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psycopg

from tests.faults.kills.checker import Kept, read_database

_END_LEASES = "UPDATE notifications SET lease_until = 0 WHERE lease_until IS NOT NULL"


def ask(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Carry out *statements* in one transaction; return the rows of the last one, if it asks for any."""
    if url.startswith("sqlite"):
        # A process that was stopped within a transaction keeps the file locked: the caller wants to know.
        with closing(sqlite3.connect(str(_file(url)), timeout=10)) as file:
            for statement in statements:
                rows = list(file.execute(statement))
            file.commit()
            return rows
    with psycopg.connect(url, options="-c lock_timeout=10s") as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def pass_leases(url: str) -> None:
    """Let so much time pass for the database that nobody's claim of a mail or a tenant holds any more."""
    ask(
        url,
        "UPDATE notifications SET lease_until = 0 WHERE lease_until IS NOT NULL",
        "UPDATE leases SET until_at = 0",
    )


class Databases(Protocol):
    """A place that holds databases of one kind."""

    name: str

    def new(self) -> str:
        """Return the URL of an empty database."""

    def copy(self, url: str) -> str:
        """Return the URL of a new database equal to the one at *url*, to which nobody is connected."""

    def look(self, url: str) -> Kept:
        """Return what stands at *url*, and leave it as it is: nothing is recovered or tidied up."""

    def end_leases(self, url: str) -> None:
        """Let what a killed process had claimed be free, as five minutes of the database's time would."""

    def drop(self, url: str) -> None:
        """Remove a database."""


@dataclass
class SqliteFiles:
    """SQLite files, each in a folder of its own below *folder*."""

    folder: Path
    name: str = "SQLite"
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new(self) -> str:
        folder = self.folder / f"db{next(self._numbers)}"
        folder.mkdir(parents=True)
        return f"sqlite:///{folder / 'slamon.db'}"

    def copy(self, url: str) -> str:
        fresh = self.new()
        for file in _file(url).parent.glob("slamon.db*"):
            shutil.copyfile(file, _file(fresh).parent / file.name)
        return fresh

    def look(self, url: str) -> Kept:
        twin = self.copy(url)
        kept = read_database(twin)
        self.drop(twin)
        return kept

    def end_leases(self, url: str) -> None:
        with contextlib.closing(sqlite3.connect(_file(url))) as connection, connection:
            connection.execute(_END_LEASES)

    def drop(self, url: str) -> None:
        shutil.rmtree(_file(url).parent)


@dataclass
class PostgresServer:
    """The databases of the server at *url*, which may be used to make others."""

    url: str
    name: str = "Postgres"
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new(self) -> str:
        return self._create("template0")

    def copy(self, url: str) -> str:
        return self._create(_database(url))

    def look(self, url: str) -> Kept:
        return read_database(url)

    def end_leases(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute(_END_LEASES)

    def drop(self, url: str) -> None:
        self._run(f"DROP DATABASE {_database(url)} WITH (FORCE)")

    def _create(self, template: str) -> str:
        name = f"faults_{next(self._numbers)}"
        self._run(f"DROP DATABASE IF EXISTS {name}")
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url.replace("/postgres?", f"/{name}?")

    def _run(self, sql: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a Postgres for the time of the block."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
        from pgserver.postgres_server import get_server
    folder = tempfile.mkdtemp(prefix="slamon-pg-")  # postgres must not be root, nor locked out of it
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield PostgresServer(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _file(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _database(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]
