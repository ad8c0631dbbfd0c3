"""Reports are kept as they were sent, and the messages that bring them name them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger()  # UTC epoch seconds
TEXTS = ("tenant", "key", "name", "kind", "scope_by", "scope_name", "period", "zone", "denominator")


def upgrade() -> None:
    """Go on; of what was sent before only the messages are there."""
    op.create_table(
        "reports",
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        *(sa.Column(name, INSTANT, nullable=False) for name in ("begins_at", "ends_at", "known_at", "made_at")),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name=op.f("pk_reports")),
    )
    op.create_index("ix_reports_made_at", "reports", ["made_at"])
    op.create_table(
        "report_files",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tenant", "report", "name", "media_type")),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "report", "name", name=op.f("pk_report_files")),
    )
    op.add_column("notifications", sa.Column("report", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("notifications", "report")
    op.drop_table("report_files")
    op.drop_table("reports")
