"""What things went by: versions of rules and reference data, and runs of calendar jobs."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, Table, Text

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
