"""What is kept of whole lives: histories to be read anew, and what a recomputation puts right in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from slamon.core.reading import Reading
from slamon.core.ticket import Event, Ticket


class LifeRow(NamedTuple):
    """An event with what it names; `at` is epoch seconds, UTC. `name` is empty for terms."""

    ticket_id: int
    at: int
    kind: str
    level: int | None
    terms: str | None
    ref_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Recompute:
    """One recomputation of a tenant's closed tickets: by whom, when, why, and what it changed.

    `before` and `after` are the versions of the calendar; `finished_at` is None while it goes on, or if it was
    interrupted. `goals` are those that had ended and read otherwise since, `flips` those whose verdict is another.
    """

    tenant: str
    started_at: datetime
    calendar: str
    since: datetime
    by: str
    reason: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    tickets: int = 0
    goals: int = 0
    flips: int = 0
    finished_at: datetime | None = None


class LifeStore(Protocol):
    """Whole lives of tickets, and the record of what was recomputed."""

    def load_lives(
        self, tenant: str, since: datetime, until: datetime, *, after: int, limit: int, closed: bool = False
    ) -> tuple[list[Ticket], list[LifeRow]]:
        """Up to *limit* tickets with ids above *after* of which an event happened in [since, until), by id.

        With them all their events, by ticket, instant and number, of each its newest telling. *closed*: only tickets
        that are closed.
        """

    def load_company_names(self, tenant: str) -> list[str]:
        """The companies of the tenant's tickets, in order."""

    def load_last_ticket_id(self, tenant: str) -> int | None:
        """The highest number of a ticket."""

    def save_correction(
        self,
        record: Recompute,
        *,
        events: Sequence[Event] = (),
        readings: Sequence[Reading] = (),
        over: Sequence[Reading] = (),
        next_changes: Mapping[int, datetime | None] | None = None,
    ) -> None:
        """Store *events*, the readings they lead to and the record as it is now, in one transaction.

        *over* are readings of cycles that were closed before, of which only how their goals ended is kept. Nobody is
        told: no transition is kept, and nothing becomes due.
        """

    def load_recomputes(self, tenant: str) -> list[Recompute]:
        """What was recomputed, the newest first."""
