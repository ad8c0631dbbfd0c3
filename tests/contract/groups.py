"""The groups of the client, and which of their methods the description knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slamon.connectwise.api.collection import Collection
from slamon.connectwise.client import Client
from tests.contract.description import operations

UNDESCRIBED = ("/company/configurations", "/project/projects")
"""Lists that the client knows and the description, a part of the whole one, does not."""

DESCRIBED = {(operation.method, operation.path) for operation in operations()}


def groups(client: Client, ids: Mapping[str, int]) -> dict[str, Collection[Any]]:
    """Return every described group of the client by its endpoint; *ids* are those of the records above them."""
    found = [
        *(client.tickets, client.boards, client.priorities, client.slas, client.calendars, client.holiday_lists),
        *(client.companies, client.contacts, client.agreements, client.members, client.locations, client.time_zones),
        *(client.callbacks, client.companies.statuses, client.companies.types),
        client.tickets.notes(ids["ticket"]),
        *(read(ids["board"]) for read in (client.boards.statuses, client.boards.types, client.boards.teams)),
        client.slas.priorities(ids["sla"]),
        client.holiday_lists.holidays(ids["list"]),
        *(read(ids["company"]) for read in (client.companies.sites, client.companies.type_associations)),
    ]
    return {group.endpoint: group for group in found}


def described(endpoint: str, *tail: str) -> bool:
    """Tell whether the description knows `GET` on a path below one of the client's endpoints."""
    path = "/".join([endpoint, *tail])
    return any(method == "GET" and _alike(known, path) for method, known in DESCRIBED)


def _alike(known: str, path: str) -> bool:
    parts, others = known.lower().split("/"), path.lower().split("/")
    return len(parts) == len(others) and all(
        one == other or (one.startswith("{") and other.startswith("{"))
        for one, other in zip(parts, others, strict=True)
    )
