"""What the clock says: readings, when to look again, and transitions."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.event import listen

from slamon.core.reading import ClockState, Verdict
from slamon.core.ticket import Stage
from slamon.core.transition import Change
from slamon.store.tables.base import metadata, of_ticket, one_of, up_to
from slamon.store.types import UtcSeconds


def _stage_columns(stage: Stage) -> list[Column[object]]:
    name = stage.label
    return [
        Column(f"{name}_verdict", Text, nullable=False),
        Column(f"{name}_elapsed_seconds", Integer, nullable=False),
        Column(f"{name}_goal_seconds", Integer),
        Column(f"{name}_reached_at", UtcSeconds),
        Column(f"{name}_due_at", UtcSeconds),
        Column(f"{name}_due_if_resumed_at", UtcSeconds),
        Column(f"{name}_breached_at", UtcSeconds),
        Column(f"{name}_at_risk", Boolean, nullable=False),
        Column(f"{name}_at_risk_at", UtcSeconds),
        Column(f"{name}_version", Integer, nullable=False),
    ]


# Append-only, a row where something changed: the newest at or before T is what stood at T.
# On Postgres a part for each month (`months.py`), and one for what has no month of its own.
readings = Table(
    "readings",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("ticket_id", BigInteger, nullable=False),
    Column("as_of", UtcSeconds, nullable=False),
    Column("state", Text, nullable=False),
    Column("elapsed_seconds", Integer, nullable=False),
    Column("paused_seconds", Integer, nullable=False),
    Column("started_at", UtcSeconds, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("terms", Text, nullable=False),
    Column("next_change_at", UtcSeconds),
    Column("note", Text, nullable=False),
    *(column for stage in Stage for column in _stage_columns(stage)),
    Column("status_map", Text, nullable=False, server_default=""),  # version of what the statuses meant
    PrimaryKeyConstraint("tenant", "ticket_id", "as_of"),
    one_of("state", ClockState),
    *(one_of(f"{stage.label}_verdict", Verdict) for stage in Stage),
    postgresql_partition_by="RANGE (as_of)",
)
Index("ix_readings_as_of", readings.c.as_of, postgresql_using="brin").ddl_if(dialect="postgresql")
_REST = DDL("CREATE TABLE readings_rest PARTITION OF readings DEFAULT")  # type: ignore[no-untyped-call]
listen(readings, "after_create", _REST.execute_if(dialect="postgresql"))

# One narrow row a ticket, rewritten at every evaluation, so that the wide ones are not.
clocks = Table(
    "clocks",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("ticket_id", BigInteger, nullable=False),
    Column("next_change_at", UtcSeconds),  # 0: due at once, an event came; NULL: nothing will change by itself
    Column("read_at", UtcSeconds),  # `as_of` of the newest reading
    PrimaryKeyConstraint("tenant", "ticket_id"),
    of_ticket(),
    # On Postgres a key into a partitioned table makes storing an evaluation four times as slow.
    ForeignKeyConstraint(
        ["tenant", "ticket_id", "read_at"], ["readings.tenant", "readings.ticket_id", "readings.as_of"]
    ).ddl_if(dialect="sqlite"),
    sqlite_with_rowid=False,
)
_WILL_CHANGE = text("next_change_at IS NOT NULL")
Index(
    "ix_clocks_next_change_at",
    clocks.c.tenant,
    clocks.c.next_change_at,
    sqlite_where=_WILL_CHANGE,
    postgresql_where=_WILL_CHANGE,
)

transitions = Table(
    "transitions",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("ticket_id", BigInteger, nullable=False),
    Column("stage", SmallInteger, nullable=False),
    Column("change", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", UtcSeconds, nullable=False),
    Column("seen_at", UtcSeconds, nullable=False),
    Column("goal_seconds", Integer),
    Column("elapsed_seconds", Integer, nullable=False),
    Column("due_at", UtcSeconds),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "ticket_id", "stage", "change", "version"),
    of_ticket(),
    up_to("stage", max(Stage)),
    one_of("change", Change),
    Index(None, "tenant", "seen_at"),
    Index(None, "tenant", "stage", "change"),
    sqlite_with_rowid=False,
)

# How many transitions there were of tickets that are no longer kept, so that totals never fall.
past_transitions = Table(
    "past_transitions",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("stage", SmallInteger, nullable=False),
    Column("change", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "stage", "change"),
    sqlite_with_rowid=False,
)
