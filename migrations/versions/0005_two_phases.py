"""The outbox in two phases: claimed apart from sending, held, merged and dropped; what went wrong is counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLE = "notifications"
OLD_STATES = ("pending", "sending", "sent", "failed")
STATES = ("pending", "claimed", "sending", "sent", "failed", "held", "merged", "dropped")
OLD_LEASE = "(state = 'sending') = (lease_until IS NOT NULL)"
LEASE = "(state IN ('claimed', 'sending')) = (lease_until IS NOT NULL)"
MERGED = "(state = 'merged') = (merged_into IS NOT NULL)"


def upgrade() -> None:
    """Go on; what an older slamon was sending may have been sent, and `sending` now says so."""
    op.drop_index("ix_notifications_waiting", table_name=TABLE)
    op.add_column(TABLE, sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
    op.add_column(TABLE, sa.Column("unsure", sa.Integer(), server_default="0", nullable=False))
    op.add_column(TABLE, sa.Column("merged_into", sa.BigInteger()))
    _check({"state": _one_of(OLD_STATES), "lease": OLD_LEASE}, {"state": _one_of(STATES), "lease": LEASE})
    _check({}, {"merged": MERGED})
    _index("ix_notifications_open", ("pending", "claimed", "sending", "held"))


def downgrade() -> None:
    """Go back; what was merged counts as failed, and so does what a person had to decide on or dropped."""
    op.drop_index("ix_notifications_open", table_name=TABLE)
    _check({"merged": MERGED, "state": _one_of(STATES), "lease": LEASE}, {})
    op.execute("UPDATE notifications SET state = 'sending' WHERE state = 'claimed'")
    op.execute("UPDATE notifications SET state = 'failed' WHERE state IN ('held', 'merged', 'dropped')")
    _check({}, {"state": _one_of(OLD_STATES), "lease": OLD_LEASE})
    for name in ("merged_into", "unsure", "failures"):
        op.drop_column(TABLE, name)
    _index("ix_notifications_waiting", ("pending", "sending"))


def _one_of(states: tuple[str, ...]) -> str:
    return f"state IN ({', '.join(map(repr, states))})"


def _index(name: str, states: tuple[str, ...]) -> None:
    where = sa.text(_one_of(states))
    op.create_index(name, TABLE, ["id"], sqlite_where=where, postgresql_where=where)


def _check(old: dict[str, str], new: dict[str, str]) -> None:
    """Drop the CHECKs *old* and make those of *new*, by name. SQLite builds the table anew for it."""
    with op.batch_alter_table(TABLE, table_kwargs={"sqlite_autoincrement": True}) as batch:
        for name in old:
            batch.drop_constraint(op.f(f"ck_{TABLE}_{name}"), type_="check")
        for name, rule in new.items():
            batch.create_check_constraint(op.f(f"ck_{TABLE}_{name}"), rule)
        batch.alter_column("error", server_default="")  # read back by Alembic, it would come out as ('')
