"""Versions that nothing names any more: of promises, calendars, maps of statuses and reference data."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, select, tuple_

from slamon.store import codec
from slamon.store.database import Database
from slamon.store.tables import events, polls, versions

Name = tuple[str, str]  # kind, hash


def prune(database: Database, before: datetime) -> Iterator[int]:
    """Delete what was first seen before *before* and is named by nothing; yield how many rows."""
    with database.reading() as connection:
        position = connection.scalar(select(func.max(events.c.seq))) or 0
        old = find(connection, before)
    if not old:
        return
    with database.writing() as connection:
        if not database.sqlite:
            # Whoever names terms stores them in the same transaction: from here on we see both, or it waits for us.
            connection.exec_driver_sql("LOCK TABLE versions IN SHARE ROW EXCLUSIVE MODE")
        named = _named(connection, after=position)
        old = {name for name in old if name not in named}
        rows = connection.execute(delete(versions).where(among_these(old))).rowcount
    yield rows


def find(connection: Connection, before: datetime) -> set[Name]:
    """Return the versions first seen before *before* that no event, reading or poll names, nor terms that are named."""
    query = select(versions.c.kind, versions.c.hash).where(versions.c.first_seen_at < before)
    old = {(row[0], row[1]) for row in connection.execute(query)}
    return old - _named(connection) if old else set()


def among_these(names: Collection[Name]) -> ColumnElement[bool]:
    return tuple_(versions.c.kind, versions.c.hash).in_(sorted(names))


def _named(connection: Connection, after: int = 0) -> set[Name]:
    """Return the versions that polls name, and events numbered above *after*, their readings and terms included."""
    told = select(events.c.terms, events.c.status_map).where(events.c.seq > after).distinct()
    named: set[Name] = set()
    for terms, status_map in connection.execute(told):
        named |= {("terms", terms), ("status_map", status_map)}
    went_by = select(polls.c.reference, polls.c.status_map).distinct()
    for reference, status_map in connection.execute(went_by):
        named |= {("reference", reference), ("status_map", status_map)}
    query = select(versions.c.hash, versions.c.body).where(versions.c.kind == "terms")
    for version, body in connection.execute(query):
        if ("terms", version) in named:
            named.add(("calendar", codec.terms_from(body).calendar))
    return named
