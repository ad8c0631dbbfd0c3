"""What the outbox knows of canaries: whether one arrived, and room for the next."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, delete, select, update

from slamon.store.tables import notifications

_state = notifications.c.state
_IS_CANARY = notifications.c.kind == "canary"


def load_sent_at(connection: Connection, tenant: str, key: str) -> datetime | None:
    """Return when the notification was accepted; None if it was not, or is not known."""
    query: Select[datetime | None] = select(notifications.c.finished_at)
    query = query.where(notifications.c.tenant == tenant, notifications.c.key == key, _state == "sent")
    return connection.scalar(query)


def retire(connection: Connection, before: datetime, keep: timedelta) -> None:
    """Give up canaries made before *before* that still wait, and forget those that ended *keep* before it.

    One that comes hours late tells nothing; after a day without a mail server there would be a flock of them.
    """
    given_up = {"state": "failed", "finished_at": before, "lease_until": None, "error": "another one followed"}
    waits = (_IS_CANARY, _state.in_(("pending", "held")), notifications.c.created_at < before)
    connection.execute(update(notifications).where(*waits).values(given_up))
    connection.execute(delete(notifications).where(_IS_CANARY, notifications.c.finished_at < before - keep))
