"""The schema, once, for SQLite and Postgres. `migrations/` brings a database here; a test compares the two.

Instants are UTC epoch seconds (`UtcSeconds`). Facts and bodies are JSON text, not
a JSON type: only slamon's codec reads them whole, and text costs no parsing.
What people filter by in SQL stands in columns of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from slamon.core.reading import ClockState, Verdict
from slamon.core.ticket import Kind, Level, Origin, Stage
from slamon.core.transition import Change
from slamon.store.types import UtcSeconds

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite numbers rows by itself only where the type is spelled INTEGER.
RowNumber = BigInteger().with_variant(Integer, "sqlite")


def _one_of(column: str, allowed: Iterable[str]) -> CheckConstraint:
    """Return the CHECK that *column* holds one of the words *allowed* (or NULL, where it may)."""
    words = ", ".join(f"'{word}'" for word in allowed)
    return CheckConstraint(f"{column} IN ({words})", name=column)


def _up_to(column: str, last: int) -> CheckConstraint:
    return CheckConstraint(f"{column} BETWEEN 0 AND {last}", name=column)


def _of_ticket() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant", "ticket_id"], ["tickets.tenant", "tickets.id"])


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
    PrimaryKeyConstraint("id"),
    _one_of("result", ("ok", "partial", "failed")),
    Index(None, "tenant", "started_at"),
    sqlite_autoincrement=True,
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
    PrimaryKeyConstraint("seq"),
    _of_ticket(),
    _one_of("kind", Kind),
    _one_of("origin", Origin),
    _up_to("level", max(Level)),
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
    _of_ticket(),
    Index(None, "tenant", "closed", "rank", "entered_at"),
    sqlite_with_rowid=False,
)


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
    PrimaryKeyConstraint("tenant", "ticket_id", "as_of"),
    _one_of("state", ClockState),
    *(_one_of(f"{stage.label}_verdict", Verdict) for stage in Stage),
)

# One narrow row a ticket, rewritten at every evaluation, so that the wide ones are not.
clocks = Table(
    "clocks",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("ticket_id", BigInteger, nullable=False),
    Column("next_change_at", UtcSeconds),  # 0: due at once, an event came; NULL: nothing will change by itself
    Column("read_at", UtcSeconds),  # `as_of` of the newest reading
    PrimaryKeyConstraint("tenant", "ticket_id"),
    _of_ticket(),
    ForeignKeyConstraint(
        ["tenant", "ticket_id", "read_at"], ["readings.tenant", "readings.ticket_id", "readings.as_of"]
    ),
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
    _of_ticket(),
    _up_to("stage", max(Stage)),
    _one_of("change", Change),
    Index(None, "tenant", "seen_at"),
    Index(None, "tenant", "stage", "change"),
    sqlite_with_rowid=False,
)

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
    _one_of("state", ("pending", "sending", "sent", "failed")),
    CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="lease"),
    sqlite_autoincrement=True,
)
_WAITS = text("state IN ('pending', 'sending')")
Index("ix_notifications_waiting", notifications.c.id, sqlite_where=_WAITS, postgresql_where=_WAITS)

versions = Table(
    "versions",
    metadata,
    Column("kind", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("first_seen_at", UtcSeconds, nullable=False),
    PrimaryKeyConstraint("kind", "hash"),
    _one_of("kind", ("terms", "calendar", "reference")),
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
