"""What the store knows of canaries: whether one arrived, and that nothing is left of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, Table, and_, delete, func, select, true, update
from sqlalchemy.sql.elements import ColumnElement

from slamon.core.canary import TENANT, VERSIONS
from slamon.store.tables import (
    clocks,
    events,
    job_runs,
    notifications,
    polls,
    readings,
    tickets,
    trails,
    transitions,
    versions,
)

_state = notifications.c.state
_IS_CANARY = notifications.c.kind == "canary"
_OF_TICKET = (transitions, trails, clocks, readings, events)  # who points to another goes first


def is_no_canary(table: Table) -> ColumnElement[bool]:
    """Say that a row of *table* tells of a ticket that was not made up."""
    if table is versions:
        return versions.c.hash.not_in(VERSIONS)
    return table.c.tenant != TENANT if "tenant" in table.c else true()


def load_sent_at(connection: Connection, tenant: str, ticket_id: int) -> datetime | None:
    """Return when the first message about the ticket was accepted; None if none was, or it is not known."""
    query: Select[datetime | None] = select(func.min(notifications.c.finished_at))
    of_ticket = (notifications.c.tenant == tenant, notifications.c.ticket_id == ticket_id)
    return connection.scalar(query.where(*of_ticket, _state == "sent"))


def retire(connection: Connection, before: datetime, keep: timedelta) -> None:
    """Give up canaries made before *before* that still wait, and forget those that ended *keep* before it.

    One that comes hours late tells nothing; after a day without a mail server there would be a flock of them.
    """
    given_up = {"state": "failed", "finished_at": before, "lease_until": None, "error": "another one followed"}
    waits = (_IS_CANARY, _state.in_(("pending", "held")), notifications.c.created_at < before)
    connection.execute(update(notifications).where(*waits).values(given_up))
    connection.execute(delete(notifications).where(_IS_CANARY, notifications.c.finished_at < before - keep))
    connection.execute(delete(job_runs).where(job_runs.c.job == "canary", job_runs.c.claimed_at < before - keep))


def forget(connection: Connection, but: int | None) -> None:
    """Delete the tickets that were made up, with all that belongs to them, but for the ticket *but*."""
    for table in _OF_TICKET:
        connection.execute(delete(table).where(table.c.tenant == TENANT, table.c.ticket_id != (but or 0)))
    connection.execute(delete(tickets).where(and_(tickets.c.tenant == TENANT, tickets.c.id != (but or 0))))
    if but is None:
        connection.execute(delete(polls).where(polls.c.tenant == TENANT))


def forget_all(connection: Connection) -> None:
    """Delete all that tells of canaries: a database restored from a backup begins anew."""
    forget(connection, None)
    connection.execute(delete(notifications).where(notifications.c.tenant == TENANT))
    connection.execute(delete(job_runs).where(job_runs.c.job == "canary"))
