"""Histories told anew by trails read later; the reference data by content, and which a poll went by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger()  # UTC epoch seconds
OLD_KINDS = (
    *("entered", "started", "status", "priority", "sla", "board", "company", "agreement", "owner", "responded"),
    *("planned", "resolved", "terms", "cancelled", "restored", "not_measured"),
)
OLD_VERSIONS = ("terms", "calendar")


def upgrade() -> None:
    _allow("events", (*OLD_KINDS, "retold"))
    _allow("versions", (*OLD_VERSIONS, "reference"))
    op.add_column("polls", sa.Column("reference", sa.Text(), server_default="", nullable=False))
    is_retold = sa.text("kind = 'retold'")
    op.create_index(
        "ix_events_retold",
        "events",
        ["tenant", "ticket_id", "seq"],
        sqlite_where=is_retold,
        postgresql_where=is_retold,
    )
    op.create_table(
        "trails",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "ticket_id", name=op.f("pk_trails")),
        sa.ForeignKeyConstraint(
            ["tenant", "ticket_id"], ["tickets.tenant", "tickets.id"], name=op.f("fk_trails_tickets")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_trails_tenant_closed_rank_entered_at", "trails", ["tenant", "closed", "rank", "entered_at"])


def downgrade() -> None:
    """Go back; a history that was told anew keeps its newest telling, the only one that counts."""
    op.drop_table("trails")
    op.execute(
        "DELETE FROM events WHERE seq <= (SELECT max(retold.seq) FROM events AS retold"
        " WHERE retold.kind = 'retold' AND retold.tenant = events.tenant AND retold.ticket_id = events.ticket_id)"
    )
    op.drop_index("ix_events_retold", table_name="events")
    op.drop_column("polls", "reference")
    op.execute("DELETE FROM versions WHERE kind = 'reference'")
    _allow("versions", OLD_VERSIONS)
    _allow("events", OLD_KINDS)


def _allow(table: str, kinds: tuple[str, ...]) -> None:
    """Let the column `kind` hold *kinds* and nothing else."""
    name = f"ck_{table}_kind"
    rule = f"kind IN ({', '.join(repr(kind) for kind in kinds)})"
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, rule)
        return
    # SQLite cannot change a CHECK: the table is built anew, and must be told again to number its rows for ever.
    numbered = {"sqlite_autoincrement": True} if table == "events" else {}
    with op.batch_alter_table(table, table_kwargs=numbered) as batch:
        batch.drop_constraint(op.f(name), type_="check")
        batch.create_check_constraint(op.f(name), rule)
