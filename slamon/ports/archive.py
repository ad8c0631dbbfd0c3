"""Reports that were sent: as data and as files, so that each can be shown again as it was."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from slamon.ports.outbox import Notification


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """One file of a report."""

    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class ArchivedReport:
    """A report without its content. `key` makes it happen once; `name` is that of its [[report]]."""

    key: str
    tenant: str
    name: str
    kind: str
    by: str  # company, board ... and `of` its name; both empty: all of the tenant
    of: str
    period: str
    zone: str
    denominator: str
    begins_at: datetime
    ends_at: datetime
    known_at: datetime
    made_at: datetime
    late: bool
    sha256: str  # of the encoded report


@dataclass(frozen=True, slots=True)
class WantedReport:
    """What a report is about, whoever asked for it."""

    tenant: str
    kind: str
    by: str
    of: str
    begins_at: datetime
    ends_at: datetime
    zone: str
    denominator: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a report's message to one recipient."""

    channel: str
    recipient: str
    state: str
    finished_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report in the archive: its files with their sizes in bytes, and how it was delivered."""

    report: ArchivedReport
    files: tuple[tuple[str, int], ...]
    deliveries: tuple[Delivery, ...]


class ArchiveStore(Protocol):
    """Where reports are kept. Each call is one transaction."""

    def archive_report(
        self, report: ArchivedReport, body: bytes, files: Sequence[ArchivedFile], notifications: Sequence[Notification]
    ) -> int:
        """Keep a report and put what tells of it into the outbox, at once; nothing if its key is known.

        Return how many messages are new.
        """

    def find_archived(self, tenant: str, keys: Collection[str]) -> set[str]:
        """The keys, of *keys*, that are in the archive."""

    def find_report(self, wanted: WantedReport, known_by: datetime) -> ArchivedReport | None:
        """The newest such report that was known at or before *known_by*."""

    def load_last_end(
        self, tenant: str, name: str, before: datetime, about: tuple[str, str] | None = None
    ) -> datetime | None:
        """The newest end before *before* of a period that the report *name* told of; None if it told of none.

        *about*, a fact and a name of it, is the one of its scopes that counts; without it all do.
        """

    def load_report(self, tenant: str, key: str) -> bytes:
        """The encoded report; a StoreError if it is not what was archived."""

    def load_report_files(self, tenant: str, key: str) -> list[ArchivedFile]: ...
    def load_reports(self, limit: int, tenants: Collection[str] = ()) -> list[ReportRow]:
        """Up to *limit* reports, the newest first; without *tenants* of all."""
