"""What the core knows of a ticket: its facts as last seen, and the events that made its history.

Tickets come by the hundred thousand. A frozen Struct of msgspec is made in a quarter of the time that a frozen
dataclass takes, and the garbage collector need not look at one: it holds no cycles (decision 18).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from msgspec import Struct


class Stage(IntEnum):
    """One of the three goals on a ticket's clock, in the order of the clock."""

    RESPOND = 0
    PLAN = 1
    RESOLVE = 2

    @property
    def label(self) -> str:
        return self.name.lower()


STAGES = tuple(Stage)


class Level(IntEnum):
    """How far a status says the work has come.

    The first four are ordered: a level of 2 has reached respond and plan. The
    last two stop the clock without reaching anything.
    """

    NOT_RESPONDED = 0
    RESPONDED = 1
    RESOLUTION_PLAN = 2
    RESOLVED = 3
    WAITING = 4
    OUT_OF_SCOPE = 5


class Kind(StrEnum):
    """What an event says has changed."""

    ENTERED = "entered"  # first event of every history: the first status
    STARTED = "started"  # the clock's start, where it is not the entry
    STATUS = "status"
    PRIORITY = "priority"
    SLA = "sla"
    BOARD = "board"
    COMPANY = "company"
    AGREEMENT = "agreement"
    OWNER = "owner"
    RESPONDED = "responded"  # ConnectWise's own dateResponded, dateResplan, dateResolved
    PLANNED = "planned"
    RESOLVED = "resolved"
    TERMS = "terms"  # the promise in force from here on; `terms` names its version
    CANCELLED = "cancelled"  # merged, deleted, out of scope; `name` says which
    RESTORED = "restored"  # in scope again
    NOT_MEASURED = "not_measured"  # the history starts too late to know; `name` says why
    RETOLD = "retold"  # all that was stored of the ticket before is superseded by what follows; `name` says why


class Origin(StrEnum):
    """Where an event was learnt, the surest first."""

    CONNECTWISE = "connectwise"  # a date field of the ticket itself
    AUDIT = "audit"  # an audit trail entry
    POLL = "poll"  # a difference between two polls; true between `not_before` and `at`
    SETTINGS = "settings"  # the operator's configuration or reference data changed


@dataclass(frozen=True, slots=True)
class Event:
    """One change in a ticket's life. Times are aware, UTC, whole seconds.

    `not_before` equals `at` when the instant is known; else the change
    happened somewhere in between. `seq` is the store's number, None before.
    """

    ticket_id: int
    kind: Kind
    at: datetime
    not_before: datetime
    origin: Origin
    id: int | None = None
    name: str = ""
    level: Level | None = None
    terms: str | None = None
    seq: int | None = None
    status_map: str | None = None  # version of the map that gave the level, known once it is stored


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to another record: its id and the name it had when seen."""

    id: int
    name: str


class Witness(Struct, frozen=True, gc=False):
    """ConnectWise's own view of the agreement, kept beside slamon's reading, never instead of it."""

    sla_status: str = ""
    is_in_sla: bool | None = None
    respond_goal_at: datetime | None = None
    plan_goal_at: datetime | None = None
    resolve_goal_at: datetime | None = None
    respond_minutes: int | None = None
    plan_minutes: int | None = None
    resolve_minutes: int | None = None


class Ticket(Struct, frozen=True, gc=False):
    """A ticket's facts as ConnectWise last told them. Times are aware, UTC, whole seconds."""

    id: int
    summary: str
    board: Ref
    status: Ref
    entered_at: datetime
    last_updated_at: datetime
    closed: bool = False
    priority: Ref | None = None
    priority_sort: int | None = None
    company: Ref | None = None
    company_identifier: str = ""
    agreement: Ref | None = None
    sla: Ref | None = None
    type: Ref | None = None
    team: Ref | None = None
    owner: str = ""
    contact: str = ""
    record_type: str = "ServiceTicket"
    parent_id: int | None = None
    merged_into_id: int | None = None
    escalation_start_at: datetime | None = None
    responded_at: datetime | None = None
    planned_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    custom_fields: tuple[tuple[str, str], ...] = ()
    witness: Witness = Witness()
