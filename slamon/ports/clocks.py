"""What is kept of the clocks: readings, when to look again, and transitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from slamon.core.reading import Reading
from slamon.core.ticket import Ticket
from slamon.core.transition import Transition
from slamon.ports.alerts import RungRecord
from slamon.ports.open_columns import OpenColumns
from slamon.ports.outbox import Notification


@dataclass(frozen=True, slots=True)
class Tracked:
    """A ticket with its newest reading."""

    ticket: Ticket
    reading: Reading


@dataclass(frozen=True, slots=True)
class TransitionRecord:
    """A transition as stored, with when slamon came to know of it and the ticket it belongs to."""

    transition: Transition
    seen_at: datetime
    ticket: Ticket


class ClockStore(Protocol):
    """Readings and transitions. Each `save_*` is one transaction: all of it or nothing."""

    def load_position(self, tenant: str) -> int:
        """How far the tenant's events go; given back to `save_evaluation`, it keeps what came meanwhile due."""

    def load_due_ids(self, tenant: str, now: datetime) -> set[int]:
        """Open tickets whose reading may have changed: new events, or `next_change_at` at or before *now*."""

    def load_next_change(self, tenant: str) -> datetime | None:
        """The earliest `next_change_at` of all tickets; the past if one is due."""

    def load_readings(self, tenant: str, ids: Collection[int]) -> dict[int, Reading]: ...
    def load_readings_at(self, tenant: str, at: datetime) -> list[Reading]:
        """Of each ticket with a goal open at *at* the newest reading stored at or before it, by id."""

    def load_first_reading_at(self, tenant: str) -> datetime | None:
        """The earliest `as_of` of all readings that are kept."""

    def load_open_columns(self, tenant: str) -> OpenColumns:
        """All tickets that are not closed, by id; those never read are absent."""

    def load_open_columns_of(self, tenant: str, ids: Collection[int]) -> OpenColumns:
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
        rungs: Sequence[RungRecord] = (),
        position: int | None = None,
    ) -> Counter[tuple[int, str]]:
        """Store readings that changed, transitions, marks and their notifications; *evaluated* maps ids to next change.

        Return how many of the transitions are new, by (stage, change).
        """

    def load_transitions(self, tenant: str, since: datetime, until: datetime) -> list[TransitionRecord]:
        """Transitions seen in [since, until), oldest first."""

    def count_transitions(self, tenant: str) -> dict[tuple[int, str], int]:
        """How many transitions there ever were, by (stage, change)."""
