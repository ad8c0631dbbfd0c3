"""A database with rows in every table, and all that is in one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Integer, LargeBinary, insert, select

from slamon.core.ticket import Kind
from slamon.core.versions import version_of
from slamon.ports import UnreadTrail
from slamon.store.backup.form import plain
from slamon.store.sql import SqlStore
from slamon.store.tables import metadata
from slamon.store.types import UtcSeconds

from .samples import DAY, HOUR, MAIN, MINUTE, NOW, entered, event, note, poll, reading, ticket, transition
from .test_migrate import execute
from .test_versions import GOLD, OFFICE

ODD = "\u00dcberfall \U0001f525 '; DROP TABLE tickets; -- \\N\t\x01"
Content = dict[str, set[tuple[Any, ...]]]


def fill(store: SqlStore) -> None:
    """Put rows into every table, odd ones among them: a ticket told anew, a mail sent, one that waits, one taken."""
    unread = UnreadTrail(2, False, 1, NOW - HOUR, NOW, tries=3)
    gold, office = version_of(GOLD), version_of(OFFICE)
    store.save_versions({gold: GOLD}, {office: OFFICE})
    store.save_poll(poll(reference="abc"), [ticket(1), ticket(2, summary=ODD)], [entered(1), event(1, NOW), entered(2)])
    retold = event(1, NOW, Kind.RETOLD, level=None, name="audit trail read")
    terms = event(1, kind=Kind.TERMS, level=None, terms=gold)
    store.save_poll(poll(NOW + MINUTE, watermark=None), [], [retold, entered(1), terms], trails=[unread])
    notes = [note(), note("2", ticket_id=None, subject=ODD), note("3")]
    found: dict[str, Any] = {"readings": [reading(1)], "transitions": [transition(1)], "notifications": notes}
    store.save_evaluation(MAIN, now=NOW, evaluated={1: NOW + DAY}, **found)
    sent, _ = (store.claim_notification("mail", NOW, lease=HOUR, furthest=HOUR) for _ in range(2))
    assert sent is not None
    store.mark_sent(sent, NOW)
    store.claim_run("watch", MAIN, NOW)
    with store._database.writing() as connection:
        for table in metadata.sorted_tables:
            if connection.execute(select(table).limit(1)).first() is None:
                connection.execute(insert(table).values({c.name: _stand_in(c) for c in table.columns}))


def _stand_in(column: Column[Any]) -> object:
    """Return a value for a column of a table that nothing above writes to."""
    known = {"tenant": MAIN, "ticket_id": 1, "change": "breached", "stage": 2, "said": "ack", "outcome": "told"}
    if column.table.name == "names" and column.name == "kind":
        return "board"
    if column.name in known:
        return known[column.name]
    kinds = ((UtcSeconds, NOW), (Boolean, True), (Integer, 1), (LargeBinary, b"\0x"))
    return next((value for kind, value in kinds if isinstance(column.type, kind)), "x")


def content(url: str) -> Content:
    """Return all rows of all tables, as both databases would spell them."""
    return {
        table.name: {
            tuple(plain(value) for value in row)
            for row in execute(url, f"SELECT {', '.join(column.name for column in table.columns)} FROM {table.name}")
        }
        for table in metadata.sorted_tables
    }
