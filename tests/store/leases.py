"""Leases that run out at once: the database's clock cannot be moved, so the rows are."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from slamon.store.sql import SqlStore


def age_leases(store: SqlStore, by: timedelta) -> None:
    """Let every lease have been taken *by* earlier."""
    older = text("UPDATE notifications SET lease_until = lease_until - :by WHERE lease_until IS NOT NULL")
    with store._database.writing() as connection:
        connection.execute(older, {"by": int(by.total_seconds())})


def state_of(store: SqlStore, note_id: int | None) -> str:
    with store._database.reading() as connection:
        found = connection.execute(text("SELECT state FROM notifications WHERE id = :id"), {"id": note_id})
        return str(found.scalar_one())
