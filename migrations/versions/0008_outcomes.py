"""How goals ended, for objectives over many tickets: the goals that are over by now, and totals that never fall."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger()  # UTC epoch seconds
STAGES = ("respond", "plan", "resolve")
EDGES = (900, 1800, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 172_800, 345_600, 1_036_800)
ABOVE = 2_147_483_647


def upgrade() -> None:
    """Go on; what is over by now is taken from the newest readings. Nothing was promised of many goals then."""
    op.create_table(
        "outcomes",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("percent", sa.SmallInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "at", "ticket_id", "stage", "cycle", name=op.f("pk_outcomes")),
        sa.ForeignKeyConstraint(
            ["tenant", "ticket_id"], ["tickets.tenant", "tickets.id"], name=op.f("fk_outcomes_tickets")
        ),
        sa.CheckConstraint("stage BETWEEN 0 AND 2", name=op.f("ck_outcomes_stage")),
        sa.CheckConstraint(
            "outcome IN ('met', 'missed', 'not_measured', 'cancelled')", name=op.f("ck_outcomes_outcome")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outcomes_ticket", "outcomes", ["tenant", "ticket_id", "stage", "cycle"], unique=True)
    op.create_table(
        "goal_totals",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("up_to_seconds", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("elapsed_seconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "stage", "priority", "outcome", "up_to_seconds", name=op.f("pk_goal_totals")),
        sa.CheckConstraint("stage BETWEEN 0 AND 2", name=op.f("ck_goal_totals_stage")),
        sqlite_with_rowid=False,
    )
    for number, stage in enumerate(STAGES):
        op.execute(_ended(number, stage))
    op.execute(_totals())


def downgrade() -> None:
    op.drop_table("goal_totals")
    op.drop_table("outcomes")


def _ended(number: int, stage: str) -> str:
    return f"""
        INSERT INTO outcomes
        SELECT r.tenant, CASE WHEN r.{stage}_verdict = 'cancelled' THEN r.as_of ELSE r.{stage}_reached_at END,
               r.ticket_id, {number}, r.cycle, r.{stage}_verdict, t.board, t.priority, t.company,
               COALESCE(v.name, ''), NULL
        FROM clocks c
        JOIN readings r ON r.tenant = c.tenant AND r.ticket_id = c.ticket_id AND r.as_of = c.read_at
        JOIN tickets t ON t.tenant = r.tenant AND t.id = r.ticket_id
        LEFT JOIN versions v ON v.kind = 'terms' AND v.hash = r.terms
        WHERE r.{stage}_goal_seconds IS NOT NULL AND (r.{stage}_verdict = 'cancelled'
            OR r.{stage}_verdict IN ('met', 'missed', 'not_measured') AND r.{stage}_reached_at IS NOT NULL)
    """  # noqa: S608


def _totals() -> str:
    bucket = " ".join(f"WHEN x.elapsed_seconds <= {edge} THEN {edge}" for edge in EDGES)
    return f"""
        INSERT INTO goal_totals
        SELECT tenant, stage, priority, change, up_to_seconds, count(*), sum(elapsed_seconds)
        FROM (SELECT x.tenant, x.stage, COALESCE(t.priority, 'none') AS priority, x.change, x.elapsed_seconds,
                     CASE {bucket} ELSE {ABOVE} END AS up_to_seconds
              FROM transitions x JOIN tickets t ON t.tenant = x.tenant AND t.id = x.ticket_id
              WHERE x.change IN ('met', 'missed')) AS ended
        GROUP BY tenant, stage, priority, change, up_to_seconds
    """  # noqa: S608
