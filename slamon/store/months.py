"""Readings by month on Postgres: parts made ahead, and dropped whole once retention has emptied them.

What has no month of its own goes to `readings_rest`, so that no reading is ever refused. SQLite has
one table and nothing to do here.
"""

# ruff: noqa: S608  (the names and numbers in the statements are made here)

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from slamon.store.types import to_seconds

AHEAD = 3  # months that have a part: this one and the next two
MOST_LEFT = 10_000  # readings that are moved aside so that the month they stand in can go
_LOCK_WAIT = "SET LOCAL lock_timeout = '5s'"  # whoever waits for the table lets all others wait behind it
_PART = re.compile(r"readings_(\d{4}_\d{2}|rest)\b")
_NAME = re.compile(r"readings_(\d{4})_(\d{2})")


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month in UTC, [`begins_at`, `ends_at`)."""

    begins_at: datetime

    @property
    def ends_at(self) -> datetime:
        return (self.begins_at + timedelta(days=32)).replace(day=1)

    @property
    def table(self) -> str:
        return f"readings_{self.begins_at:%Y_%m}"

    @property
    def bounds(self) -> tuple[int, int]:
        return to_seconds(self.begins_at), to_seconds(self.ends_at)


def month_of(at: datetime) -> Month:
    at = at.astimezone(UTC)
    return Month(datetime(at.year, at.month, 1, tzinfo=UTC))


def is_compared(_: object, name: str | None, kind: str, *__: object) -> bool:
    """Say, for Alembic, what a database may be held against the tables by: parts follow theirs by themselves."""
    if kind == "table":
        return not _PART.match(name or "")
    return name not in ("ix_readings_as_of", "fk_clocks_readings")  # of one of the two databases alone


def load_months(connection: Connection) -> list[Month]:
    """Return the months that have a part of their own, in order; none on SQLite."""
    if connection.dialect.name != "postgresql":
        return []
    query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'readings'::regclass"
    found = (_NAME.fullmatch(name) for name in connection.exec_driver_sql(query).scalars())
    months = [Month(datetime(int(name[1]), int(name[2]), 1, tzinfo=UTC)) for name in found if name]
    return sorted(months, key=lambda month: month.begins_at)


def missing_months(connection: Connection, now: datetime) -> list[Month]:
    """Return those of the months that should have a part at *now* and have none; none on SQLite."""
    if connection.dialect.name != "postgresql":
        return []
    wanted = [month_of(now)]
    while len(wanted) < AHEAD:
        wanted.append(month_of(wanted[-1].ends_at))
    there = load_months(connection)
    return [month for month in wanted if month not in there]


def make_month(connection: Connection, month: Month) -> None:
    """Give *month* a part of its own; readings of it that stand in the rest move there.

    Built beside the table and attached to it: that lets others go on reading and writing.
    """
    low, high = month.bounds
    connection.exec_driver_sql(_LOCK_WAIT)
    connection.exec_driver_sql(f"CREATE TABLE {month.table} (LIKE readings INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    attach = f"ALTER TABLE readings ATTACH PARTITION {month.table} FOR VALUES FROM ({low}) TO ({high})"
    taken = f"WITH moved AS (DELETE FROM readings_rest WHERE as_of >= {low} AND as_of < {high} RETURNING *)"
    fill = f"{taken} INSERT INTO {month.table} SELECT * FROM moved"
    for step in (fill, attach):
        connection.exec_driver_sql(step)


def count_up_to(connection: Connection, month: Month, most: int) -> int:
    """Return how many readings stand in *month*, at most *most*."""
    query = f"SELECT count(*) FROM (SELECT 1 FROM {month.table} LIMIT {most}) AS found"
    return int(connection.exec_driver_sql(query).scalar_one())


def drop_month(connection: Connection, month: Month) -> bool:
    """Drop the part of *month*, the few readings that are still kept moved to the rest; say if it is gone.

    The table is locked for the drop alone; with more than MOST_LEFT readings in it the month stays.
    """
    if count_up_to(connection, month, MOST_LEFT + 1) > MOST_LEFT:
        return False
    connection.exec_driver_sql(_LOCK_WAIT)
    name = month.table
    steps = (
        f"ALTER TABLE readings DETACH PARTITION {name}",
        f"INSERT INTO readings SELECT * FROM {name}",
        f"DROP TABLE {name}",
    )
    for step in steps:
        connection.exec_driver_sql(step)
    return True
