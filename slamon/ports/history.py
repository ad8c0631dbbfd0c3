"""What is kept of the source: polls, tickets and their events."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from slamon.core.policy import Terms
from slamon.core.rules import CalendarRules
from slamon.core.ticket import Event, Ticket


@dataclass(frozen=True, slots=True)
class Poll:
    """One fetch cycle, known by its tenant and when it began.

    `watermark` is how far the list of changes is known, None until all of it is stored.
    """

    tenant: str
    started_at: datetime
    finished_at: datetime
    result: Literal["ok", "partial", "failed"]
    seen: int = 0
    changed: int = 0
    rejected: int = 0
    watermark: datetime | None = None
    error: str = ""
    reference: str = ""  # version of the reference data it went by
    status_map: str = ""  # version of the map by which it gave levels to statuses


@dataclass(frozen=True, slots=True)
class UnreadTrail:
    """A ticket whose audit trail is still to be read; the lower its rank, the more urgent.

    `closed`: or out of scope, nobody waits for its clock.
    """

    ticket_id: int
    closed: bool
    rank: int
    entered_at: datetime
    next_try_at: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """An event as the clock needs it. `at` is epoch seconds, UTC; rows come ordered by ticket, at, seq."""

    ticket_id: int
    at: int
    kind: str
    level: int | None
    terms: str | None
    status_map: str | None = None


@dataclass(frozen=True, slots=True)
class Versions:
    """Terms and calendars by their versions, on their way into the store with the events that name them."""

    terms: dict[str, Terms] = field(default_factory=dict)
    calendars: dict[str, CalendarRules] = field(default_factory=dict)


class HistoryStore(Protocol):
    """Polls, tickets and events. Each `save_*` is one transaction: all of it or nothing."""

    def load_watermark(self, tenant: str) -> datetime | None: ...
    def load_last_poll(self, tenant: str, *, successful: bool = False, until: datetime | None = None) -> Poll | None:
        """The newest poll, or the newest that did not fail; with *until* of those that had begun by then."""

    def load_good_polls(self, tenant: str, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
        """When the polls that did not fail began and ended: the last before *since*, and those up to *until*."""

    def save_blind_spans(self, tenant: str, spans: Sequence[tuple[datetime, datetime]]) -> None:
        """Keep when the tenant was blind, longer than polls are kept; what is known of one stays."""

    def load_blind_spans(self, tenant: str, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
        """What was kept so, in order, cut to [since, until)."""

    def load_tickets(self, tenant: str, ids: Collection[int]) -> dict[int, Ticket]: ...
    def load_open_ids(self, tenant: str) -> set[int]: ...
    def load_open_marks(self, tenant: str) -> dict[int, int]:
        """The open tickets' ids and their `lastUpdated`, in epoch seconds."""

    def load_open_tickets(self, tenant: str, *, after: int, limit: int) -> list[Ticket]:
        """Up to *limit* open tickets with ids above *after*, by id."""

    def save_poll(
        self,
        poll: Poll,
        tickets: Sequence[Ticket] = (),
        events: Sequence[Event] = (),
        *,
        trails: Sequence[UnreadTrail] = (),
        trails_read: Collection[int] = (),
        versions: Versions | None = None,
    ) -> None:
        """Store tickets that changed and their new events, which make them due; the poll's record as it is now.

        *trails* are waited for from now on, those of the tickets *trails_read* no longer. *versions* are
        those that the events name and that may not be stored yet.
        """

    def load_unread_trails(self, tenant: str, now: datetime, limit: int) -> list[UnreadTrail]:
        """Audit trails to read at *now*, the most urgent first: of open tickets, by rank, young ones first."""

    def count_unread_trails(self, tenant: str) -> int: ...

    def load_events(self, tenant: str, ticket_id: int) -> list[Event]:
        """A ticket's events by instant and number; of a history that was told anew the newest telling alone."""

    def load_events_of(self, tenant: str, ids: Collection[int]) -> dict[int, list[Event]]:
        """The same for each of many tickets, without any for one that is not known."""

    def load_history(self, tenant: str, ids: Collection[int]) -> list[HistoryRow]:
        """The same for many tickets, as the clock needs it."""
