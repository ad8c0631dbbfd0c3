"""What things went by: versions of rules and reference data, and runs of calendar jobs."""

from __future__ import annotations

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table, Text

from slamon.store.tables.base import metadata, one_of
from slamon.store.types import UtcSeconds

versions = Table(
    "versions",
    metadata,
    Column("kind", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("first_seen_at", UtcSeconds, nullable=False),
    PrimaryKeyConstraint("kind", "hash"),
    one_of("kind", ("terms", "calendar", "reference", "status_map")),
)

job_runs = Table(
    "job_runs",
    metadata,
    Column("job", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("claimed_at", UtcSeconds, nullable=False),
    PrimaryKeyConstraint("job", "period"),
    sqlite_with_rowid=False,
)

# What people had counted again of what was over, and why. Kept for ever: reports before and after differ by it.
recomputes = Table(
    "recomputes",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("started_at", UtcSeconds, nullable=False),
    Column("calendar", Text, nullable=False),
    Column("since", UtcSeconds, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("before", Text, nullable=False),  # versions of the calendar, by blanks
    Column("after", Text, nullable=False),
    Column("tickets", Integer, nullable=False),
    Column("goals", Integer, nullable=False),
    Column("flips", Integer, nullable=False),
    Column("finished_at", UtcSeconds),
    PrimaryKeyConstraint("tenant", "started_at", "calendar"),
    sqlite_with_rowid=False,
)
