"""What slamon knows of a service desk besides its tickets: boards, statuses, priorities, agreements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from slamon.core.rules import Window
from slamon.core.ticket import Level

BasedOn = Literal["MyCalendar", "Customer", "AllHours", "Custom"]


@dataclass(frozen=True, slots=True)
class Board:
    id: int
    name: str
    project: bool = False


@dataclass(frozen=True, slots=True)
class BoardStatus:
    """A status of one board. `level` is None where the source gave no escalation status."""

    id: int
    board_id: int
    name: str
    level: Level | None
    closed: bool = False


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
    """A ConnectWise SLA. `rows` are its SLAPriority rows by priority id; `goals` hold without one."""

    id: int
    name: str
    based_on: BasedOn
    goals: GoalHours
    rows: Mapping[int, GoalHours] = field(default_factory=dict)
    custom_calendar_id: int | None = None
    default: bool = False


@dataclass(frozen=True, slots=True)
class Holiday:
    """A row of a ConnectWise holiday list; `window` None means the whole day."""

    on: date
    name: str
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class SourceCalendar:
    """A ConnectWise calendar: one span a day (None: closed), Monday first, no time zone."""

    id: int
    name: str
    week: tuple[Window | None, ...]
    holidays: tuple[Holiday, ...] = ()


@dataclass(frozen=True, slots=True)
class Company:
    id: int
    identifier: str
    name: str
    calendar_id: int | None = None
    zone: str | None = None  # IANA name, where ConnectWise's time zone set-up could be mapped to one
    custom_fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reference:
    """All reference data of one tenant, fetched together. Mappings are keyed by id."""

    boards: Mapping[int, Board]
    statuses: Mapping[int, BoardStatus]
    priorities: Mapping[int, Priority]
    slas: Mapping[int, Sla]
    calendars: Mapping[int, SourceCalendar]
    companies: Mapping[int, Company]
    default_calendar_id: int | None = None
    server_zone: str | None = None  # IANA name
    warnings: tuple[str, ...] = ()  # what was odd and how it was read, one line each
