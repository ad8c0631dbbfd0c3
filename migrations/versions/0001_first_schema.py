"""The first schema: polls, tickets, events, readings, clocks, transitions, notifications, versions, runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()  # UTC epoch seconds
STATES = "('running', 'outside_hours', 'paused', 'stopped')"
VERDICTS = (
    "('cancelled', 'no_target', 'not_measured', 'met', 'missed', 'breached', 'paused', 'outside_hours', 'running')"
)
KINDS = (
    "('entered', 'started', 'status', 'priority', 'sla', 'board', 'company', 'agreement', 'owner', 'responded',"
    " 'planned', 'resolved', 'terms', 'cancelled', 'restored', 'not_measured')"
)
CHANGES = "('near_breach', 'breached', 'met', 'missed', 'superseded', 'cancelled')"


def upgrade() -> None:
    _create_polls()
    _create_tickets()
    _create_events()
    _create_readings()
    _create_clocks()
    _create_transitions()
    _create_notifications()
    _create_versions()
    _create_job_runs()


def downgrade() -> None:
    for table in ("transitions", "events", "clocks", "readings", "tickets", "polls"):
        op.drop_table(table)
    for table in ("notifications", "versions", "job_runs"):
        op.drop_table(table)


def _create_polls() -> None:
    op.create_table(
        "polls",
        sa.Column("id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("watermark", INSTANT),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
        sa.CheckConstraint("result IN ('ok', 'partial', 'failed')", name=op.f("ck_polls_result")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_polls_tenant_started_at", "polls", ["tenant", "started_at"])


def _create_tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("last_updated_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text()),
        sa.Column("company", sa.Text()),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_tickets")),
    )
    op.create_index(
        "ix_tickets_open",
        "tickets",
        ["tenant", "id"],
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open"),
    )


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("seq", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("ref_id", sa.BigInteger()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger()),
        sa.Column("terms", sa.Text()),
        sa.Column("poll_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
        _of_ticket("events"),
        sa.CheckConstraint(f"kind IN {KINDS}", name=op.f("ck_events_kind")),
        sa.CheckConstraint("origin IN ('connectwise', 'audit', 'poll', 'settings')", name=op.f("ck_events_origin")),
        sa.CheckConstraint("level BETWEEN 0 AND 5", name=op.f("ck_events_level")),
        sa.CheckConstraint("not_before <= at", name=op.f("ck_events_bounds")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_tenant_ticket_id_at", "events", ["tenant", "ticket_id", "at"])


def _create_readings() -> None:
    op.create_table(
        "readings",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("elapsed_seconds", sa.Integer(), nullable=False),
        sa.Column("paused_seconds", sa.Integer(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("next_change_at", INSTANT),
        sa.Column("note", sa.Text(), nullable=False),
        *_stage_columns("respond"),
        *_stage_columns("plan"),
        *_stage_columns("resolve"),
        sa.PrimaryKeyConstraint("tenant", "ticket_id", "as_of", name=op.f("pk_readings")),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_readings_state")),
        *(
            sa.CheckConstraint(f"{stage}_verdict IN {VERDICTS}", name=op.f(f"ck_readings_{stage}_verdict"))
            for stage in ("respond", "plan", "resolve")
        ),
    )


def _stage_columns(stage: str) -> list[sa.Column[object]]:
    return [
        sa.Column(f"{stage}_verdict", sa.Text(), nullable=False),
        sa.Column(f"{stage}_elapsed_seconds", sa.Integer(), nullable=False),
        sa.Column(f"{stage}_goal_seconds", sa.Integer()),
        sa.Column(f"{stage}_reached_at", INSTANT),
        sa.Column(f"{stage}_due_at", INSTANT),
        sa.Column(f"{stage}_due_if_resumed_at", INSTANT),
        sa.Column(f"{stage}_breached_at", INSTANT),
        sa.Column(f"{stage}_at_risk", sa.Boolean(), nullable=False),
        sa.Column(f"{stage}_at_risk_at", INSTANT),
        sa.Column(f"{stage}_version", sa.Integer(), nullable=False),
    ]


def _create_clocks() -> None:
    op.create_table(
        "clocks",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("next_change_at", INSTANT),
        sa.Column("read_at", INSTANT),
        sa.PrimaryKeyConstraint("tenant", "ticket_id", name=op.f("pk_clocks")),
        _of_ticket("clocks"),
        sa.ForeignKeyConstraint(
            ["tenant", "ticket_id", "read_at"],
            ["readings.tenant", "readings.ticket_id", "readings.as_of"],
            name=op.f("fk_clocks_readings"),
        ),
        sqlite_with_rowid=False,
    )
    will_change = sa.text("next_change_at IS NOT NULL")
    op.create_index(
        "ix_clocks_next_change_at",
        "clocks",
        ["tenant", "next_change_at"],
        sqlite_where=will_change,
        postgresql_where=will_change,
    )


def _create_transitions() -> None:
    key = ("tenant", "ticket_id", "stage", "change", "version")
    op.create_table(
        "transitions",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("goal_seconds", sa.Integer()),
        sa.Column("elapsed_seconds", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_transitions")),
        _of_ticket("transitions"),
        sa.CheckConstraint("stage BETWEEN 0 AND 2", name=op.f("ck_transitions_stage")),
        sa.CheckConstraint(f"change IN {CHANGES}", name=op.f("ck_transitions_change")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_transitions_tenant_seen_at", "transitions", ["tenant", "seen_at"])
    op.create_index("ix_transitions_tenant_stage_change", "transitions", ["tenant", "stage", "change"])


def _create_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger()),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", INSTANT, nullable=False),
        sa.Column("lease_until", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("tenant", "key", name=op.f("uq_notifications_tenant_key")),
        sa.CheckConstraint("state IN ('pending', 'sending', 'sent', 'failed')", name=op.f("ck_notifications_state")),
        sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_notifications_lease")),
        sqlite_autoincrement=True,
    )
    waits = sa.text("state IN ('pending', 'sending')")
    op.create_index("ix_notifications_waiting", "notifications", ["id"], sqlite_where=waits, postgresql_where=waits)


def _create_versions() -> None:
    op.create_table(
        "versions",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "hash", name=op.f("pk_versions")),
        sa.CheckConstraint("kind IN ('terms', 'calendar')", name=op.f("ck_versions_kind")),
    )


def _create_job_runs() -> None:
    op.create_table(
        "job_runs",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("job", "period", name=op.f("pk_job_runs")),
        sqlite_with_rowid=False,
    )


def _of_ticket(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_tickets")
    return sa.ForeignKeyConstraint(["tenant", "ticket_id"], ["tickets.tenant", "tickets.id"], name=name)
