"""The seams: what the jobs need from the outside, as Protocols and the values that cross them."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Protocol

from slamon.core.policy import Terms
from slamon.core.reading import Reading
from slamon.core.reference import Reference
from slamon.core.rules import CalendarRules
from slamon.core.ticket import Event, Ticket
from slamon.core.transition import Transition


class WallTime(Protocol):
    """Wall time, read once at the top of a job. A simulated clock may run faster than the real one."""

    def now(self) -> datetime:
        """Return the current instant: aware, UTC."""

    def real_seconds(self, span: timedelta) -> float:
        """How long to sleep, in real seconds, for *span* of this clock to pass."""


# --- the source ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row of the source that could not be understood: counted, logged, asked for again."""

    ticket_id: int | None
    reason: str  # short and from a small set: it becomes a metric label
    message: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What one page of a list brought. `answered_at` is the server's own clock, None if it did not say."""

    tickets: Sequence[Ticket]
    rejections: Sequence[Rejection] = ()
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """That a ticket is open, and when it was last changed; None where the source does not say."""

    ticket_id: int
    last_updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of a ticket's audit trail. `at` is aware, UTC."""

    at: datetime
    text: str
    kind: str = ""
    by: str = ""


class TicketSource(Protocol):
    """Where tickets come from. Every method may raise a SourceError; lists come page by page, in any order.

    With *board_ids*, only tickets of these boards. The same ticket may come twice.
    """

    async def fetch_reference(self) -> Reference: ...

    def fetch_tickets(
        self, *, since: datetime | None, with_open: bool = False, board_ids: Collection[int] | None = None
    ) -> AsyncIterator[Batch]:
        """Tickets changed at or after *since*, closed ones too; *with_open* or without *since*, all open ones."""

    def fetch_open(self, *, board_ids: Collection[int] | None = None) -> AsyncIterator[Sequence[Sighting]]:
        """Which tickets are open, and no more of them."""

    def fetch_tickets_by_id(self, ids: Collection[int]) -> AsyncIterator[Batch]:
        """The tickets with these ids, in whatever state and on whatever board; those not found are absent."""

    async def is_deleted(self, ticket_id: int) -> bool:
        """Whether the source itself says that it has no such ticket; that it does not answer proves nothing."""

    async def fetch_audit_trail(self, ticket_id: int) -> Sequence[AuditEntry]:
        """The ticket's audit trail, oldest first."""


# --- the store -----------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one recipient, as it stands in the outbox. `key` makes it happen once."""

    key: str
    tenant: str
    kind: str  # near_breach, breached, report, canary
    recipient: str
    subject: str
    text: str
    html: str
    message_id: str
    created_at: datetime
    ticket_id: int | None = None
    channel: str = "mail"
    id: int | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Tracked:
    """A ticket with its newest reading."""

    ticket: Ticket
    reading: Reading


class GoalRow(NamedTuple):
    """One goal of an open ticket, as it is counted; instants are epoch seconds."""

    verdict: str
    at_risk: bool
    due_at: int | None
    breached_at: int | None


class OpenRow(NamedTuple):
    """An open ticket that has been read, as it is counted."""

    ticket_id: int
    board: str
    priority: str | None
    goals: tuple[GoalRow, GoalRow, GoalRow]


@dataclass(frozen=True, slots=True)
class TransitionRecord:
    """A transition as stored, with when slamon came to know of it and the ticket it belongs to."""

    transition: Transition
    seen_at: datetime
    ticket: Ticket


