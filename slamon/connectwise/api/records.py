"""Records that a client's users read and the daemon does not: the fields slamon knows, unknown ones ignored."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from slamon.connectwise.records import Id, Reference


class NoteRecord(Struct, rename="camel"):
    """A row of `/service/tickets/{ticket}/notes`. Dates are texts as ConnectWise writes them."""

    id: Id
    ticket_id: int | None = None
    text: str | None = None
    detail_description_flag: bool | None = None
    internal_analysis_flag: bool | None = None
    resolution_flag: bool | None = None
    member: Reference | None = None
    contact: Reference | None = None
    date_created: str | None = None
    created_by: str | None = None


class UsageRecord(Struct, rename="camel"):
    """A row of `.../usages`: what kind of record refers to this one, and how many do."""

    type: str | None = None
    count: int | None = None
    id: int | None = None
    description: str | None = None
    type_key: str | None = None


class CompanyStatusRecord(Struct, rename="camel"):
    """A row of `/company/companies/statuses`."""

    id: Id
    name: str | None = None
    default_flag: bool | None = None
    inactive_flag: bool | None = None


class CompanyTypeRecord(Struct, rename="camel"):
    """A row of `/company/companies/types`."""

    id: Id
    name: str | None = None
    default_flag: bool | None = None
    vendor_flag: bool | None = None


class TypeAssociationRecord(Struct, rename="camel"):
    """A row of `/company/companies/{company}/typeAssociations`."""

    id: Id
    type: Reference | None = None
    company: Reference | None = None


class SiteRecord(Struct, rename="camel"):
    """A row of `/company/companies/{company}/sites`."""

    id: Id
    name: str | None = None
    address_line1: str | None = field(name="addressLine1", default=None)
    address_line2: str | None = field(name="addressLine2", default=None)
    city: str | None = None
    state_reference: Reference | None = None
    zip: str | None = None
    country: Reference | None = None
    phone_number: str | None = None
    calendar: Reference | None = None
    time_zone: Reference | None = None
    primary_address_flag: bool | None = None
    inactive_flag: bool | None = None


class CustomFieldRecord(Struct, rename="camel"):
    """A custom field as it stands on a record; `value` is absent when empty."""

    id: Id
    caption: str | None = None
    type: str | None = None
    entry_method: str | None = None
    number_of_decimals: int | None = None
    value: Any = None


class ContactRecord(Struct, rename="camel"):
    """A row of `/company/contacts`."""

    id: Id
    first_name: str | None = None
    last_name: str | None = None
    company: Reference | None = None
    site: Reference | None = None
    title: str | None = None
    inactive_flag: bool | None = None
    default_phone_nbr: str | None = None


class ConfigurationRecord(Struct, rename="camel"):
    """A row of `/company/configurations`."""

    id: Id
    name: str | None = None
    type: Reference | None = None
    status: Reference | None = None
    company: Reference | None = None
    sla: Reference | None = None
    active_flag: bool | None = None


class ProjectRecord(Struct, rename="camel"):
    """A row of `/project/projects`."""

    id: Id
    name: str | None = None
    board: Reference | None = None
    company: Reference | None = None
    status: Reference | None = None


class MemberRecord(Struct, rename="camel"):
    """A row of `/system/members`."""

    id: Id
    identifier: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    default_email: str | None = None
    primary_email: str | None = None
    office_email: str | None = None
    inactive_flag: bool | None = None
    time_zone: Reference | None = None


class LocationRecord(Struct, rename="camel"):
    """A row of `/system/locations`."""

    id: Id
    name: str | None = None
    calendar: Reference | None = None
    time_zone_setup: Reference | None = None


class HolidayListRecord(Struct, rename="camel"):
    """A row of `/schedule/holidayLists`."""

    id: Id
    name: str | None = None


class CallbackRecord(Struct, rename="camel"):
    """A row of `/system/callbacks`."""

    id: Id
    url: str | None = None
    object_id: int | None = None
    type: str | None = None
    level: str | None = None
    description: str | None = None
    member_id: int | None = None
    inactive_flag: bool | None = None
