"""Databases for tests: SQLite files, and databases of a real Postgres that runs as long as the tests of one worker."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from slamon.store.migrate import open_store

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a Postgres that ends with the tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
        from pgserver.postgres_server import get_server
    folder = tempfile.mkdtemp(prefix="slamon-pg-")  # not below pytest's own: postgres must not be root, nor locked out
    server = get_server(folder, cleanup_mode="stop")
    _never_wait_for_the_disk(server.get_uri())
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _never_wait_for_the_disk(url: str) -> None:
    """Have the server trust the machine to stay up: what kills and power cuts do is tried on servers of their own."""
    slow = ("fsync", "full_page_writes", "synchronous_commit")
    _administer(url, *(f"ALTER SYSTEM SET {name} = off" for name in slow), "SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """The name of a database of the newest schema with nothing in it: to copy it is quicker than to migrate."""
    name = "slamon_migrated"
    _administer(postgres_server, f"CREATE DATABASE {name}")
    open_store(_database(postgres_server, name)).close()
    return name


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file like `migrated_postgres`."""
    path = tmp_path_factory.mktemp("migrated") / "slamon.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres_server: str) -> Iterator[str]:
    """The URL of a database of its own: empty, or migrated where the test has a `store` in it."""
    name = f"slamon_{next(_numbers)}"
    template = request.getfixturevalue("migrated_postgres") if _has_store(request) else "template1"
    _administer(postgres_server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _database(postgres_server, name)
    _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a file that is not there yet, or a migrated one where the test has a `store` in it."""
    path = tmp_path / "slamon.db"
    if _has_store(request):
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
    return f"sqlite:///{path}"


def _has_store(request: pytest.FixtureRequest) -> bool:
    return "store" in request.fixturenames


def _database(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")


def _administer(server: str, *commands: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for command in commands:
            connection.exec_driver_sql(command)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of each kind in turn."""
    value: str = request.getfixturevalue(f"{request.param}_url")
    return value
