"""What the pages ask of the daemon they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from slamon.core.lint import Finding
from slamon.core.sight import Sight
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Store, WallTime


@dataclass(frozen=True, slots=True)
class Room:
    """One tenant, as the daemon knows it now.

    `unmapped` and `unpromised` are tickets with what is wrong with them; they and the findings are known to the
    daemon alone that watches the tenant, and None elsewhere. `trouble` is what the last try brought.
    """

    settings: TenantSettings
    zone: ZoneInfo
    sight: Sight
    trouble: str = ""
    unmapped: Mapping[int, str] | None = None
    unpromised: Mapping[int, str] | None = None
    findings: Sequence[Finding] | None = None

    @property
    def read_at(self) -> datetime:
        """When the clocks are read: now, or when the tenant was last seen. Nothing new is said of a blind one."""
        return self.sight.blind_since or self.sight.as_of


class House(Protocol):
    """The daemon."""

    @property
    def store(self) -> Store: ...
    @property
    def wall(self) -> WallTime: ...
    @property
    def has_mailbox(self) -> bool:
        """Whether there are mails to look at, as in a demo."""

    def rooms(self) -> Mapping[str, Room]:
        """The tenants by name, in the order of the configuration; empty while nothing is put to work yet."""

    def reasons(self) -> list[str]:
        """Why it is not ready, one line each."""
