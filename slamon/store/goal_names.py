"""What boards and companies were called, and since when slamon knew: what was renamed is still one thing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, tuple_

from slamon.store.bulk import Row, insert_rows
from slamon.store.outcome_rows import COLUMNS
from slamon.store.tables import names
from slamon.store.tables.outcome import NAMED

_COLUMNS = ("tenant", "kind", "id", "known_at", "name")
_KNOWN_AT = COLUMNS.index("known_at")
_PLACES = {kind: (COLUMNS.index(f"{kind}_id"), COLUMNS.index(kind)) for kind in NAMED}

Named = tuple[str, int]  # kind, id


def save_names(connection: Connection, tenant: str, rows: Sequence[Row]) -> None:
    """Keep the names in *rows* of outcomes, in the order of COLUMNS, where they are new."""
    newest: dict[Named, tuple[int, str]] = {}
    for row in sorted(rows, key=lambda one: one[_KNOWN_AT]):
        for kind, (number, name) in _PLACES.items():
            if row[number] is not None:
                newest[kind, row[number]] = row[_KNOWN_AT], row[name]
    known = _load(connection, tenant, sorted(newest))
    new = [(tenant, *key, at, name) for key, (at, name) in newest.items() if known.get(key) != name]
    insert_rows(connection, names, new, columns=_COLUMNS, conflict="update")


def load_names(connection: Connection, tenant: str, known_at: datetime) -> dict[Named, str]:
    """Return the newest name that was known at *known_at* of each board and company."""
    query = select(names.c.kind, names.c.id, names.c.name).where(names.c.tenant == tenant, names.c.known_at <= known_at)
    return {(row[0], row[1]): row[2] for row in connection.execute(query.order_by(names.c.known_at))}


def _load(connection: Connection, tenant: str, keys: Sequence[Named]) -> dict[Named, str]:
    if not keys:
        return {}
    mine = (names.c.tenant == tenant, tuple_(names.c.kind, names.c.id).in_(keys))
    query = select(names.c.kind, names.c.id, names.c.name).where(*mine).order_by(names.c.known_at)
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}
