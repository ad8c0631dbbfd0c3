"""The seams: what the jobs need from the outside, as Protocols and the values that cross them."""

from __future__ import annotations

from typing import Protocol

from slamon.ports.clocks import ClockStore, GoalRow, OpenRow, Tracked, TransitionRecord
from slamon.ports.history import HistoryRow, HistoryStore, Poll, UnreadTrail
from slamon.ports.observer import JsonDocument, Observer, Unobserved
from slamon.ports.outbox import Mailer, Notification, OutboxStore
from slamon.ports.record import RecordStore
from slamon.ports.source import AuditEntry, Batch, Rejection, Sighting, TicketSource
from slamon.ports.time import WallTime


class Store(HistoryStore, ClockStore, OutboxStore, RecordStore, Protocol):
    """Where everything is kept."""

    def close(self) -> None: ...


__all__ = [
    "AuditEntry",
    "Batch",
    "ClockStore",
    "GoalRow",
    "HistoryRow",
    "HistoryStore",
    "JsonDocument",
    "Mailer",
    "Notification",
    "Observer",
    "OpenRow",
    "OutboxStore",
    "Poll",
    "RecordStore",
    "Rejection",
    "Sighting",
    "Store",
    "TicketSource",
    "Tracked",
    "TransitionRecord",
    "Unobserved",
    "UnreadTrail",
    "WallTime",
]
