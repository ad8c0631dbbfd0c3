"""How goals ended, as it was known at any instant; days of it as columns, names of then, and spans without sight.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger()  # UTC epoch seconds
STAGES = ("respond", "plan", "resolve")
OUTCOMES = "('met', 'missed', 'not_measured', 'cancelled')"
OLD = "outcomes_before"
BY_TICKET = ["tenant", "ticket_id", "stage", "cycle"]


def upgrade() -> None:
    """Go on; of goals that had ended the rest is taken from the reading that said so first, as far as one is kept.

    Whose team, technician, agreement and type they were was not kept then, nor the numbers of board and company.
    """
    _set_aside()
    _make_outcomes()
    for number, stage in enumerate(STAGES):
        op.execute(_filled(number, stage))
    op.drop_table(OLD)
    _make_names()
    _make_days()
    op.create_table(
        "blind_spans",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("begins_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "begins_at", name=op.f("pk_blind_spans")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Go back; what had been known and was taken back is forgotten."""
    for table in ("blind_spans", "goal_days", "names"):
        op.drop_table(table)
    _set_aside()
    _make_old_outcomes()
    kept = "tenant, at, ticket_id, stage, cycle, outcome, board, priority, company, policy, percent"
    op.execute(f"INSERT INTO outcomes SELECT {kept} FROM {OLD} WHERE gone_at IS NULL")  # noqa: S608
    op.drop_table(OLD)


def _set_aside() -> None:
    op.execute(f"CREATE TABLE {OLD} AS SELECT * FROM outcomes")  # noqa: S608
    op.drop_table("outcomes")


def _make_outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.Column("gone_at", INSTANT),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("goal_seconds", sa.Integer(), nullable=False),
        sa.Column("elapsed_seconds", sa.Integer(), nullable=False),
        sa.Column("paused_seconds", sa.Integer(), nullable=False),
        sa.Column("percent", sa.SmallInteger()),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("board_id", sa.BigInteger()),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("company_id", sa.BigInteger()),
        sa.Column("company", sa.Text()),
        sa.Column("priority", sa.Text()),
        sa.Column("team", sa.Text()),
        sa.Column("technician", sa.Text()),
        sa.Column("agreement", sa.Text()),
        sa.Column("type", sa.Text()),
        sa.PrimaryKeyConstraint("tenant", "at", "ticket_id", "stage", "cycle", "known_at", name=op.f("pk_outcomes")),
        *_constraints(),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outcomes_ticket", "outcomes", BY_TICKET)


def _make_old_outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text()),
        sa.Column("company", sa.Text()),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("percent", sa.SmallInteger()),
        sa.PrimaryKeyConstraint("tenant", "at", "ticket_id", "stage", "cycle", name=op.f("pk_outcomes")),
        *_constraints(),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outcomes_ticket", "outcomes", BY_TICKET, unique=True)


def _constraints() -> tuple[sa.Constraint, ...]:
    parent = (["tenant", "ticket_id"], ["tickets.tenant", "tickets.id"])
    return (
        sa.ForeignKeyConstraint(*parent, name=op.f("fk_outcomes_tickets")),
        sa.CheckConstraint("stage BETWEEN 0 AND 2", name=op.f("ck_outcomes_stage")),
        sa.CheckConstraint(f"outcome IN {OUTCOMES}", name=op.f("ck_outcomes_outcome")),
    )


def _make_names() -> None:
    op.create_table(
        "names",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", "id", "known_at", name=op.f("pk_names")),
        sa.CheckConstraint("kind IN ('board', 'company')", name=op.f("ck_names_kind")),
        sqlite_with_rowid=False,
    )


def _make_days() -> None:
    op.create_table(
        "goal_days",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("started_from", INSTANT),
        sa.Column("started_until", INSTANT),
        sa.Column("due_from", INSTANT),
        sa.Column("due_until", INSTANT),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "day", name=op.f("pk_goal_days")),
    )


def _filled(number: int, stage: str) -> str:
    """Return what carries the goals of one stage over."""
    of_goal = "p.tenant = o.tenant AND p.ticket_id = o.ticket_id AND p.cycle = o.cycle"
    then = f"(o.outcome = 'cancelled' AND p.as_of = o.at OR p.{stage}_reached_at = o.at)"
    says = f"p.{stage}_verdict = o.outcome AND {then}"
    first = f"SELECT min(p.as_of) FROM readings p WHERE {of_goal} AND {says}"  # noqa: S608
    due = (
        f"SELECT p.{stage}_due_at FROM readings p WHERE {of_goal} AND p.as_of <= r.as_of"  # noqa: S608
        f" AND p.{stage}_due_at IS NOT NULL ORDER BY p.as_of DESC LIMIT 1"
    )
    told = (
        "FROM transitions x WHERE x.tenant = o.tenant AND x.ticket_id = o.ticket_id AND x.stage = o.stage"
        " AND x.change = o.outcome AND x.at = o.at"
    )
    return f"""
        INSERT INTO outcomes
        SELECT o.tenant, o.at, o.ticket_id, o.stage, o.cycle, COALESCE(r.as_of, o.at), NULL, o.outcome,
               COALESCE(r.started_at, t.entered_at),
               CASE WHEN o.outcome <> 'cancelled' THEN COALESCE(({due}), (SELECT max(x.due_at) {told})) END,
               COALESCE(r.{stage}_goal_seconds, (SELECT max(x.goal_seconds) {told}), 0),
               COALESCE(r.{stage}_elapsed_seconds, (SELECT max(x.elapsed_seconds) {told}), 0),
               COALESCE(r.paused_seconds, 0), o.percent, COALESCE(r.terms, ''), o.policy,
               NULL, o.board, NULL, o.company, o.priority, NULL, NULL, NULL, NULL
        FROM {OLD} o
        JOIN tickets t ON t.tenant = o.tenant AND t.id = o.ticket_id
        LEFT JOIN readings r ON r.tenant = o.tenant AND r.ticket_id = o.ticket_id AND r.as_of = ({first})
        WHERE o.stage = {number}
    """  # noqa: S608
