"""Readings by month on Postgres; what the statuses meant, by content; totals of what is no longer kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OLD_VERSIONS = ("terms", "calendar", "reference")
POINTER = ("tenant", "ticket_id", "read_at")
KEY = ("tenant", "ticket_id", "as_of")


def upgrade() -> None:
    op.add_column("polls", sa.Column("status_map", sa.Text(), server_default="", nullable=False))
    op.add_column("events", sa.Column("status_map", sa.Text()))
    op.add_column("readings", sa.Column("status_map", sa.Text(), server_default="", nullable=False))
    _allow_versions((*OLD_VERSIONS, "status_map"))
    op.create_index(
        "ix_tickets_closed",
        "tickets",
        ["last_updated_at"],
        sqlite_where=sa.text("open = 0"),
        postgresql_where=sa.text("NOT open"),
    )
    op.create_table(
        "past_transitions",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "stage", "change", name=op.f("pk_past_transitions")),
        sqlite_with_rowid=False,
    )
    if _is_postgres():
        op.drop_constraint(op.f("fk_clocks_readings"), "clocks", type_="foreignkey")
        _rebuild_readings(" PARTITION BY RANGE (as_of)", _make_parts)
        op.create_index("ix_readings_as_of", "readings", ["as_of"], postgresql_using="brin")


def downgrade() -> None:
    """Go back; what was counted of tickets that are no longer kept is forgotten."""
    if _is_postgres():
        _rebuild_readings("", None)
        op.create_foreign_key(op.f("fk_clocks_readings"), "clocks", "readings", list(POINTER), list(KEY))
    op.drop_table("past_transitions")
    op.drop_index("ix_tickets_closed", table_name="tickets")
    op.execute("DELETE FROM versions WHERE kind = 'status_map'")
    _allow_versions(OLD_VERSIONS)
    for table in ("readings", "events", "polls"):
        op.drop_column(table, "status_map")


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _rebuild_readings(partitioned: str, make_parts: Callable[[], None] | None) -> None:
    """Move all readings into a table of another form; a table cannot become a partitioned one."""
    op.execute("ALTER TABLE readings RENAME TO readings_before")
    op.execute(f"CREATE TABLE readings (LIKE readings_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS){partitioned}")
    if make_parts is not None:
        make_parts()
    op.execute("INSERT INTO readings SELECT * FROM readings_before")
    op.execute("DROP TABLE readings_before")  # its key has the name that the new one gets
    op.create_primary_key(op.f("pk_readings"), "readings", list(KEY))


def _make_parts() -> None:
    """Make a part for each month that has readings, and one for whatever has no month."""
    op.execute("CREATE TABLE readings_rest PARTITION OF readings DEFAULT")
    months = sa.text(
        "SELECT DISTINCT date_trunc('month', to_timestamp(as_of), 'UTC') AS month FROM readings_before ORDER BY month"
    )
    for (found,) in op.get_bind().execute(months).all():
        month = found.astimezone(UTC)
        after = (month + timedelta(days=32)).replace(day=1)
        bounds = f"FROM ({int(month.timestamp())}) TO ({int(after.timestamp())})"
        op.execute(f"CREATE TABLE readings_{month:%Y_%m} PARTITION OF readings FOR VALUES {bounds}")


def _allow_versions(kinds: tuple[str, ...]) -> None:
    """Let `versions.kind` hold *kinds* and nothing else."""
    rule = f"kind IN ({', '.join(repr(kind) for kind in kinds)})"
    if _is_postgres():
        op.drop_constraint(op.f("ck_versions_kind"), "versions", type_="check")
        op.create_check_constraint(op.f("ck_versions_kind"), "versions", rule)
        return
    with op.batch_alter_table("versions") as batch:  # SQLite cannot change a CHECK
        batch.drop_constraint(op.f("ck_versions_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_versions_kind"), rule)
