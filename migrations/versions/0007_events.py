"""The outbox for programs: the event as data, what a message ends, and what stands until it is ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = "notifications"
STANDS = {"sqlite_where": sa.text("stands = 1"), "postgresql_where": sa.text("stands")}


def upgrade() -> None:
    """Go on; what was told before has no data and stands nowhere."""
    op.add_column(TABLE, sa.Column("data", sa.Text(), server_default="", nullable=False))
    op.add_column(TABLE, sa.Column("follows", sa.Text(), server_default="", nullable=False))
    op.add_column(TABLE, sa.Column("stands", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_notifications_standing_of", TABLE, ["tenant", "id"], **STANDS)
    op.create_index("ix_notifications_standing_in", TABLE, ["channel", "id"], **STANDS)


def downgrade() -> None:
    """Go back; older versions know of mail alone: what waits for other channels counts as failed."""
    op.execute(
        "UPDATE notifications SET state = 'failed', lease_until = NULL, error = 'not sent: its channel is unknown now'"
        " WHERE channel <> 'mail' AND state IN ('pending', 'claimed', 'sending', 'held')"
    )
    op.drop_index("ix_notifications_standing_in", table_name=TABLE)
    op.drop_index("ix_notifications_standing_of", table_name=TABLE)
    for name in ("stands", "follows", "data"):
        op.drop_column(TABLE, name)
