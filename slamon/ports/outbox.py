"""Messages on their way: where they wait, and who takes them to their recipients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one recipient, as it stands in the outbox. `key` makes it happen once."""

    key: str
    tenant: str
    kind: str  # near_breach, breached, report, restored, canary
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


class OutboxStore(Protocol):
    """Where messages wait until they are delivered. Each call is one transaction."""

    def enqueue(self, notifications: Sequence[Notification]) -> int:
        """Put notifications into the outbox, those with a known key left alone; return how many are new."""

    def claim_notifications(self, now: datetime, *, limit: int, lease: timedelta) -> list[Notification]: ...
    def mark_sent(self, notification_id: int, now: datetime) -> None: ...
    def mark_failed(self, notification_id: int, now: datetime, *, error: str, retry_at: datetime | None) -> None: ...
    def load_sent_at(self, tenant: str, key: str) -> datetime | None:
        """When a notification was accepted; None if it was not."""

    def retire_canaries(self, before: datetime, *, keep: timedelta) -> None:
        """Give up the canaries made before *before* that wait, and forget those that ended *keep* before it."""

    def load_held(self, tenant: str, restored_at: datetime) -> list[str]:
        """The subjects of what waited in the backup that was restored then, and was therefore not sent."""

    def outbox_state(self) -> tuple[int, datetime | None]:
        """How many notifications wait, and when the oldest of them was created."""


class Mailer(Protocol):
    """Takes a message to its recipient or raises a DeliveryError."""

    def deliver(self, notification: Notification) -> None: ...
