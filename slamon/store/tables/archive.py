"""Reports as they were sent."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, LargeBinary, PrimaryKeyConstraint, Table, Text

from slamon.store.tables.base import metadata
from slamon.store.types import Packed, UtcSeconds

# `name` is that of the [[report]]; `scope_by` and `scope_name` say what of the tenant it is about.
reports = Table(
    "reports",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("scope_by", Text, nullable=False),
    Column("scope_name", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("denominator", Text, nullable=False),
    Column("begins_at", UtcSeconds, nullable=False),
    Column("ends_at", UtcSeconds, nullable=False),
    Column("known_at", UtcSeconds, nullable=False),
    Column("made_at", UtcSeconds, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("body", Packed, nullable=False),
    PrimaryKeyConstraint("tenant", "key"),
)
Index("ix_reports_made_at", reports.c.made_at)

# No foreign key: a report is pruned with its files, which go first.
report_files = Table(
    "report_files",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("report", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant", "report", "name"),
)
