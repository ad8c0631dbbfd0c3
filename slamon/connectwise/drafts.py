"""New records as they are sent: the fields a creation usually needs. What is not set is not sent.

References are mappings: `by_id(5)`, `by_name("New")`, `by_identifier("ACME")`. A plain mapping in
ConnectWise's own spelling serves as well wherever a field is missing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

Link = Mapping[str, Any]


class NewTicket(Struct, rename="camel", omit_defaults=True, kw_only=True):
    """A ticket. `summary` has at most 100 characters; `initial_description` becomes its first note."""

    summary: str
    board: Link
    company: Link
    status: Link | None = None
    priority: Link | None = None
    type: Link | None = None
    sub_type: Link | None = None
    item: Link | None = None
    source: Link | None = None
    contact: Link | None = None
    site: Link | None = None
    owner: Link | None = None
    team: Link | None = None
    agreement: Link | None = None
    severity: str | None = None
    impact: str | None = None
    required_date: datetime | None = None
    initial_description: str | None = None
    initial_internal_analysis: str | None = None
    initial_resolution: str | None = None
    process_notifications: bool | None = None


class NewNote(Struct, rename="camel", omit_defaults=True, kw_only=True):
    """A note; at least one of the three flags says where it is shown: discussion, internal, resolution."""

    text: str
    detail_description_flag: bool = False
    internal_analysis_flag: bool = False
    resolution_flag: bool = False
    process_notifications: bool | None = None


class NewCompany(Struct, rename="camel", omit_defaults=True, kw_only=True):
    """A company. `identifier` has at most 30 characters, `name` 50; at least one field of the address is wanted."""

    identifier: str
    name: str
    status: Link | None = None
    types: tuple[Link, ...] = ()
    site: Link | None = None
    address_line1: str | None = field(name="addressLine1", default=None)
    address_line2: str | None = field(name="addressLine2", default=None)
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: Link | None = None
    phone_number: str | None = None
    website: str | None = None
    territory: Link | None = None
    market: Link | None = None
    calendar: Link | None = None
    time_zone_setup: Link | None = None


class NewCallback(Struct, rename="camel", omit_defaults=True, kw_only=True):
    """A callback. `url` ends in `recordId=`; level `owner` stands for all records, with `object_id` 1."""

    url: str
    object_id: int
    type: str
    level: str
    description: str | None = None
