"""
The tables of the simulated ConnectWise: plain rows in its JSON shape, and the tickets with their engine state.

A row is a dict without None values (ConnectWise omits nulls). References are shared objects: one dict per referred
entity, never changed in place. Links are stored behind the placeholder `API`, which the web layer replaces with the
address under which it was asked.
"""

from dataclasses import dataclass, field
from typing import Any

from slamon.simulator.hours import Hours
from slamon.simulator.sla import Goals, SlaState

Row = dict[str, Any]

API = "\x7f"
"""Stands for `http://host/v4_6_release/apis/3.0/` inside stored links: DEL passes through JSON unescaped."""

STAMP: Row = {"lastUpdated": "2019-04-02T13:05:11Z", "updatedBy": "admin"}
"""The `_info` of set-up rows."""

REFERENCES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    # kind: (table, path, fields beside id and name)
    "agreement": ("agreements", "finance/agreements/{id}", ()),
    "board": ("boards", "service/boards/{id}", ()),
    "calendar": ("calendars", "schedule/calendars/{id}", ()),
    "company": ("companies", "company/companies/{id}", ("identifier",)),
    "contact": ("contacts", "company/contacts/{id}", ()),
    "holidayList": ("holidayLists", "schedule/holidayLists/{id}", ()),
    "location": ("locations", "system/locations/{id}", ()),
    "member": ("members", "system/members/{id}", ("identifier",)),
    "priority": ("priorities", "service/priorities/{id}", ("sort",)),
    "site": ("sites", "company/companies/{company}/sites/{id}", ()),
    "sla": ("slas", "service/SLAs/{id}", ()),
    "status": ("statuses", "service/boards/{board}/statuses/{id}", ("sort",)),
    "timeZoneSetup": ("timeZoneSetups", "system/timeZoneSetups/{id}", ()),
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
    """Everything the simulated server knows."""

    company_id: str
    server_zone: str
    display_zone: str
    tables: dict[str, dict[int, Row]] = field(default_factory=dict)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    workflows: dict[int, Workflow] = field(default_factory=dict)
    zones: dict[int, str] = field(default_factory=dict)
    hours: dict[tuple[int, str], Hours] = field(default_factory=dict)
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

    def reference(self, kind: str, number: int) -> Row:
        """Return the shared reference to an entity: `{id, name, ..., _info: {kind_href}}`."""
        known = self._references.get((kind, number))
        if known is None:
            table, path, extra = REFERENCES[kind]
            known = self._references[kind, number] = _reference(kind, path, extra, self.tables[table][number])
        return known

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


def _reference(kind: str, path: str, extra: tuple[str, ...], row: Row) -> Row:
    parts = {"id": row["id"], "company": _id(row, "company"), "board": _id(row, "board")}
    name = row.get("name") or f"{row.get('firstName', '')} {row.get('lastName', '')}".strip()
    reference: Row = {"id": row["id"]}
    if "identifier" in extra:
        reference["identifier"] = row["identifier"]
    reference["name"] = name
    if "sort" in extra:
        reference["sort"] = row["sortOrder"]
    reference["_info"] = {f"{kind}_href": f"{API}/{path.format(**parts)}"}
    return reference


def _id(row: Row, key: str) -> int:
    """Return the id of a reference inside *row*, 0 where there is none."""
    return int(row[key]["id"]) if key in row else 0
