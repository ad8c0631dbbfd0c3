"""An empty store on each of the databases slamon works with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from slamon.ports import Store
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore

_contract: type[Store] = SqlStore  # mypy compares the two


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """An empty store on each kind of database in turn."""
    opened = open_store(url)
    yield opened
    opened.close()
