"""Set-up tables that hold other tables: boards, SLAs, holiday lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from slamon.connectwise.api.collection import Collection
from slamon.connectwise.records import HolidayRecord, SlaPriorityRecord, StatusRecord

R = TypeVar("R")


@dataclass(frozen=True)
class Boards(Collection[R]):
    """Service boards: `client.boards`, inactive ones included."""

    def statuses(self, board_id: int) -> Collection[StatusRecord]:
        """Return a board's statuses, inactive ones included; `escalation_status` says what each does to the clock."""
        return Collection(self.wire, "/service/boards/{board}/statuses", StatusRecord, {"board": board_id})

    def types(self, board_id: int) -> Collection[dict[str, Any]]:
        """Return a board's ticket types, with all their fields."""
        return Collection(self.wire, "/service/boards/{board}/types", dict, {"board": board_id})

    def teams(self, board_id: int) -> Collection[dict[str, Any]]:
        """Return a board's teams, with all their fields."""
        return Collection(self.wire, "/service/boards/{board}/teams", dict, {"board": board_id})


@dataclass(frozen=True)
class Slas(Collection[R]):
    """SLAs: `client.slas`. Goals are hours."""

    def priorities(self, sla_id: int) -> Collection[SlaPriorityRecord]:
        """Return an SLA's rows by priority, which come before its own goals."""
        return Collection(self.wire, "/service/SLAs/{sla}/priorities", SlaPriorityRecord, {"sla": sla_id})


@dataclass(frozen=True)
class HolidayLists(Collection[R]):
    """Holiday lists: `client.holiday_lists`."""

    def holidays(self, list_id: int) -> Collection[HolidayRecord]:
        """Return the rows of a holiday list; each year has rows of its own."""
        return Collection(self.wire, "/schedule/holidayLists/{list}/holidays", HolidayRecord, {"list": list_id})
