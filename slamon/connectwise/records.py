"""ConnectWise's documents as they come over the wire: the fields slamon needs, by their own names.

Unknown fields are ignored and null ones read as absent, which is how ConnectWise itself leaves
them out. Decoding is lax, so that ids given as numeric strings are read too. Dates stay texts here.
The garbage collector need not look at rows that come by the hundred thousand and hold no cycles.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct, field

Id = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Reference(Struct, rename="camel", gc=False):
    """A reference inside another record. `identifier` is a company's or member's, `sort` a priority's."""

    id: Id | None = None
    name: str | None = None
    identifier: str | None = None
    sort: int | None = None


class CustomField(Struct, rename="camel", gc=False):
    """A custom field; `value` is absent when empty, else a text, number or boolean."""

    caption: str | None = None
    value: Any = None


class TicketInfo(Struct, rename="camel", gc=False):
    """What a ticket's `_info` tells besides its links. The goals stand there on some servers only."""

    date_entered: Any = None
    last_updated: Any = None
    respond_goal: Any = field(name="sla_respond_by", default=None)
    plan_goal: Any = field(name="sla_plan_by", default=None)
    resolve_goal: Any = field(name="sla_resolve_by", default=None)


class TicketRecord(Struct, rename="camel", gc=False):
    """A row of `/service/tickets`."""

    id: Id
    summary: str | None = None
    record_type: str | None = None
    board: Reference | None = None
    status: Reference | None = None
    priority: Reference | None = None
    company: Reference | None = None
    agreement: Reference | None = None
    sla: Reference | None = None
    type: Reference | None = None
    team: Reference | None = None
    owner: Reference | None = None
    contact: Reference | None = None
    contact_name: str | None = None
    parent_ticket_id: Id | None = None
    merged_parent_ticket: Reference | None = None
    closed_flag: bool | None = None
    closed_date: str | None = None
    date_entered: str | None = None
    last_updated: str | None = None
    date_responded: str | None = None
    date_resplan: str | None = None
    date_resolved: str | None = None
    escalation_start: str | None = field(name="escalationStartDateUTC", default=None)
    sla_status: str | None = None
    is_in_sla: bool | None = None
    respond_goal: Any = field(name="respondByGoalUTC", default=None)
    plan_goal: Any = field(name="resplanGoalUTC", default=None)
    resolve_goal: Any = field(name="resolutionGoalUTC", default=None)
    respond_minutes: float | None = None
    res_plan_minutes: float | None = None
    resolve_minutes: float | None = None
    responded_skipped_minutes: float | None = None
    resplan_skipped_minutes: float | None = None
    custom_fields: list[CustomField] | None = None
    info: TicketInfo | None = field(name="_info", default=None)


# What is asked for. Nested names keep the links inside references out of every page;
# `_info` is left out by the server unless named.
TICKET_FIELDS = (
    *("id", "summary", "recordType", "board/id", "board/name", "status/id", "status/name"),
    *("priority/id", "priority/name", "priority/sort", "company/id", "company/identifier", "company/name"),
    *("agreement/id", "agreement/name", "sla/id", "sla/name", "type/id", "type/name", "team/id", "team/name"),
    *("owner/id", "owner/identifier", "owner/name", "contact/id", "contact/name", "contactName"),
    *("parentTicketId", "mergedParentTicket/id", "closedFlag", "closedDate"),
    *("dateResponded", "dateResplan", "dateResolved", "escalationStartDateUTC", "slaStatus", "isInSla"),
    *("respondMinutes", "resPlanMinutes", "resolveMinutes", "respondedSkippedMinutes"),
    *("resplanSkippedMinutes", "respondByGoalUTC", "resplanGoalUTC", "resolutionGoalUTC"),
    *("customFields", "_info"),
)
SIGHTING_FIELDS = ("id", "_info/lastUpdated")  # enough to know that a ticket is there, and whether it changed


class BoardRecord(Struct, rename="camel"):
    """A row of `/service/boards`."""

    id: Id
    name: str | None = None
    project_flag: bool | None = None
    inactive_flag: bool | None = None
    service_manager_member: Reference | None = None


