"""Ladders: marks that were passed, what people said of goals, and messages that wait for quiet hours to end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger()
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OUTCOMES = "('told', 'overtaken', 'history', 'acknowledged', 'exempt', 'nobody')"
SAID = "('ack', 'unack', 'snooze', 'unsnooze', 'exempt', 'unexempt')"
NOTES = "notifications"
OLD_STATES = ("pending", "claimed", "sending", "sent", "failed", "held", "merged", "dropped")
STATES = (*OLD_STATES, "overtaken")


def upgrade() -> None:
    op.create_table(
        "rungs",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "ticket_id", "stage", "version", "mark", name=op.f("pk_rungs")),
        _of_ticket("rungs"),
        sa.CheckConstraint("stage BETWEEN 0 AND 2", name=op.f("ck_rungs_stage")),
        sa.CheckConstraint(f"outcome IN {OUTCOMES}", name=op.f("ck_rungs_outcome")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "interventions",
        sa.Column("id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("until", INSTANT),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interventions")),
        _of_ticket("interventions"),
        sa.CheckConstraint("stage BETWEEN 0 AND 2", name=op.f("ck_interventions_stage")),
        sa.CheckConstraint(f"said IN {SAID}", name=op.f("ck_interventions_said")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_interventions_ticket", "interventions", ["tenant", "ticket_id", "id"])
    op.add_column(NOTES, sa.Column("not_before", INSTANT))
    _states(STATES)
    where = sa.text("not_before IS NOT NULL")
    op.create_index("ix_notifications_not_before", NOTES, ["not_before"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Go back; what waited for an opening is sent at once, and what was overtaken counts as dropped."""
    op.drop_index("ix_notifications_not_before", table_name=NOTES)
    op.execute("UPDATE notifications SET state = 'dropped' WHERE state = 'overtaken'")
    _states(OLD_STATES)
    op.drop_column(NOTES, "not_before")
    op.drop_table("interventions")
    op.drop_table("rungs")


def _of_ticket(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_tickets")
    return sa.ForeignKeyConstraint(["tenant", "ticket_id"], ["tickets.tenant", "tickets.id"], name=name)


def _states(allowed: tuple[str, ...]) -> None:
    """Let `state` be one of *allowed*. SQLite builds the table anew for it."""
    with op.batch_alter_table(NOTES, table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_constraint(op.f("ck_notifications_state"), type_="check")
        batch.create_check_constraint(op.f("ck_notifications_state"), f"state IN ({', '.join(map(repr, allowed))})")
        for name in ("error", "data", "follows"):
            batch.alter_column(name, server_default="")  # read back by Alembic, it would come out as ('')
