"""Who watches which tenant: leases, and the daemons that could hold them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Table, Text

from slamon.store.tables.base import metadata
from slamon.store.types import UtcSeconds

# A row stays when its lease has ended: its token is where the next taker goes on.
leases = Table(
    "leases",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("until_at", UtcSeconds, nullable=False),  # the database's clock, as below
    PrimaryKeyConstraint("tenant"),
    sqlite_with_rowid=False,
)

watchers = Table(
    "watchers",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("until_at", UtcSeconds, nullable=False),
    PrimaryKeyConstraint("tenant", "holder"),
    sqlite_with_rowid=False,
)
