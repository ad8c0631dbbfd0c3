"""What things went by: versions of rules and reference data, and runs of calendar jobs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from slamon.core.policy import Terms
from slamon.core.reference import Reference
from slamon.core.rules import CalendarRules
from slamon.core.status_map import StatusMap

RESTORED = "restored"  # the job whose runs tell of restored backups: a run's period is when the backup was made


class RecordStore(Protocol):
    """Versions, known by their content, and runs of jobs."""

    def save_versions(self, terms: Mapping[str, Terms], calendars: Mapping[str, CalendarRules]) -> None: ...
    def save_reference(self, version: str, reference: Reference) -> None: ...
    def save_status_map(self, version: str, status_map: StatusMap) -> None: ...
    def load_status_maps(self, versions: Collection[str]) -> dict[str, StatusMap]: ...
    def load_reference(self, version: str) -> Reference | None: ...
    def load_terms(self, versions: Collection[str]) -> dict[str, Terms]: ...
    def load_calendars(self, versions: Collection[str]) -> dict[str, CalendarRules]: ...
    def find_calendars(self, name: str) -> list[tuple[str, CalendarRules, datetime]]:
        """Every version of the calendar called *name*, as (version, rules, first seen at), newest first."""

    def name_calendars(self) -> list[str]: ...

    def claim_run(self, job: str, period: str, now: datetime) -> bool:
        """Claim one run of a calendar job; True for the one caller that may do it."""

    def set_back_run(self, job: str, period: str, now: datetime) -> None:
        """Have a run claimed after *now* be claimed at *now*."""

    def load_runs(self, job: str) -> list[tuple[str, datetime]]:
        """Past runs of a job as (period, claimed at), newest first."""
