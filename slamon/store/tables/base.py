"""What all tables share: the naming of constraints, and the columns and checks that come back."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite numbers rows by itself only where the type is spelled INTEGER.
RowNumber = BigInteger().with_variant(Integer, "sqlite")


def one_of(column: str, allowed: Iterable[str]) -> CheckConstraint:
    """Return the CHECK that *column* holds one of the words *allowed* (or NULL, where it may)."""
    words = ", ".join(f"'{word}'" for word in allowed)
    return CheckConstraint(f"{column} IN ({words})", name=column)


def up_to(column: str, last: int) -> CheckConstraint:
    return CheckConstraint(f"{column} BETWEEN 0 AND {last}", name=column)


def of_ticket() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant", "ticket_id"], ["tickets.tenant", "tickets.id"])
