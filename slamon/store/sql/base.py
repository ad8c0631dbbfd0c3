"""What every part of the SQL store has: the database."""

from __future__ import annotations

from slamon.store.database import Database


class SqlPart:
    """A part of the store; each of its methods is one transaction, unless it says otherwise."""

    def __init__(self, database: Database) -> None:
        self._database = database
