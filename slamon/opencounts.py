"""What a tenant's metrics count, kept between two polls: it costs what has changed, not what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from slamon.jobs.open_rows import walk_open_rows
from slamon.metrics import OpenBoard
from slamon.ports import Store


@dataclass(slots=True)
class OpenCounts:
    """The open tickets on their board, and transitions of all time; `counted_at`: the sweep they were loaded after."""

    board: OpenBoard
    transitions: Counter[tuple[int, str]]
    counted_at: datetime | None

    def update(self, store: Store, tenant: str, moved: Collection[int], new: Counter[tuple[int, str]]) -> None:
        """Look at the tickets *moved* again, and add *new* transitions."""
        if moved:
            self.board.replace(moved, store.load_open_rows_of(tenant, moved))
        self.transitions += new


def load_counts(store: Store, tenant: str, counted_at: datetime | None) -> OpenCounts:
    """Return the counts as the store has them now."""
    return OpenCounts(OpenBoard(walk_open_rows(store, tenant)), Counter(store.count_transitions(tenant)), counted_at)
