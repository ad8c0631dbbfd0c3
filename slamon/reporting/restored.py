"""What the mail after a restore is made of: `restored.*`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from slamon.core.ticket import Stage, Ticket
from slamon.reporting.context import safe_link

MOST_LISTED = 100  # rows of a kind; the rest is counted


@dataclass(frozen=True, slots=True)
class RestoredRow:
    """One goal that broke, or came near it, at `at`; `ticket_url` is built from configuration, never from a ticket."""

    ticket: Ticket
    stage: Stage
    broke: bool
    at: datetime
    ticket_url: str = ""

    @property
    def link(self) -> str:
        return safe_link(self.ticket_url)


@dataclass(frozen=True, slots=True)
class RestoredMail:
    """What happened between a backup and its restore. `held` are subjects of mails that were not sent again."""

    tenant: str
    made_at: datetime
    restored_at: datetime
    rows: tuple[RestoredRow, ...]
    held: tuple[str, ...]
    zone: ZoneInfo

    @property
    def broken(self) -> tuple[RestoredRow, ...]:
        return tuple(row for row in self.rows if row.broke)

    @property
    def listed(self) -> tuple[RestoredRow, ...]:
        return self.rows[:MOST_LISTED]

    @property
    def listed_held(self) -> tuple[str, ...]:
        return self.held[:MOST_LISTED]
