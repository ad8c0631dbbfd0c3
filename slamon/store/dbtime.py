"""The clock that leases run on: one that all who share the database see, and that on SQLite nobody can set.

On Postgres it is the server's wall clock. All who share an SQLite file are on its machine, and go by the time since it
was started: what stands there from before a restart lies too far ahead to hold, or runs out within the lease's length.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement

from slamon.boottime import seconds_since_boot

_FUNCTION = "slamon_seconds"


def give_time(dbapi: sqlite3.Connection) -> None:
    """Have an SQLite connection know the clock."""
    dbapi.create_function(_FUNCTION, 0, lambda: int(seconds_since_boot()))


class database_now(ColumnElement[int]):  # noqa: N801  (it reads as an SQL function)
    """Seconds by that clock, as the statement runs: not when its transaction began."""

    type = BigInteger()
    inherit_cache = True


@compiles(database_now, "sqlite")
def _on_sqlite(_element: database_now, _compiler: object, **_options: Any) -> str:  # noqa: ANN401
    return f"{_FUNCTION}()"


@compiles(database_now, "postgresql")
def _on_postgres(_element: database_now, _compiler: object, **_options: Any) -> str:  # noqa: ANN401
    return "CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT)"
