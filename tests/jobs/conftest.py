"""The real store on an SQLite file, and desks that use it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slamon.ports import TicketSource
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from tests.jobs.desk import Desk
from tests.jobs.world import ScriptedSource, World

_contract: type[TicketSource] = ScriptedSource  # mypy compares the two
OpenDesk = Callable[..., Desk]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the newest schema with nothing in it; migrating takes longer than copying."""
    path = tmp_path_factory.mktemp("schema") / "slamon.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def store(tmp_path: Path, empty_database: Path) -> Iterator[SqlStore]:
    path = tmp_path / "slamon.db"
    shutil.copy(empty_database, path)
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture
def desk(store: SqlStore) -> OpenDesk:
    def open_desk(worlds: list[World], *arguments: Any, **options: Any) -> Desk:
        return Desk(store, worlds, *arguments, **options)

    return open_desk
