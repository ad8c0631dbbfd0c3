"""The archive of reports, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from slamon.ports import ArchivedFile, ArchivedReport, Notification, ReportRow, WantedReport
from slamon.store import archive
from slamon.store.sql.base import SqlPart


class SqlArchiveStore(SqlPart):
    """The ArchiveStore of `slamon.ports`."""

    def archive_report(
        self, report: ArchivedReport, body: bytes, files: Sequence[ArchivedFile], notifications: Sequence[Notification]
    ) -> int:
        with self._database.writing() as connection:
            return archive.archive(connection, report, body, files, notifications)

    def find_archived(self, tenant: str, keys: Collection[str]) -> set[str]:
        with self._database.reading() as connection:
            return archive.find(connection, tenant, keys)

    def find_report(self, wanted: WantedReport, known_by: datetime) -> ArchivedReport | None:
        with self._database.reading() as connection:
            return archive.find_known(connection, wanted, known_by)

    def load_last_end(
        self, tenant: str, name: str, before: datetime, about: tuple[str, str] | None = None
    ) -> datetime | None:
        with self._database.reading() as connection:
            return archive.load_last_end(connection, tenant, name, before, about)

    def load_report(self, tenant: str, key: str) -> bytes:
        with self._database.reading() as connection:
            return archive.load_body(connection, tenant, key)

    def load_report_files(self, tenant: str, key: str) -> list[ArchivedFile]:
        with self._database.reading() as connection:
            return archive.load_files(connection, tenant, key)

    def load_reports(self, limit: int, tenants: Collection[str] = ()) -> list[ReportRow]:
        with self._database.reading() as connection:
            return archive.load_rows(connection, limit, tenants)
