"""What the source told: polls, tickets, their events, and the audit trails still to be read."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)

from slamon.core.ticket import Kind, Level, Origin
from slamon.store.tables.base import RowNumber, metadata, of_ticket, one_of, up_to
from slamon.store.types import UtcSeconds

polls = Table(
    "polls",
    metadata,
    Column("id", RowNumber, autoincrement=True),
    Column("tenant", Text, nullable=False),
    Column("started_at", UtcSeconds, nullable=False),
    Column("finished_at", UtcSeconds, nullable=False),
    Column("result", Text, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("watermark", UtcSeconds),
    Column("error", Text, nullable=False),
    Column("reference", Text, nullable=False, server_default=""),  # version of the reference data it went by
    Column("status_map", Text, nullable=False, server_default=""),  # version of what the statuses meant
    PrimaryKeyConstraint("id"),
    one_of("result", ("ok", "partial", "failed")),
    Index(None, "tenant", "started_at"),
    sqlite_autoincrement=True,
)

# When a tenant was blind before the polls that are kept: a report covers more than they do.
blind_spans = Table(
    "blind_spans",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("begins_at", UtcSeconds, nullable=False),
    Column("ends_at", UtcSeconds, nullable=False),
    PrimaryKeyConstraint("tenant", "begins_at"),
    sqlite_with_rowid=False,
)

tickets = Table(
    "tickets",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("id", BigInteger, autoincrement=False, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("entered_at", UtcSeconds, nullable=False),
    Column("last_updated_at", UtcSeconds, nullable=False),
    Column("closed_at", UtcSeconds),
    Column("summary", Text, nullable=False),
    Column("board", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("priority", Text),
    Column("company", Text),
    Column("owner", Text, nullable=False),
    Column("facts", Text, nullable=False),  # the whole ticket; the columns above are for people and indexes
    PrimaryKeyConstraint("tenant", "id"),
)
Index(
    "ix_tickets_open",
    tickets.c.tenant,
    tickets.c.id,
    sqlite_where=text("open = 1"),  # spelled as SQLAlchemy spells it in a query, else SQLite does not see it
    postgresql_where=text("open"),
)
# What retention looks through: closed tickets, those first that have not changed for longest.
Index(
    "ix_tickets_closed",
    tickets.c.last_updated_at,
    sqlite_where=text("open = 0"),
    postgresql_where=text("NOT open"),
)

# Append-only: what was learnt is never changed. `poll_id` is no foreign key, polls are pruned sooner.
events = Table(
    "events",
    metadata,
    Column("seq", RowNumber, autoincrement=True),
    Column("tenant", Text, nullable=False),
    Column("ticket_id", BigInteger, nullable=False),
    Column("at", UtcSeconds, nullable=False),
    Column("not_before", UtcSeconds, nullable=False),
    Column("kind", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("ref_id", BigInteger),
    Column("name", Text, nullable=False),
    Column("level", SmallInteger),
    Column("terms", Text),
    Column("poll_id", BigInteger, nullable=False),
    Column("status_map", Text),  # the version of the map that gave the level
    PrimaryKeyConstraint("seq"),
    of_ticket(),
    one_of("kind", Kind),
    one_of("origin", Origin),
    up_to("level", max(Level)),
    CheckConstraint("not_before <= at", name="bounds"),
    Index(None, "tenant", "ticket_id", "at"),
    sqlite_autoincrement=True,
)
_IS_RETOLD = text("kind = 'retold'")
Index(
    "ix_events_retold",
    events.c.tenant,
    events.c.ticket_id,
    events.c.seq,
    sqlite_where=_IS_RETOLD,
    postgresql_where=_IS_RETOLD,
)

# Tickets whose audit trail is still to be read, the most urgent first: open, high priority, young.
trails = Table(
    "trails",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("ticket_id", BigInteger, nullable=False),
    Column("closed", Boolean, nullable=False),  # or out of scope: nobody waits for its clock
    Column("rank", Integer, nullable=False),
    Column("entered_at", UtcSeconds, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", UtcSeconds, nullable=False),
    PrimaryKeyConstraint("tenant", "ticket_id"),
    of_ticket(),
    Index(None, "tenant", "closed", "rank", "entered_at"),
    sqlite_with_rowid=False,
)
