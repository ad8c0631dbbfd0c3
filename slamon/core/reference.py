"""What slamon knows of a service desk besides its tickets: boards, statuses, priorities, agreements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from slamon.core.policy import NO_PERCENTS, Percents
from slamon.core.rules import Window
from slamon.core.ticket import Level, Ref

BasedOn = Literal["MyCalendar", "Customer", "AllHours", "Custom"]


@dataclass(frozen=True, slots=True)
class Board:
    id: int
    name: str
    project: bool = False
    inactive: bool = False
    manager_id: int | None = None  # its service manager, a member


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works at the desk. `email` is empty where none can be mailed to."""

    id: int
    identifier: str
    email: str = ""
    inactive: bool = False


@dataclass(frozen=True, slots=True)
class Team:
    """A team of one board, and the member who leads it."""

    id: int
    board_id: int
    name: str
    leader_id: int | None = None


@dataclass(frozen=True, slots=True)
class BoardStatus:
    """A status of one board. `level` is None where the source gave no escalation status."""

    id: int
    board_id: int
    name: str
    level: Level | None
    closed: bool = False
    inactive: bool = False
    default: bool = False  # what a new ticket on the board starts in


@dataclass(frozen=True, slots=True)
class Priority:
    id: int
    name: str
    sort: int


@dataclass(frozen=True, slots=True)
class GoalHours:
    """Respond, plan and resolve goals in hours, fractions allowed; None is no target."""

    respond: float | None = None
    plan: float | None = None
    resolve: float | None = None


@dataclass(frozen=True, slots=True)
class Sla:
    """A ConnectWise SLA. `rows` are its SLAPriority rows by priority id; `goals` hold without one.

    So do `percents`, and `row_percents` are those of its rows, as pairs of a priority id and what it has.
    """

    id: int
    name: str
    based_on: BasedOn
    goals: GoalHours
    rows: Mapping[int, GoalHours] = field(default_factory=dict)
    custom_calendar_id: int | None = None
    default: bool = False
    percents: Percents = NO_PERCENTS
    row_percents: tuple[tuple[int, Percents], ...] = ()

    def percents_for(self, priority_id: int | None) -> Percents:
        """Return the percents of the priority's row; where it names none, those of the SLA."""
        return dict(self.row_percents).get(priority_id or 0, NO_PERCENTS).over(self.percents)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A row of a ConnectWise holiday list; `window` None means the whole day."""

    on: date
    name: str
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class OddDay:
    """Hours of a day of the week (0 is Monday) that do not mean what they say: `refused` ones count nothing."""

    day: int
    written: str
    refused: bool


@dataclass(frozen=True, slots=True)
class SourceCalendar:
    """A ConnectWise calendar: one span a day (None: closed), Monday first, no time zone.

    `holiday_list` is None where the calendar names none.
    """

    id: int
    name: str
    week: tuple[Window | None, ...]
    holidays: tuple[Holiday, ...] = ()
    holiday_list: Ref | None = None
    odd_days: tuple[OddDay, ...] = ()


@dataclass(frozen=True, slots=True)
class Company:
    id: int
    identifier: str
    name: str
    calendar_id: int | None = None
    zone: str | None = None  # IANA name, where ConnectWise's time zone set-up could be mapped to one
    custom_fields: Mapping[str, str] = field(default_factory=dict)
    manager_id: int | None = None  # its territory manager, a member


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement in force; `sla` is what it promises, None for the default SLA."""

    id: int
    name: str
    company_id: int | None = None
    type: Ref | None = None
    sla: Ref | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """All reference data of one tenant, fetched together. Mappings are keyed by id.

    `unread` names the tables that may not be read; they are empty here for that reason only.
    """

    boards: Mapping[int, Board]
    statuses: Mapping[int, BoardStatus]
    priorities: Mapping[int, Priority]
    slas: Mapping[int, Sla]
    calendars: Mapping[int, SourceCalendar]
    companies: Mapping[int, Company]
    default_calendar_id: int | None = None
    server_zone: str | None = None  # IANA name
    agreements: Mapping[int, Agreement] = field(default_factory=dict)
    members: Mapping[int, Member] = field(default_factory=dict)
    teams: Mapping[int, Team] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()  # what was odd and how it was read, one line each
