"""Rules of their own of set-up tables: boards, SLAs and holidays."""

from slamon.simulator.errors import Problem
from slamon.simulator.records import Records, complete
from slamon.simulator.values import required
from slamon.simulator.world import Row

FIRST_STATUSES = (("New", "NotResponded", False), (">Closed", "Resolved", True))


class Boards(Records):
    """`/service/boards`: a new board comes with a first and a last status."""

    def wrote(self, row: Row, action: str) -> None:
        """Give a new board its statuses."""
        super().wrote(row, action)
        if action == "added":
            for order, (name, level, closed) in enumerate(FIRST_STATUSES):
                self._add_status(row, order, {"name": name, "escalationStatus": level, "closedStatus": closed})

    def _add_status(self, board: Row, order: int, given: Row) -> None:
        given |= {"sortOrder": order, "defaultFlag": order == 0, "board": self.world.reference("board", board["id"])}
        row = {"id": self.world.next_id("statuses"), **complete("BoardStatus", given), "_info": board["_info"]}
        self.world.add("statuses", row)


class Slas(Records):
    """`/service/SLAs`: a custom calendar must be named."""

    def inspect(self, row: Row, old: Row | None) -> list[Problem]:  # noqa: ARG002 - the signature is that of all collections
        """Return a reason if the SLA counts on a calendar it does not name."""
        custom = row["basedOn"] == "Custom" and "customCalendar" not in row
        return [required("customCalendar")] if custom else []


class Holidays(Records):
    """`/schedule/holidayLists/{id}/holidays`: a part of a day has a beginning and an end."""

    def inspect(self, row: Row, old: Row | None) -> list[Problem]:  # noqa: ARG002 - the signature is that of all collections
        """Return the times that are missing."""
        if row["allDayFlag"]:
            return []
        return [required(name) for name in ("timeStart", "timeEnd") if name not in row]


SPECIAL: dict[str, type[Records]] = {"Board": Boards, "SLA": Slas, "Holiday": Holidays}
