"""The seams: what the jobs need from the outside, as Protocols and the values that cross them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self

from slamon.ports.alerts import AlertStore, RungRecord
from slamon.ports.archive import ArchivedFile, ArchivedReport, ArchiveStore, Delivery, ReportRow, WantedReport
from slamon.ports.clocks import ClockStore, Tracked, TransitionRecord
from slamon.ports.goals import By, GoalStore
from slamon.ports.history import HistoryRow, HistoryStore, Poll, UnreadTrail, Versions
from slamon.ports.leases import Lease, LeaseStore, Watcher
from slamon.ports.lives import LifeRow, LifeStore, Recompute
from slamon.ports.observer import JsonDocument, Observer, Unobserved
from slamon.ports.open_columns import NEVER, GoalRow, Look, OpenColumns, OpenRow, columns_from, columns_of
from slamon.ports.outbox import Channel, Notification, OutboxRow, OutboxState, OutboxStore, Session, Settled, Told
from slamon.ports.outcomes import GoalTotal, OutcomeStore
from slamon.ports.record import RESTORED, RecordStore
from slamon.ports.retention import OldKind, OldRows, RetentionStore
from slamon.ports.source import AuditEntry, Batch, Rejection, Sighting, TicketSource
from slamon.ports.time import Timekeeper, Unmoved, WallTime


class Store(
    HistoryStore,
    ClockStore,
    AlertStore,
    OutcomeStore,
    GoalStore,
    LifeStore,
    OutboxStore,
    RecordStore,
    LeaseStore,
    RetentionStore,
    ArchiveStore,
    Protocol,
):
    """Where everything is kept."""

    def held_by(self, lease_of: Callable[[str], Lease]) -> Self:
        """Return the same store, in which what is written of a tenant is written only while its lease holds.

        *lease_of* is asked at each write; it and the write may raise a LeaseLostError.
        """

    def close(self) -> None: ...


__all__ = [
    "NEVER",
    "RESTORED",
    "AlertStore",
    "ArchiveStore",
    "ArchivedFile",
    "ArchivedReport",
    "AuditEntry",
    "Batch",
    "By",
    "Channel",
    "ClockStore",
    "Delivery",
    "GoalRow",
    "GoalStore",
    "GoalTotal",
    "HistoryRow",
    "HistoryStore",
    "JsonDocument",
    "Lease",
    "LeaseStore",
    "LifeRow",
    "LifeStore",
    "Look",
    "Notification",
    "Observer",
    "OldKind",
    "OldRows",
    "OpenColumns",
    "OpenRow",
    "OutboxRow",
    "OutboxState",
    "OutboxStore",
    "OutcomeStore",
    "Poll",
    "Recompute",
    "RecordStore",
    "Rejection",
    "ReportRow",
    "RetentionStore",
    "RungRecord",
    "Session",
    "Settled",
    "Sighting",
    "Store",
    "TicketSource",
    "Timekeeper",
    "Told",
    "Tracked",
    "TransitionRecord",
    "Unmoved",
    "Unobserved",
    "UnreadTrail",
    "Versions",
    "WallTime",
    "WantedReport",
    "Watcher",
    "columns_from",
    "columns_of",
]
