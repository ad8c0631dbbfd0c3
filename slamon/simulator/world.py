"""
The tables of the simulated ConnectWise: plain rows in its JSON shape, and the tickets with their engine state.

A row is a dict without None values (ConnectWise omits nulls). References are shared objects: one dict per referred
entity, renewed in place when that is written. Links are stored behind the placeholder `API`, which the web layer
replaces with the address under which it was asked.
"""

from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from slamon.simulator.hours import Hours
from slamon.simulator.sla import Goals, SlaState

Row = dict[str, Any]

API = f"\x7f{token_hex(8)}\x7f"
"""Stands for `http://host/v4_6_release/apis/3.0/` inside stored links; no client can send it by accident."""

STAMP: Row = {"lastUpdated": "2019-04-02T13:05:11Z", "updatedBy": "admin"}
"""The `_info` of set-up rows."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference leads to: a *table*, the *path* and name of its link, and what it shows beside id and name."""

    table: str
    path: str = ""
    extra: tuple[str, ...] = ()
    link: str = ""


REFERENCES = {
    "agreement": Target("agreements", "finance/agreements/{id}"),
    "board": Target("boards", "service/boards/{id}"),
    "calendar": Target("calendars", "schedule/calendars/{id}"),
    "company": Target("companies", "company/companies/{id}", ("identifier",)),
    "companyStatus": Target("companyStatuses", "company/companies/statuses/{id}", link="status"),
    "companyType": Target("companyTypes", "company/companies/types/{id}", link="type"),
    "contact": Target("contacts", "company/contacts/{id}"),
    "country": Target("countries"),
    "department": Target("departments", extra=("identifier",)),
    "holidayList": Target("holidayLists", "schedule/holidayLists/{id}"),
    "location": Target("locations", "system/locations/{id}"),
    "market": Target("markets"),
    "member": Target("members", "system/members/{id}", ("identifier",)),
    "priority": Target("priorities", "service/priorities/{id}", ("sort",)),
    "serviceLocation": Target("serviceLocations", "service/locations/{id}", link="location"),
    "site": Target("sites", "company/companies/{company}/sites/{id}"),
    "sla": Target("slas", "service/SLAs/{id}"),
    "source": Target("sources"),
    "status": Target("statuses", "service/boards/{board}/statuses/{id}", ("sort",)),
    "team": Target("boardTeams", "service/boards/{board}/teams/{id}"),
    "timeZoneSetup": Target("timeZoneSetups", "system/timeZoneSetups/{id}"),
    "type": Target("boardTypes", "service/boards/{board}/types/{id}"),
}


@dataclass(slots=True)
class AuditEntry:
    """One line of a ticket's audit trail; *at* in epoch seconds."""

    at: int
    by: str
    kind: str
    sub_kind: str
    text: str


@dataclass(slots=True)
class Ticket:
    """
    One ticket: the row as last written and what ConnectWise keeps behind it.

    *key* seeds its random decisions, *step* counts them; *due_step* is when its next event is planned (None: never).
    """

    row: Row
    key: int
    sla: SlaState | None = None
    audit: list[AuditEntry] = field(default_factory=list)
    notes: list[Row] = field(default_factory=list)
    step: int = 0
    due_step: int | None = None


@dataclass(frozen=True, slots=True)
class CallbackKey:
    """The signing key of a callback entry, and the name under which its receiver fetches it."""

    guid: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Workflow:
    """The statuses of a board by the part they play in a ticket's life (status ids)."""

    new: int
    answered: int
    planned: tuple[int, ...]
    waiting: tuple[int, ...]
    done: int | None
    closed: tuple[int, ...]
    reopened: int


