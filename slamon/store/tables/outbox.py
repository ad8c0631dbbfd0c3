"""What goes out: notifications."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from slamon.store.tables.base import RowNumber, metadata, one_of
from slamon.store.types import Packed, UtcSeconds

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
    Column("html", Packed, nullable=False),
    Column("created_at", UtcSeconds, nullable=False),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try_at", UtcSeconds, nullable=False),
    Column("lease_until", UtcSeconds),  # by the database's clock, unlike all other instants here
    Column("finished_at", UtcSeconds),
    Column("error", Text, nullable=False, server_default=""),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("unsure", Integer, nullable=False, server_default="0"),
    Column("merged_into", BigInteger),
    Column("data", Text, nullable=False, server_default=""),
    Column("follows", Text, nullable=False, server_default=""),
    Column("stands", Boolean, nullable=False, server_default=false()),
    Column("not_before", UtcSeconds),  # it waits for this instant, then for a look at what is still true
    Column("report", Text, nullable=False, server_default=""),  # the key of the one that it brings
    PrimaryKeyConstraint("id"),
    UniqueConstraint("tenant", "key"),
    one_of("state", ("pending", "claimed", "sending", "sent", "failed", "held", "merged", "dropped", "overtaken")),
    CheckConstraint("(state IN ('claimed', 'sending')) = (lease_until IS NOT NULL)", name="lease"),
    CheckConstraint("(state = 'merged') = (merged_into IS NOT NULL)", name="merged"),
    sqlite_autoincrement=True,
)
_OPEN = text("state IN ('pending', 'claimed', 'sending', 'held')")
Index("ix_notifications_open", notifications.c.id, sqlite_where=_OPEN, postgresql_where=_OPEN)
# SQLite uses a partial index only for a condition written as its own, and there a Boolean is compared with 1.
for _name, _column in (("of", notifications.c.tenant), ("in", notifications.c.channel)):
    Index(
        f"ix_notifications_standing_{_name}",
        _column,
        notifications.c.id,
        sqlite_where=text("stands = 1"),
        postgresql_where=text("stands"),
    )
_WAITS_FOR_OPENING = text("not_before IS NOT NULL")
Index(
    "ix_notifications_not_before",
    notifications.c.not_before,
    sqlite_where=_WAITS_FOR_OPENING,
    postgresql_where=_WAITS_FOR_OPENING,
)
_ABOUT_ONE = text("ticket_id IS NOT NULL")
Index(
    "ix_notifications_ticket",
    notifications.c.tenant,
    notifications.c.ticket_id,
    sqlite_where=_ABOUT_ONE,
    postgresql_where=_ABOUT_ONE,
)
