"""The mark on a day's columns that a row of the day has changed."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, update

from slamon.store.select import among
from slamon.store.tables import goal_days

DAY_SECONDS = 86_400


def mark_stale(connection: Connection, tenant: str, ended_at: Iterable[int]) -> None:
    """Have the columns of the days in which *ended_at* lie (epoch seconds) be made anew before they are read."""
    days = sorted({at // DAY_SECONDS for at in ended_at})
    if days:
        mine = (goal_days.c.tenant == tenant, among(connection, goal_days.c.day, days))
        connection.execute(update(goal_days).where(*mine, ~goal_days.c.stale).values(stale=True))
