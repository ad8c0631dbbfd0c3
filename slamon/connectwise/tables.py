"""The set-up tables of one tenant, read into `Reference`. What is odd becomes a warning, one line each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast, get_args

from slamon.clean import clean_line, shown
from slamon.connectwise import records
from slamon.connectwise.api.records import MemberRecord
from slamon.connectwise.calendars import read_calendar
from slamon.connectwise.payload import read_custom_fields
from slamon.connectwise.zones import iana_zone
from slamon.core.policy import NO_PERCENTS, Percents
from slamon.core.reference import (
    Agreement,
    BasedOn,
    Board,
    BoardStatus,
    Company,
    GoalHours,
    Member,
    Priority,
    Reference,
    Sla,
    Team,
)
from slamon.core.ticket import Level, Ref

# One plain address, as a header takes it: no name, no list, nothing beyond ASCII.
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,180}[A-Za-z0-9])?")
LEVELS = {
    "notresponded": Level.NOT_RESPONDED,
    "responded": Level.RESPONDED,
    "resolutionplan": Level.RESOLUTION_PLAN,
    "resolved": Level.RESOLVED,
    "noescalation": Level.WAITING,
}


@dataclass(frozen=True, slots=True)
class Tables:
    """All rows as fetched; nested lists by the id of what they belong to. `warnings` come from the fetch."""

    boards: list[records.BoardRecord]
    priorities: list[records.PriorityRecord]
    statuses: Mapping[int, list[records.StatusRecord]]
    slas: list[records.SlaRecord] = field(default_factory=list)
    sla_rows: Mapping[int, list[records.SlaPriorityRecord]] = field(default_factory=dict)
    calendars: list[records.CalendarRecord] = field(default_factory=list)
    holidays: Mapping[int, list[records.HolidayRecord]] = field(default_factory=dict)
    companies: list[records.CompanyRecord] = field(default_factory=list)
    agreements: list[records.AgreementRecord] = field(default_factory=list)
    zones: list[records.ZoneRecord] = field(default_factory=list)
    members: list[MemberRecord] = field(default_factory=list)
    teams: Mapping[int, list[records.TeamRecord]] = field(default_factory=dict)
    defaults: records.DefaultsRecord | None = None
    server_zone_name: str | None = None
    unread: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()


def read_reference(tables: Tables) -> Reference:
    """Return the reference data that *tables* hold."""
    warnings = list(tables.warnings)
    zones = {zone.id: _zone_of_setup(zone) for zone in tables.zones}
    return Reference(
        boards={row.id: _board(row) for row in tables.boards},
        statuses={
            row.id: _status(board_id, row, warnings) for board_id, rows in tables.statuses.items() for row in rows
        },
        priorities={row.id: _priority(row, warnings) for row in tables.priorities},
        slas={
            row.id: sla
            for row in tables.slas
            if (sla := _sla(row, tables.sla_rows.get(row.id, ()), warnings)) is not None
        },
        calendars={
            row.id: read_calendar(row, tables.holidays.get(ref_id(row.holiday_list) or 0, ()), warnings)
            for row in tables.calendars
        },
        companies=_companies(tables.companies, zones, warnings),
        default_calendar_id=ref_id(tables.defaults.default_calendar) if tables.defaults else None,
        server_zone=_server_zone(tables, zones, warnings),
        agreements={row.id: _agreement(row) for row in tables.agreements if not row.cancelled_flag},
        members={row.id: _member(row) for row in tables.members},
        teams={row.id: _team(board_id, row) for board_id, rows in tables.teams.items() for row in rows},
        unread=tables.unread,
        warnings=tuple(warnings),  # evaluated last, when all of them are in
    )


def ref_id(reference: records.Reference | None) -> int | None:
    """Return the id of a reference that may be missing, or empty."""
    return (reference.id or None) if reference is not None else None


def _ref(reference: records.Reference | None) -> Ref | None:
    return None if reference is None or not reference.id else Ref(reference.id, clean_line(reference.name))


def _board(row: records.BoardRecord) -> Board:
    manager = ref_id(row.service_manager_member)
    return Board(row.id, clean_line(row.name), bool(row.project_flag), bool(row.inactive_flag), manager)


def _member(row: MemberRecord) -> Member:
    """Return a member with the address that is theirs by default; what is no plain address is none."""
    named = (clean_line(row.primary_email), clean_line(row.office_email))
    email = next((address for address in named if _ADDRESS.fullmatch(address)), "")
    return Member(row.id, clean_line(row.identifier), email, bool(row.inactive_flag))


def _team(board_id: int, row: records.TeamRecord) -> Team:
    return Team(row.id, board_id, clean_line(row.name), ref_id(row.team_leader))


def _agreement(row: records.AgreementRecord) -> Agreement:
    return Agreement(row.id, clean_line(row.name), ref_id(row.company), _ref(row.type), _ref(row.sla))


def _status(board_id: int, row: records.StatusRecord, warnings: list[str]) -> BoardStatus:
    name = row.escalation_status or ""
    level = LEVELS.get(name.strip().lower())
    if name and level is None:
        warnings.append(f"status {row.id} {shown(row.name)}: escalation status {shown(name)} is not known")
    return BoardStatus(
        row.id,
        board_id,
        clean_line(row.name),
        level,
        bool(row.closed_status),
        bool(row.inactive),
        bool(row.default_flag),
    )


def _priority(row: records.PriorityRecord, warnings: list[str]) -> Priority:
    if row.sort_order is None:
        warnings.append(f"priority {row.id} {shown(row.name)}: has no sort order; it is shown first")
    return Priority(row.id, clean_line(row.name), row.sort_order or 0)


def _sla(row: records.SlaRecord, rows: Iterable[records.SlaPriorityRecord], warnings: list[str]) -> Sla | None:
    based_on = next((b for b in get_args(BasedOn) if b.lower() == (row.based_on or "").strip().lower()), None)
    if based_on is None:
        warnings.append(
            f"SLA {row.id} {shown(row.name)}: left out, it is based on {shown(row.based_on)}, which is not known"
        )
        return None
    of_priority = {priority: goal for goal in rows if (priority := ref_id(goal.priority)) is not None}
    custom_calendar = ref_id(row.custom_calendar)
    if based_on == "Custom" and custom_calendar is None:
        warnings.append(f"SLA {row.id} {shown(row.name)}: is based on a custom calendar but names none")
    return Sla(
        row.id,
        clean_line(row.name),
        cast("BasedOn", based_on),
        _goals(row),
        {priority: _goals(goal) for priority, goal in of_priority.items()},
        custom_calendar,
        bool(row.default_flag),
        _percents(row),
        tuple((key, own) for key, goal in sorted(of_priority.items()) if (own := _percents(goal)) != NO_PERCENTS),
    )


def _goals(row: records.SlaRecord | records.SlaPriorityRecord) -> GoalHours:
    return GoalHours(row.respond_hours, row.plan_within, row.resolution_hours)


def _percents(row: records.SlaRecord | records.SlaPriorityRecord) -> Percents:
    """Return the shares of goals to be met; ConnectWise stores "none" as zero, and what is no share is none."""
    found = (row.respond_percent, row.plan_within_percent, row.resolution_percent)
    return Percents(*(percent if percent is not None and 0 < percent <= 100 else None for percent in found))


def _zone_of_setup(row: records.ZoneRecord) -> str | None:
    """Return the IANA zone of a tenant's own name: by the zone it stands for, else by the name itself."""
    return iana_zone(row.time_zone.name if row.time_zone else None) or iana_zone(row.name)


