"""The real store on an SQLite file, and desks that use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from slamon.ports import TicketSource
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from tests.jobs.desk import Desk
from tests.jobs.world import ScriptedSource, World

_contract: type[TicketSource] = ScriptedSource  # mypy compares the two
OpenDesk = Callable[..., Desk]


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    opened = open_store(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def desk(store: SqlStore) -> OpenDesk:
    def open_desk(worlds: list[World], *arguments: Any, **options: Any) -> Desk:
        return Desk(store, worlds, *arguments, **options)

    return open_desk
