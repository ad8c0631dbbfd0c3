"""Versions and runs, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from slamon.core.policy import Terms
from slamon.core.reference import Reference
from slamon.core.rules import CalendarRules
from slamon.core.status_map import StatusMap
from slamon.store import versions as contents
from slamon.store.sql.base import SqlPart


class SqlRecordStore(SqlPart):
    """The RecordStore of `slamon.ports`."""

    def save_versions(self, terms: Mapping[str, Terms], calendars: Mapping[str, CalendarRules]) -> None:
        with self._database.writing() as connection:
            contents.save_versions(connection, terms, calendars)

    def save_reference(self, version: str, reference: Reference) -> None:
        with self._database.writing() as connection:
            contents.save_reference(connection, version, reference)

    def save_status_map(self, version: str, status_map: StatusMap) -> None:
        with self._database.writing() as connection:
            contents.save_status_map(connection, version, status_map)

    def load_status_maps(self, versions: Collection[str]) -> dict[str, StatusMap]:
        with self._database.reading() as connection:
            return contents.load_status_maps(connection, versions)

    def load_reference(self, version: str) -> Reference | None:
        with self._database.reading() as connection:
            return contents.load_reference(connection, version)

    def load_terms(self, versions: Collection[str]) -> dict[str, Terms]:
        with self._database.reading() as connection:
            return contents.load_terms(connection, versions)

    def find_calendars(self, name: str) -> list[tuple[str, CalendarRules, datetime]]:
        with self._database.reading() as connection:
            return contents.find_calendars(connection, name)

    def name_calendars(self) -> list[str]:
        with self._database.reading() as connection:
            return contents.name_calendars(connection)

    def load_calendars(self, versions: Collection[str]) -> dict[str, CalendarRules]:
        with self._database.reading() as connection:
            return contents.load_calendars(connection, versions)

    def claim_run(self, job: str, period: str, now: datetime) -> bool:
        with self._database.writing() as connection:
            return contents.claim_run(connection, job, period, now)

    def set_back_run(self, job: str, period: str, now: datetime) -> None:
        with self._database.writing() as connection:
            contents.set_back_run(connection, job, period, now)

    def load_runs(self, job: str) -> list[tuple[str, datetime]]:
        with self._database.reading() as connection:
            return contents.load_runs(connection, job)
