"""The groups of the client, and which of their methods the description knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slamon.connectwise.api.collection import Collection
from slamon.connectwise.client import Client
from tests.contract.description import ContractError, find

UNDESCRIBED = (
    "/company/configurations$",
    "/project/projects$",
    "/system/(locations|timeZoneSetups)/count$",
    "/service/boards/[0-9]+/(types|teams)/count$",
    "/company/companies/[0-9]+/(notes|typeAssociations)/count$",
    "/company/companies/[0-9]+/typeAssociations/[0-9]+$",
    "/login/companyinfo/[a-z]+$",
)
"""What the client knows and the description, which is a part of the whole one, does not."""


def groups(client: Client, ids: Mapping[str, int]) -> dict[str, Collection[Any]]:
    """Return every described group of the client by its endpoint; *ids* are those of the records above them."""
    found: list[Collection[Any]] = [
        *(client.tickets, client.boards, client.priorities, client.slas, client.calendars, client.holiday_lists),
        *(client.companies, client.contacts, client.agreements, client.members, client.locations, client.time_zones),
        *(client.callbacks, client.companies.statuses, client.companies.types),
        client.tickets.notes(ids["ticket"]),
        client.boards.statuses(ids["board"]),
        client.boards.types(ids["board"]),
        client.boards.teams(ids["board"]),
        client.slas.priorities(ids["sla"]),
        client.holiday_lists.holidays(ids["list"]),
        client.companies.sites(ids["company"]),
        client.companies.type_associations(ids["company"]),
    ]
    return {group.endpoint: group for group in found}


def is_described(method: str, path: str) -> bool:
    """Tell whether the description knows a request."""
    try:
        find(method, path)
    except ContractError:
        return False
    return True