@dataclass(slots=True)
class World:
    """
    Everything the simulated server knows.

    *custom_fields* are their definitions by kind of record, *priority_ids* the seeded priorities, the most urgent
    first, *compat* says that rows have the members of older notes. *changes* collects what happened to records,
    (kind, id) -> added, updated or deleted, while someone wants to know.
    """

    company_id: str
    server_zone: str
    display_zone: str
    tables: dict[str, dict[int, Row]] = field(default_factory=dict)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    workflows: dict[int, Workflow] = field(default_factory=dict)
    zones: dict[int, str] = field(default_factory=dict)
    hours: dict[tuple[int, str], Hours] = field(default_factory=dict)
    changes: dict[tuple[str, int], str] | None = None
    custom_fields: dict[str, list[Row]] = field(default_factory=dict)
    priority_ids: tuple[int, ...] = ()
    compat: bool = False
    callback_keys: dict[int, CallbackKey] = field(default_factory=dict)
    callback_failing_since: dict[int, int] = field(default_factory=dict)
    next_ticket_id: int = 10_001
    next_note_id: int = 50_001
    _references: dict[tuple[str, int], Row] = field(default_factory=dict)
    _goals: dict[tuple[int, int], Goals] = field(default_factory=dict)

    def add(self, table: str, row: Row) -> Row:
        """Store *row* under its id and return it."""
        self.tables.setdefault(table, {})[row["id"]] = row
        return row

    def rows(self, table: str) -> list[Row]:
        """Return the rows of *table* in the order of their ids."""
        known = self.tables.get(table, {})
        return [known[number] for number in sorted(known)]

    def next_id(self, table: str) -> int:
        """Return the id of the next row of *table*."""
        return max(self.tables.get(table, {}), default=0) + 1

    def reference(self, kind: str, number: int) -> Row:
        """Return the shared reference to an entity: `{id, name, ..., _info: {kind_href}}`."""
        known = self._references.get((kind, number))
        if known is None:
            row = self.tables[REFERENCES[kind].table][number]
            known = self._references[kind, number] = _reference(kind, row)
        return known

    def renew(self, table: str, number: int) -> None:
        """Let everything that leans on a set-up row see that it was written: references to it, goals, hours."""
        self._goals.clear()
        self.hours.clear()
        for (kind, referred), reference in self._references.items():
            if referred == number and REFERENCES[kind].table == table and number in self.tables[table]:
                reference |= _reference(kind, self.tables[table][number])

    def note(self, kind: str, number: int, action: str) -> None:
        """Take note that a record was `added`, `updated` or `deleted`."""
        if self.changes is not None:
            before = self.changes.get((kind, number))
            self.changes[kind, number] = before if before == "added" and action == "updated" else action

    def goals(self, sla_id: int, priority_id: int) -> Goals:
        """Return the goal hours of a priority under an SLA: its own row, else the SLA's."""
        known = self._goals.get((sla_id, priority_id))
        if known is None:
            rows = [r for r in self.tables["slaPriorities"].values() if r["sla"]["id"] == sla_id]
            own = [r for r in rows if r["priority"]["id"] == priority_id]
            source = own[0] if own else self.tables["slas"][sla_id]
            known = source.get("respondHours"), source.get("planWithin"), source.get("resolutionHours")
            self._goals[sla_id, priority_id] = known
        return known


def _reference(kind: str, row: Row) -> Row:
    target = REFERENCES[kind]
    parts = {"id": row["id"], "company": _id(row, "company"), "board": _id(row, "board")}
    name = row.get("name") or f"{row.get('firstName', '')} {row.get('lastName', '')}".strip()
    reference: Row = {"id": row["id"]}
    if "identifier" in target.extra:
        reference["identifier"] = row["identifier"]
    reference["name"] = name
    if "sort" in target.extra:
        reference["sort"] = row.get("sortOrder", 0)
    if target.path:
        reference["_info"] = {f"{target.link or kind}_href": f"{API}/{target.path.format(**parts)}"}
    return reference


def _id(row: Row, key: str) -> int:
    """Return the id of a reference inside *row*, 0 where there is none."""
    return int(row[key]["id"]) if key in row else 0
