"""The database's own clock: what leases run on, the same for every process that shares it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement


class database_now(ColumnElement[int]):  # noqa: N801  (it reads as an SQL function)
    """Epoch seconds by the database's clock, as the statement runs: not when its transaction began."""

    type = BigInteger()
    inherit_cache = True


@compiles(database_now, "sqlite")
def _on_sqlite(_element: database_now, _compiler: object, **_options: Any) -> str:  # noqa: ANN401
    return "CAST(strftime('%s', 'now') AS INTEGER)"  # unixepoch() is younger than the oldest SQLite we meet


@compiles(database_now, "postgresql")
def _on_postgres(_element: database_now, _compiler: object, **_options: Any) -> str:  # noqa: ANN401
    return "CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT)"
