"""The messages about one ticket are found without going through all.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INDEX, TABLE = "ix_notifications_ticket", "notifications"


def upgrade() -> None:
    about = sa.text("ticket_id IS NOT NULL")
    op.create_index(INDEX, TABLE, ["tenant", "ticket_id"], sqlite_where=about, postgresql_where=about)


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
