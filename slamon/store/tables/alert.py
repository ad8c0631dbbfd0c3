"""Whom was told what of a goal, and what people said: marks of ladders that were passed, and interventions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, SmallInteger, Table, Text

from slamon.core.climb_news import Outcome
from slamon.core.intervention import Said
from slamon.core.ticket import Stage
from slamon.store.tables.base import RowNumber, metadata, of_ticket, one_of, up_to
from slamon.store.types import UtcSeconds

# Append-only. One row a mark and deadline, whether it was told or not: so the same is never told twice.
rungs = Table(
    "rungs",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("ticket_id", BigInteger, nullable=False),
    Column("stage", SmallInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("mark", Text, nullable=False),
    Column("at", UtcSeconds, nullable=False),
    Column("seen_at", UtcSeconds, nullable=False),
    Column("outcome", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "ticket_id", "stage", "version", "mark"),
    of_ticket(),
    up_to("stage", max(Stage)),
    one_of("outcome", Outcome),
    sqlite_with_rowid=False,
)

# Append-only: what a person said of a goal. What is taken back has a row of its own.
interventions = Table(
    "interventions",
    metadata,
    Column("id", RowNumber, autoincrement=True),
    Column("tenant", Text, nullable=False),
    Column("ticket_id", BigInteger, nullable=False),
    Column("stage", SmallInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("said", Text, nullable=False),
    Column("at", UtcSeconds, nullable=False),
    Column("by", Text, nullable=False),
    Column("until", UtcSeconds),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("id"),
    of_ticket(),
    up_to("stage", max(Stage)),
    one_of("said", Said),
    sqlite_autoincrement=True,
)
Index("ix_interventions_ticket", interventions.c.tenant, interventions.c.ticket_id, interventions.c.id)
