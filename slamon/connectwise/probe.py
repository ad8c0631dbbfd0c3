"""Tries every endpoint slamon reads, each with the cheapest request, and says what a refusal would cost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from slamon.connectwise.discovery import Connection, names_api
from slamon.connectwise.request import Request
from slamon.errors import SourceError, SourceRefusedError, SourceUnavailableError

State = Literal["ok", "refused", "missing", "unreachable", "odd", "not tried"]

_TICKETS = "Service Desk > Service Tickets: Inquire All"
_TABLES = "System > Table Setup: Inquire All"


@dataclass(frozen=True, slots=True)
class Probe:
    """One endpoint. `right` is the permission of the security role, as published integrations name it.

    Where the path or the query needs an id, `parent` is the endpoint to take
    one from, at `key` of its first row that has one.
    """

    endpoint: str
    needed: bool
    right: str
    without: str
    params: Mapping[str, str | int] = field(default_factory=lambda: {"pageSize": 1})
    parent: str = ""
    key: tuple[str, ...] = ("id",)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a probe; `detail` is one line, empty where all is well."""

    probe: Probe
    state: State
    detail: str = ""

    @property
    def failed(self) -> bool:
        """Whether slamon cannot work because of it."""
        return self.probe.needed and self.state not in ("ok", "not tried")


COMPANY_INFO = Probe(
    "/login/companyinfo/{company}", True, "", "no poll works: the address of the API is not known", params={}
)
PROBES = (
    Probe("/service/tickets", True, _TICKETS, "no poll works"),
    Probe(
        "/service/tickets/{id}",
        False,
        _TICKETS,
        "tickets that were deleted are never known to be",
        params={"fields": "id"},
        parent="/service/tickets",
    ),
    Probe("/service/boards", True, f"{_TABLES} (Service / Service Board)", "no poll works"),
    Probe(
        "/service/boards/{id}/statuses",
        True,
        f"{_TABLES} (Service / Service Board)",
        "no poll works",
        parent="/service/boards",
    ),
    Probe("/service/priorities", True, f"{_TABLES} (Service / Priority)", "no poll works"),
    Probe("/service/SLAs", False, f"{_TABLES} (Service / SLA)", "goals come from the settings"),
    Probe(
        "/service/SLAs/{id}/priorities",
        True,
        f"{_TABLES} (Service / SLA)",
        "no poll works: SLAs without their rows would promise something else",
        parent="/service/SLAs",
    ),
    Probe(
        "/schedule/calendars",
        False,
        f"{_TABLES} (calendars)",
        "policies need a `calendar` of the settings",
        params={"pageSize": 100},
    ),
    Probe(
        "/schedule/holidayLists/{id}/holidays",
        True,
        f"{_TABLES} (holiday lists)",
        "no poll works: calendars without their holidays would count too much",
        parent="/schedule/calendars",
        key=("holidayList", "id"),
    ),
    Probe(
        "/company/companies",
        False,
        "Companies > Company Maintenance: Inquire All",
        "Customer falls back to MyCalendar; `company_field` fits nothing",
    ),
    Probe("/finance/agreements", False, "Finance > Agreements: Inquire All", "agreements are not checked"),
    Probe("/system/timeZoneSetups", False, f"{_TABLES} (Company / Time Zone)", "zones of companies are not known"),
    Probe("/system/myCompany/other", False, "System > My Company: Inquire All", "nothing can count on MyCalendar"),
    Probe("/system/info", False, "", "the zone of the server comes from its company defaults alone", params={}),
    Probe(
        "/system/audittrail",
        False,
        "",
        "instants of changes come from polling",
        params={"pageSize": 1, "type": "Ticket"},
        parent="/service/tickets",
    ),
    Probe(
        "/service/tickets/calculateSla",
        False,
        _TICKETS,
        "ConnectWise's own SLA figures may be as old as the last write to a ticket",
    ),
    Probe(
        "/system/members",
        False,
        "System > Member Maintenance: Inquire All",
        "roles in the rungs of ladders find nobody",
    ),
    Probe(
        "/service/boards/{id}/teams",
        False,
        f"{_TABLES} (Service / Service Board)",
        "the role team_lead finds nobody",
        parent="/service/boards",
    ),
)


async def try_endpoints(connection: Connection) -> list[Outcome]:
    """Return what came of each probe, in their order; a failure ends nothing but what depends on it."""
    found: dict[str, Outcome] = {}
    if not names_api(connection.url):
        found[COMPANY_INFO.endpoint] = await _company_info(connection)
        if found[COMPANY_INFO.endpoint].state != "ok":
            skipped = [Outcome(probe, "not tried", "where the API is could not be found out") for probe in PROBES]
            return [*found.values(), *skipped]
    rows: dict[str, Any] = {}
    for generation in (
        [probe for probe in PROBES if not probe.parent],
        [probe for probe in PROBES if probe.parent],
    ):
        outcomes = await asyncio.gather(*(_try(connection, probe, rows) for probe in generation))
        found |= {outcome.probe.endpoint: outcome for outcome in outcomes}
    return [found[probe.endpoint] for probe in (COMPANY_INFO, *PROBES) if probe.endpoint in found]


async def _company_info(connection: Connection) -> Outcome:
    try:
        await connection.fetch_company_info()
    except SourceError as error:
        return Outcome(COMPANY_INFO, _state(error), str(error))
    return Outcome(COMPANY_INFO, "ok")


async def _try(connection: Connection, probe: Probe, rows: dict[str, Any]) -> Outcome:
    ids, params = {}, dict(probe.params)
    if probe.parent:
        key = _first_id(rows.get(probe.parent), probe.key)
        if key is None:
            return Outcome(probe, "not tried", f"{probe.parent} gave no id to ask with")
        if "{id}" in probe.endpoint:
            ids = {"id": key}
        else:
            params["id"] = key
    try:
        answer = await connection.send(Request("GET", probe.endpoint, ids, params))
        rows[probe.endpoint] = msgspec.json.decode(answer.body)
    except SourceError as error:
        return Outcome(probe, _state(error), str(error))
    return Outcome(probe, "ok")


def _state(error: SourceError) -> State:
    if isinstance(error, SourceUnavailableError):
        return "unreachable"
    if isinstance(error, SourceRefusedError):
        return "missing" if error.status == 404 else "refused"
    return "odd"


def _first_id(rows: object, path: Sequence[str]) -> int | None:
    """Return the id at *path* of the first row that has one."""
    for row in rows if isinstance(rows, list) else []:
        value = row
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, int):
            return value
    return None