class TeamRecord(Struct, rename="camel"):
    """A row of `/service/boards/{board}/teams`."""

    id: Id
    name: str | None = None
    team_leader: Reference | None = None
    board_id: Id | None = None


class StatusRecord(Struct, rename="camel"):
    """A row of `/service/boards/{board}/statuses`."""

    id: Id
    name: str | None = None
    closed_status: bool | None = None
    escalation_status: str | None = None
    inactive: bool | None = None
    default_flag: bool | None = None


class PriorityRecord(Struct, rename="camel"):
    """A row of `/service/priorities`."""

    id: Id
    name: str | None = None
    sort_order: int | None = None


class SlaRecord(Struct, rename="camel"):
    """A row of `/service/SLAs`. Goals are hours."""

    id: Id
    name: str | None = None
    based_on: str | None = None
    custom_calendar: Reference | None = None
    default_flag: bool | None = None
    respond_hours: float | None = None
    plan_within: float | None = None
    resolution_hours: float | None = None
    respond_percent: int | None = None
    plan_within_percent: int | None = None
    resolution_percent: int | None = None


class SlaPriorityRecord(Struct, rename="camel"):
    """A row of `/service/SLAs/{sla}/priorities`: goals in hours for one priority."""

    id: Id
    priority: Reference | None = None
    respond_hours: float | None = None
    plan_within: float | None = None
    resolution_hours: float | None = None
    respond_percent: int | None = None
    plan_within_percent: int | None = None
    resolution_percent: int | None = None


class CalendarRecord(Struct, rename="camel"):
    """A row of `/schedule/calendars`. Times are `HH:MM:SS`; a closed day has neither."""

    id: Id
    name: str | None = None
    holiday_list: Reference | None = None
    monday_start_time: str | None = None
    monday_end_time: str | None = None
    tuesday_start_time: str | None = None
    tuesday_end_time: str | None = None
    wednesday_start_time: str | None = None
    wednesday_end_time: str | None = None
    thursday_start_time: str | None = None
    thursday_end_time: str | None = None
    friday_start_time: str | None = None
    friday_end_time: str | None = None
    saturday_start_time: str | None = None
    saturday_end_time: str | None = None
    sunday_start_time: str | None = None
    sunday_end_time: str | None = None


class HolidayRecord(Struct, rename="camel"):
    """A row of `/schedule/holidayLists/{list}/holidays`."""

    id: Id
    name: str | None = None
    date: str | None = None
    all_day_flag: bool | None = None
    time_start: str | None = None
    time_end: str | None = None


class CompanyRecord(Struct, rename="camel"):
    """A row of `/company/companies`."""

    id: Id
    identifier: str | None = None
    name: str | None = None
    status: Reference | None = None
    deleted_flag: bool | None = None
    calendar: Reference | None = None
    time_zone_setup: Reference | None = None
    territory_manager: Reference | None = None
    custom_fields: list[CustomField] | None = None


class AgreementRecord(Struct, rename="camel"):
    """A row of `/finance/agreements`."""

    id: Id
    name: str | None = None
    company: Reference | None = None
    type: Reference | None = None
    sla: Reference | None = None
    cancelled_flag: bool | None = None


class ZoneRecord(Struct, rename="camel"):
    """A row of `/system/timeZoneSetups`: a name of the tenant's own for one of ConnectWise's time zones."""

    id: Id
    name: str | None = None
    time_zone: Reference | None = None


class DefaultsRecord(Struct, rename="camel"):
    """A row of `/system/myCompany/other`; some answer one object. The zone is a reference or a name."""

    id: Id | None = None
    default_calendar: Reference | None = None
    server_time_zone: Reference | str | None = None


class InfoRecord(Struct, rename="camel"):
    """The answer of `/system/info`."""

    version: str | None = None
    server_time_zone: str | None = None


class AuditRecord(Struct, rename="camel"):
    """A row of `/system/audittrail`."""

    text: str | None = None
    entered_date: str | None = None
    entered_by: str | None = None
    audit_type: str | None = None
    audit_sub_type: str | None = None


class CompanyInfo(Struct, rename="pascal"):
    """The answer of `/login/companyinfo/{company}`."""

    codebase: str | None = None
    version_code: str | None = None
