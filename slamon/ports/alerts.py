"""What is kept of alerts besides the messages: marks that were passed, and what people said of goals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from slamon.core.climb_news import Outcome
from slamon.core.intervention import Intervention
from slamon.core.ticket import Stage


@dataclass(frozen=True, slots=True)
class RungRecord:
    """A mark of one deadline, when it was passed, when slamon saw it, and what became of it."""

    ticket_id: int
    stage: Stage
    version: int
    mark: str
    at: datetime
    seen_at: datetime
    outcome: Outcome


class AlertStore(Protocol):
    """Marks and interventions; both only grow."""

    def load_marks(self, tenant: str, ids: Collection[int]) -> set[tuple[int, int, int, str]]:
        """The (ticket, stage, deadline version, mark) that are recorded of the tickets *ids*."""

    def load_rungs(self, tenant: str, ticket_id: int) -> list[RungRecord]:
        """What is recorded of one ticket, by when the marks were passed."""

    def save_interventions(self, tenant: str, said: Sequence[Intervention]) -> None: ...
    def load_interventions(self, tenant: str, ids: Collection[int]) -> dict[int, list[Intervention]]:
        """What was said of the tickets *ids*, of each in the order in which it was."""
