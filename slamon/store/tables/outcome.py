"""How goals ended: each by itself while its ticket is kept, and how many there ever were."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
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

# The goals that are over, as the newest reading has them; a month is one stretch of the key. Board, priority,
# company, policy and percent are those of when a goal ended, and stay.
outcomes = Table(
    "outcomes",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("at", UtcSeconds, nullable=False),
    Column("ticket_id", BigInteger, nullable=False),
    Column("stage", SmallInteger, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("board", Text, nullable=False),
    Column("priority", Text),
    Column("company", Text),
    Column("policy", Text, nullable=False),
    Column("percent", SmallInteger),
    PrimaryKeyConstraint("tenant", "at", "ticket_id", "stage", "cycle"),
    of_ticket(),
    up_to("stage", max(Stage)),
    one_of("outcome", Outcome),
    sqlite_with_rowid=False,
)
_OF_TICKET = (outcomes.c.tenant, outcomes.c.ticket_id, outcomes.c.stage, outcomes.c.cycle)
Index(BY_TICKET, *_OF_TICKET, unique=True)

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
