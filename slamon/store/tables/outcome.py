"""How goals ended: each by itself, whole days of them as columns, and how many there ever were."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)

from slamon.core.outcome import Outcome
from slamon.core.ticket import Stage
from slamon.store.tables.base import metadata, of_ticket, one_of, up_to
from slamon.store.types import UtcSeconds

BY_TICKET = "ix_outcomes_ticket"
NAMED = ("board", "company")  # what may be renamed and stays what it is

# How goals ended, append-only: what is known at T has `known_at <= T` and no `gone_at` up to T. What slamon knows now
# has none, and is one row a goal. Names, policy and percent are those of when a goal ended, and stay; NULL: there is
# no such thing, or it was not kept then.
outcomes = Table(
    "outcomes",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("at", UtcSeconds, nullable=False),
    Column("ticket_id", BigInteger, nullable=False),
    Column("stage", SmallInteger, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("known_at", UtcSeconds, nullable=False),  # `as_of` of the reading that said it first
    Column("gone_at", UtcSeconds),  # that of the reading that knew better
    Column("outcome", Text, nullable=False),
    Column("started_at", UtcSeconds, nullable=False),
    Column("due_at", UtcSeconds),  # as things stood when it ended
    Column("goal_seconds", Integer, nullable=False),
    Column("elapsed_seconds", Integer, nullable=False),
    Column("paused_seconds", Integer, nullable=False),
    Column("percent", SmallInteger),
    Column("terms", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("board_id", BigInteger),
    Column("board", Text, nullable=False),
    Column("company_id", BigInteger),
    Column("company", Text),
    Column("priority", Text),
    Column("team", Text),
    Column("technician", Text),
    Column("agreement", Text),
    Column("type", Text),
    PrimaryKeyConstraint("tenant", "at", "ticket_id", "stage", "cycle", "known_at"),
    of_ticket(),
    up_to("stage", max(Stage)),
    one_of("outcome", Outcome),
    sqlite_with_rowid=False,
)
Index(BY_TICKET, outcomes.c.tenant, outcomes.c.ticket_id, outcomes.c.stage, outcomes.c.cycle)

# What boards and companies were called, from when on: a report has one name for what was renamed.
names = Table(
    "names",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("id", BigInteger, autoincrement=False, nullable=False),
    Column("known_at", UtcSeconds, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "kind", "id", "known_at"),
    one_of("kind", NAMED),
    sqlite_with_rowid=False,
)

# All outcomes of one UTC day of `at`, gone ones too, as columns (`goal_blob.py`): a month is some 30 rows. The rows
# stay the truth; whoever changes one of a day marks the day's columns stale in the same transaction.
goal_days = Table(
    "goal_days",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("day", Integer, nullable=False),  # since 1970-01-01
    Column("stale", Boolean, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("started_from", UtcSeconds),  # the least and the greatest of its rows
    Column("started_until", UtcSeconds),
    Column("due_from", UtcSeconds),
    Column("due_until", UtcSeconds),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant", "day"),
)

# Goals ever met or missed, by how much business time they took: counters, which never fall.
goal_totals = Table(
    "goal_totals",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("stage", SmallInteger, nullable=False),
    Column("priority", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("up_to_seconds", BigInteger, nullable=False),  # upper end of the bucket; the last one is GoalTotal.ABOVE
    Column("count", BigInteger, nullable=False),
    Column("elapsed_seconds", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "stage", "priority", "outcome", "up_to_seconds"),
    up_to("stage", max(Stage)),
    sqlite_with_rowid=False,
)
