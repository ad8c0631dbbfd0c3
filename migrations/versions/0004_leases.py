"""Leases: which of several daemons watches a tenant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger()  # UTC epoch seconds


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("until_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", name=op.f("pk_leases")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "watchers",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "holder", name=op.f("pk_watchers")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("watchers")
    op.drop_table("leases")
