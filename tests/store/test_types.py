"""Instants as numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, MetaData, Table, create_engine, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from slamon.store.types import UtcSeconds, from_seconds, to_seconds


@pytest.mark.parametrize(
    ("at", "seconds"),
    [
        ("1970-01-01T00:00:00+00:00", 0),
        ("2026-11-13T16:40:00+02:00", 1794580800),
        ("1969-12-31T23:59:59+00:00", -1),
        ("2026-11-13T14:40:00.999999+00:00", 1794580800),
        ("1969-12-31T23:59:59.5+00:00", -1),
        ("9999-12-31T23:59:59+00:00", 253402300799),
    ],
)
def test_an_instant_is_its_epoch_seconds_rounded_down(at: str, seconds: int) -> None:
    assert to_seconds(datetime.fromisoformat(at)) == seconds
    assert from_seconds(seconds) == datetime.fromisoformat(at).replace(microsecond=0)
    assert from_seconds(seconds).tzinfo is UTC


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        to_seconds(datetime(2026, 11, 13))  # noqa: DTZ001
    bind = UtcSeconds().bind_processor(sqlite.dialect())
    assert bind is not None
    with pytest.raises(ValueError, match="has no time zone"):
        bind(datetime(2026, 11, 13))  # noqa: DTZ001


def test_a_column_gives_back_utc_whatever_zone_went_in() -> None:
    table = Table("t", MetaData(), Column("at", UtcSeconds))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.metadata.create_all(connection)
        riga = datetime(2026, 11, 13, 16, 40, tzinfo=timezone(timedelta(hours=2)))
        connection.execute(insert(table), [{"at": riga}, {"at": None}])

        assert list(connection.scalars(select(table.c.at))) == [datetime(2026, 11, 13, 14, 40, tzinfo=UTC), None]
        assert connection.exec_driver_sql("SELECT typeof(at), at FROM t").first() == ("integer", 1794580800)
        with pytest.raises(StatementError, match="has no time zone"):
            connection.execute(insert(table), [{"at": datetime(2026, 11, 13)}])  # noqa: DTZ001
    engine.dispose()
