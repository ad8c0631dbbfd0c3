"""What goes out: notifications."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from slamon.store.tables.base import RowNumber, metadata, one_of
from slamon.store.types import UtcSeconds

# The outbox. What is sent was frozen when it was decided; the row commits with its cause. No foreign
# key to the ticket: a message is never refused because its ticket is unknown or gone.
notifications = Table(
    "notifications",
    metadata,
    Column("id", RowNumber, autoincrement=True),
    Column("tenant", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("ticket_id", BigInteger),
    Column("message_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("created_at", UtcSeconds, nullable=False),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try_at", UtcSeconds, nullable=False),
    Column("lease_until", UtcSeconds),
    Column("finished_at", UtcSeconds),
    Column("error", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("tenant", "key"),
    one_of("state", ("pending", "sending", "sent", "failed")),
    CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="lease"),
    sqlite_autoincrement=True,
)
_WAITS = text("state IN ('pending', 'sending')")
Index("ix_notifications_waiting", notifications.c.id, sqlite_where=_WAITS, postgresql_where=_WAITS)