class Store(Protocol):
    """Where everything is kept. Each `save_*` is one transaction: all of it or nothing."""

    def load_watermark(self, tenant: str) -> datetime | None: ...
    def load_last_poll(self, tenant: str, *, successful: bool = False) -> Poll | None: ...
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
    ) -> None:
        """Store tickets that changed and their new events, which make them due; the poll's record as it is now.

        *trails* are waited for from now on, those of the tickets *trails_read* no longer.
        """

    def load_unread_trails(self, tenant: str, now: datetime, limit: int) -> list[UnreadTrail]:
        """Audit trails to read at *now*, the most urgent first: of open tickets, by rank, young ones first."""

    def count_unread_trails(self, tenant: str) -> int: ...

    def save_versions(self, terms: Mapping[str, Terms], calendars: Mapping[str, CalendarRules]) -> None: ...
    def save_reference(self, version: str, reference: Reference) -> None: ...
    def load_reference(self, version: str) -> Reference | None: ...
    def load_terms(self, versions: Collection[str]) -> dict[str, Terms]: ...
    def load_calendars(self, versions: Collection[str]) -> dict[str, CalendarRules]: ...

    def load_events(self, tenant: str, ticket_id: int) -> list[Event]:
        """A ticket's events by instant and number; of a history that was told anew the newest telling alone."""

    def load_events_of(self, tenant: str, ids: Collection[int]) -> dict[int, list[Event]]:
        """The same for each of many tickets, without any for one that is not known."""

    def load_history(self, tenant: str, ids: Collection[int]) -> list[HistoryRow]:
        """The same for many tickets, as the clock needs it."""

    def load_position(self, tenant: str) -> int:
        """How far the tenant's events go; given back to `save_evaluation`, it keeps what came meanwhile due."""

    def load_due_ids(self, tenant: str, now: datetime) -> set[int]:
        """Open tickets whose reading may have changed: new events, or `next_change_at` at or before *now*."""

    def load_next_change(self, tenant: str) -> datetime | None:
        """The earliest `next_change_at` of all tickets; the past if one is due."""

    def load_readings(self, tenant: str, ids: Collection[int]) -> dict[int, Reading]: ...
    def load_open_rows(self, tenant: str, *, after: int, limit: int) -> list[OpenRow]:
        """Up to *limit* open tickets with ids above *after*, by id; those never read are absent."""

    def load_open_rows_of(self, tenant: str, ids: Collection[int]) -> list[OpenRow]:
        """Those of the tickets *ids* that are open and have been read."""

    def pick_open(self, tenant: str, now: datetime, share: float) -> int | None:
        """An open ticket whose reading stands at *now*, about *share* (0 to 1) of the way through the ids."""

    def load_open(self, tenant: str) -> list[Tracked]:
        """All tickets that are not closed, with their newest readings; those never read are absent."""

    def save_evaluation(
        self,
        tenant: str,
        *,
        now: datetime,
        evaluated: Mapping[int, datetime | None],
        readings: Sequence[Reading],
        transitions: Sequence[Transition],
        notifications: Sequence[Notification],
        position: int | None = None,
    ) -> Counter[tuple[int, str]]:
        """Store readings that changed, transitions and their notifications; *evaluated* maps ids to next change.

        Return how many of the transitions are new, by (stage, change).
        """

    def load_transitions(self, tenant: str, since: datetime, until: datetime) -> list[TransitionRecord]:
        """Transitions seen in [since, until), oldest first."""

    def count_transitions(self, tenant: str) -> dict[tuple[int, str], int]:
        """How many transitions there ever were, by (stage, change)."""

    def enqueue(self, notifications: Sequence[Notification]) -> int:
        """Put notifications into the outbox, those with a known key left alone; return how many are new."""

    def claim_notifications(self, now: datetime, *, limit: int, lease: timedelta) -> list[Notification]: ...
    def mark_sent(self, notification_id: int, now: datetime) -> None: ...
    def mark_failed(self, notification_id: int, now: datetime, *, error: str, retry_at: datetime | None) -> None: ...
    def outbox_state(self) -> tuple[int, datetime | None]:
        """How many notifications wait, and when the oldest of them was created."""

    def claim_run(self, job: str, period: str, now: datetime) -> bool:
        """Claim one run of a calendar job; True for the one caller that may do it."""

    def load_runs(self, job: str) -> list[tuple[str, datetime]]:
        """Past runs of a job as (period, claimed at), newest first."""

    def prune_polls(self, before: datetime) -> int: ...
    def close(self) -> None: ...


# --- the mailer ----------------------------------------------------------------------------------


class Mailer(Protocol):
    """Takes a message to its recipient or raises a DeliveryError."""

    def deliver(self, notification: Notification) -> None: ...


# --- progress, for the log and the metrics --------------------------------------------------------


class Observer(Protocol):
    """Told what happened; counts or logs it, never fails."""

    def count(self, name: str, value: float = 1, **labels: str) -> None: ...
    def observe(self, name: str, value: float, **labels: str) -> None: ...
    def set(self, name: str, value: float, **labels: str) -> None: ...


JsonDocument = dict[str, Any]


class Unobserved:
    """An observer that forgets."""

    def count(self, name: str, value: float = 1, **labels: str) -> None: ...
    def observe(self, name: str, value: float, **labels: str) -> None: ...
    def set(self, name: str, value: float, **labels: str) -> None: ...