def _zone_of(reference: records.Reference | None, zones: Mapping[int, str | None]) -> str | None:
    if reference is None:
        return None
    return zones.get(reference.id or 0) or iana_zone(reference.name)


def _companies(
    rows: Iterable[records.CompanyRecord], zones: Mapping[int, str | None], warnings: list[str]
) -> dict[int, Company]:
    unknown: dict[str, int] = {}
    companies: dict[int, Company] = {}
    for row in rows:
        zone = _zone_of(row.time_zone_setup, zones)
        if zone is None and row.time_zone_setup is not None:
            name = shown(row.time_zone_setup.name)
            unknown[name] = unknown.get(name, 0) + 1
        companies[row.id] = Company(
            row.id,
            clean_line(row.identifier),
            clean_line(row.name),
            ref_id(row.calendar),
            zone,
            dict(read_custom_fields(row.custom_fields)),
            ref_id(row.territory_manager),
        )
    warnings.extend(
        f"time zone {name} of {count} companies is not known; name their zone in slamon's settings"
        for name, count in sorted(unknown.items())
    )
    return companies


def _server_zone(tables: Tables, zones: Mapping[int, str | None], warnings: list[str]) -> str | None:
    """Return the server's zone: from the company defaults, else from the system information; never a guess."""
    named = tables.defaults.server_time_zone if tables.defaults else None
    reference = records.Reference(name=named) if isinstance(named, str) else named
    zone = _zone_of(reference, zones) or iana_zone(tables.server_zone_name)
    if zone is None:
        names = [reference.name if reference else None, tables.server_zone_name]
        told = " or ".join(shown(name) for name in names if name) or "nothing"
        warnings.append(
            f"server time zone: ConnectWise says {told}, which is not a known zone;"
            " name the zone of its calendars in slamon's settings"
        )
    return zone
