"""A ConnectWise in memory: what it knew at each instant, answered as `ports.TicketSource` promises."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import structs

from slamon.core.reference import (
    Board,
    BoardStatus,
    Company,
    GoalHours,
    Priority,
    Reference,
    Sla,
    SourceCalendar,
)
from slamon.core.rules import Window
from slamon.core.ticket import Level, Ref, Ticket
from slamon.errors import SourceError, SourceRefusedError, SourceUnavailableError
from slamon.ports import AuditEntry, Batch, Rejection, Sighting

HOUR, MINUTE, SECOND, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1), timedelta(days=1)


def at(text: str) -> datetime:
    """Read `10:30[:15]` as that time of Monday, 2 November 2026, or a whole ISO instant, in UTC."""
    return datetime.fromisoformat(text if "-" in text else f"2026-11-02T{text}").replace(tzinfo=UTC)


HELP, NOC, PROJECTS = Ref(1, "Help Desk"), Ref(2, "NOC"), Ref(3, "Projects")
BOARDS = {board.id: board for board in (HELP, NOC, PROJECTS)}
_STATUSES = (
    ("New", Level.NOT_RESPONDED, False),
    ("Assigned", Level.RESPONDED, False),
    ("In Progress", Level.RESOLUTION_PLAN, False),
    ("Waiting Customer", Level.WAITING, False),
    ("Completed", Level.RESOLVED, False),
    (">Closed", None, True),
    ("Odd", None, False),
)
STATUSES = {
    10 * board.id + place: BoardStatus(10 * board.id + place, board.id, name, level, closed)
    for board in BOARDS.values()
    for place, (name, level, closed) in enumerate(_STATUSES)
}
PRIORITIES = {sort: Priority(sort, f"Priority {sort}", sort) for sort in (1, 2, 3, 4, 5)}
OFFICE = SourceCalendar(1, "Office", (*([Window(9 * 3600, 17 * 3600)] * 5), None, None))
EMPTY = SourceCalendar(2, "Never", (None,) * 7)
GOLD = Sla(1, "Gold", "MyCalendar", GoalHours(4, 8, 40), {1: GoalHours(1, 0, 8)})

REFERENCE = Reference(
    boards={
        1: Board(1, "Help Desk"),
        2: Board(2, "NOC"),
        3: Board(3, "Projects", project=True),
    },
    statuses=STATUSES,
    priorities=PRIORITIES,
    slas={1: GOLD},
    calendars={1: OFFICE, 2: EMPTY},
    companies={20: Company(20, "acme", "Acme", custom_fields={"SLA Tier": "Gold"})},
    default_calendar_id=1,
    server_zone="UTC",
)


def status(name: str, board: Ref = HELP) -> Ref:
    """Return the status of that name on *board*."""
    return next(Ref(s.id, s.name) for s in STATUSES.values() if s.board_id == board.id and s.name == name)


def ticket(number: int = 1, **changes: Any) -> Ticket:
    """Return a ticket that entered as New at 10:00 and was not touched since."""
    base = Ticket(
        id=number,
        summary=f"Ticket {number}",
        board=HELP,
        status=status("New"),
        entered_at=at("10:00"),
        last_updated_at=at("10:00"),
        priority=Ref(1, "Priority 1"),
        company=Ref(20, "Acme"),
        company_identifier="acme",
    )
    return structs.replace(base, **changes)


@dataclass(frozen=True, slots=True)
class World:
    """What ConnectWise knows from `at` on. `unreadable` ids are there, but cannot be understood."""

    at: datetime
    tickets: Mapping[int, Ticket] = field(default_factory=dict)
    trails: Mapping[int, Sequence[AuditEntry]] = field(default_factory=dict)
    unreadable: frozenset[int] = frozenset()


def moved(moment: datetime, before: str, after: str, what: str = "Status") -> AuditEntry:
    """Return the audit entry of a change of status, or of *what*."""
    return AuditEntry(moment, f'{what} has been updated from "{before}" to "{after}".')


@dataclass(slots=True)
class Life:
    """One ticket, told as facts that hold from instants on; `trail` False: no audit trail tells them."""

    first: Ticket
    changes: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    trail: bool = True
    gone_at: datetime | None = None

    def then(self, moment: datetime, **facts: Any) -> Life:
        """Change *facts* at *moment*; a status may be given by name, and `touch` changes nothing else."""
        self.changes.append((moment, facts))
        return self

    def worlds_change_at(self) -> set[datetime]:
        gone = {self.gone_at} if self.gone_at else set()
        return {self.first.entered_at, *(moment for moment, _ in self.changes), *gone}

    def ticket_at(self, moment: datetime) -> Ticket | None:
        if self.first.entered_at > moment or (self.gone_at is not None and self.gone_at <= moment):
            return None
        now = self.first
        for when, facts in self.changes:
            if when <= moment:
                now = structs.replace(now, last_updated_at=when, **_named(facts, now))
        return now

    def trail_at(self, moment: datetime) -> list[AuditEntry]:
        entries = [AuditEntry(self.first.entered_at, "Ticket created.")]
        names = {"board": self.first.board.name, "status": self.first.status.name}
        names["priority"] = self.first.priority.name if self.first.priority else ""
        for when, facts in self.changes:
            for what in ("priority", "board", "status"):
                if what in facts and when <= moment and self.trail:
                    value = facts[what]
                    after = value if isinstance(value, str) else value.name if value else ""
                    entries.append(moved(when, names[what], after, what.capitalize()))
                    names[what] = after
        return entries


def _named(facts: dict[str, Any], now: Ticket) -> dict[str, Any]:
    board = facts.get("board", now.board)
    found = {key: value for key, value in facts.items() if key != "status"}
    return {**found, "status": status(facts["status"], board)} if "status" in facts else found


def worlds_of(*lives: Life) -> list[World]:
    """Return what ConnectWise knew at each instant at which one of *lives* changed."""
    moments = sorted({moment for life in lives for moment in life.worlds_change_at()})
    return [
        World(
            moment,
            {seen.id: seen for life in lives if (seen := life.ticket_at(moment)) is not None},
            {life.first.id: life.trail_at(moment) for life in lives},
        )
        for moment in moments
    ]


class ScriptedSource:
    """A TicketSource over worlds by instant. *now* is ConnectWise's own clock.

    `fails` are raised, one each, by the next calls; `trails_fail` by every look at a trail of these ids.
    `wrong_trails` are what the next looks at a ticket's trail are told instead; `cached_at`: lists are those of then.
    """

    def __init__(self, worlds: Sequence[World], now: Any, reference: Reference = REFERENCE) -> None:
        self.worlds = list(worlds)
        self.reference = reference
        self.fails: list[SourceError] = []
        self.fails_at: dict[str, SourceError] = {}  # by what is asked
        self.trails_fail: set[int] = set()
        self.wrong_trails: dict[int, list[Sequence[AuditEntry]]] = {}
        self.cached_at: datetime | None = None
        self.unlisted: set[int] = set()  # tickets that the list of changes forgets
        self.hidden: set[int] = set()  # tickets that may not be seen, neither by list nor by themselves
        self.page_size = 0  # 0: all in one
        self.breaks_at: int | None = None  # the page, from 0, that does not come
        self.tells_time = True
        self.asked: list[tuple[str, object]] = []
        self._now = now

    @property
    def world(self) -> World:
        known = [world for world in self.worlds if world.at <= self._shown_at]
        return known[-1] if known else World(self._now())

    @property
    def _shown_at(self) -> datetime:
        moment: datetime = self.cached_at or self._now()
        return moment

    async def fetch_reference(self) -> Reference:
        self._asked("reference", None)
        return self.reference

    async def fetch_tickets(
        self, *, since: datetime | None, with_open: bool = False, board_ids: Collection[int] | None = None
    ) -> AsyncIterator[Batch]:
        self._asked("tickets", since)
        wanted = [
            t.id
            for t in self.world.tickets.values()
            if ((since and t.last_updated_at >= since) or ((with_open or not since) and not t.closed))
            and (board_ids is None or t.board.id in board_ids)
            and t.id not in self.unlisted
        ]
        for page in self._pages(wanted):
            yield page

    async def fetch_open(self, *, board_ids: Collection[int] | None = None) -> AsyncIterator[Sequence[Sighting]]:
        self._asked("open", board_ids)
        for t in self.world.tickets.values():
            if not t.closed and (board_ids is None or t.board.id in board_ids):
                yield [Sighting(t.id, t.last_updated_at)]

    async def fetch_tickets_by_id(self, ids: Collection[int]) -> AsyncIterator[Batch]:
        self._asked("by_id", frozenset(ids))
        for page in self._pages(number for number in ids if number in self.world.tickets and number not in self.hidden):
            yield page

    async def is_deleted(self, ticket_id: int) -> bool:
        self._asked("deleted?", ticket_id)
        if ticket_id in self.hidden:
            raise SourceRefusedError("not allowed", status=403)
        return ticket_id not in self.world.tickets

    async def fetch_audit_trail(self, ticket_id: int) -> Sequence[AuditEntry]:
        self._asked("trail", ticket_id)
        if ticket_id in self.trails_fail:
            raise SourceUnavailableError("the audit trail did not answer")
        wrong = self.wrong_trails.get(ticket_id)
        return wrong.pop(0) if wrong else self.world.trails.get(ticket_id, ())

    def _asked(self, what: str, about: object) -> None:
        self.asked.append((what, about))
        if self.fails:
            raise self.fails.pop(0)
        if what in self.fails_at:
            raise self.fails_at[what]

    def _pages(self, ids: Any) -> Iterator[Batch]:
        """Answer *ids* in pages; a page that is to break does so after those before it."""
        found = sorted(ids)
        size = self.page_size or len(found) or 1
        for number, begin in enumerate(range(0, max(len(found), 1), size)):
            if number == self.breaks_at:
                raise SourceUnavailableError("the page did not come")
            yield self._batch(found[begin : begin + size])

    def _batch(self, found: Sequence[int]) -> Batch:
        refused = [
            Rejection(number, "bad_date", f"ticket {number}: a bad date")
            for number in found
            if number in self.world.unreadable
        ]
        readable = [self.world.tickets[n] for n in found if n not in self.world.unreadable]
        return Batch(readable, refused, self._shown_at if self.tells_time else None)
