"""From what a poll saw to what has happened: the events between two sights of a ticket.

The instants come from the surest witness at hand: ConnectWise's own date
fields, then the audit trail, then the bounds that the two sights set. A change
seen only by polling happened after the ticket's earlier `lastUpdated` and at
the latest at its new one, both on ConnectWise's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from slamon.core.levels import LevelChoice, LevelRule, choose_level, find_status, is_out_of_scope
from slamon.core.reference import Reference
from slamon.core.ticket import Event, Kind, Level, Origin, Ref, Ticket


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A status change as an audit trail tells it, by name. `at` is aware, UTC."""

    at: datetime
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What is needed to read a ticket's statuses: reference data and the settings' level rules."""

    reference: Reference
    levels: Sequence[LevelRule] = ()
    boards: frozenset[int] | None = None  # the boards that are watched, None for all
    _chosen: dict[tuple[Ref, Ref, bool], LevelChoice] = field(default_factory=dict, repr=False, compare=False)

    def level(self, ticket: Ticket) -> Level:
        return self.choice(ticket, closed=ticket.closed).level

    def choice(self, ticket: Ticket, *, closed: bool = False) -> LevelChoice:
        """Return the level of the ticket's status and why; a desk has few statuses, each is decided once."""
        key = (ticket.board, ticket.status, closed)
        found = self._chosen.get(key)
        if found is None:
            found = choose_level(ticket.board, ticket.status, self.reference, self.levels, closed=closed)
            self._chosen[key] = found
        return found

    def level_of_name(self, ticket: Ticket, name: str) -> Level | None:
        """Return the level of a status known by name only, None where that is not certain."""
        status = find_status(self.reference, ticket.board, name)
        if status is None:
            return None
        return choose_level(ticket.board, Ref(status.id, status.name), self.reference, self.levels).level

    def out_of_scope(self, ticket: Ticket) -> str:
        if self.boards is not None and ticket.board.id not in self.boards:
            return f"board {ticket.board.name} is not watched"
        board = self.reference.boards.get(ticket.board.id)
        merged = ticket.merged_into_id is not None
        child = ticket.parent_id is not None and not merged
        return is_out_of_scope(ticket.record_type, board, merged=merged, child=child)


NOT_TOLD = "first seen after changes that no audit trail tells"
NOT_READ = "first seen after changes; its audit trail has not been read yet"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a ticket's history last said of its scope: out or in again, and since when."""

    out: bool
    since: datetime


def observe(
    before: Ticket | None,
    now: Ticket,
    desk: Desk,
    trail: Sequence[StatusChange] | None,
    *,
    seen_at: datetime,
    scope: Scope | None = None,
) -> list[Event]:
    """Return the events that lead from *before* (None: never seen) to *now*, in order of time.

    *trail* is the whole audit trail of status changes, oldest first; None if it
    was not read. *scope* is None for a ticket that was never out of scope.
    """
    trail = None if trail is None else _up_to(now, trail)
    events = _first_sight(now, desk, trail) if before is None else _since(before, now, desk, trail, seen_at)
    events += _milestones(before, now, desk)
    events += _scope_changes(before, now, desk, scope, seen_at)
    return sorted(events, key=lambda event: event.at)


def read_story(now: Ticket, desk: Desk, trail: Sequence[StatusChange]) -> list[Event] | None:
    """Return the entry and status changes of *now* by its whole audit trail; None unless it tells all of them."""
    story = _story(now, desk, _up_to(now, trail))
    return None if story is None else [story[0], *story[1]]


def _up_to(now: Ticket, trail: Sequence[StatusChange]) -> Sequence[StatusChange]:
    """Return the part of *trail* that *now* shows: the trail was asked for later and may know more."""
    known = [change for change in trail if change.at <= now.last_updated_at]
    ahead = trail[len(known) :]
    leads = known[-1].after if known else ahead[0].before if ahead else ""
    return known if leads == now.status.name else trail


def _scope_changes(
    before: Ticket | None, now: Ticket, desk: Desk, scope: Scope | None, seen_at: datetime
) -> list[Event]:
    """Return the event that takes *now* out of scope or back, if its history says otherwise."""
    why, was_out = desk.out_of_scope(now), scope is not None and scope.out
    if bool(why) == was_out:
        return []
    if before is None:
        at = now.entered_at
    elif _scope_facts(before) != _scope_facts(now):
        at = _no_later(now, seen_at)
    else:
        at = seen_at  # not the ticket has changed, but what is watched; or it was thought deleted
    at = at if scope is None else max(at, scope.since)
    if why:
        return [_event(now, Kind.CANCELLED, at, Origin.POLL, name=why, level=Level.OUT_OF_SCOPE)]
    return [_event(now, Kind.RESTORED, at, Origin.POLL, now.status, desk.level(now))]


def _scope_facts(ticket: Ticket) -> tuple[object, ...]:
    return ticket.board.id, ticket.record_type, ticket.merged_into_id, ticket.parent_id


def _first_sight(now: Ticket, desk: Desk, trail: Sequence[StatusChange] | None) -> list[Event]:
    story = _story(now, desk, trail or ())
    if story is not None:
        first, changes = story
        return [first, *changes]
    entered = _event(now, Kind.ENTERED, now.entered_at, Origin.CONNECTWISE, now.status, desk.level(now))
    if now.last_updated_at <= now.entered_at:
        return [entered]
    # Touched since it entered, and nobody can say how it got here.
    why = NOT_READ if trail is None else NOT_TOLD
    return [entered, _event(now, Kind.NOT_MEASURED, now.entered_at, Origin.POLL, name=why)]


def _story(now: Ticket, desk: Desk, trail: Sequence[StatusChange]) -> tuple[Event, list[Event]] | None:
    """Return entry and status changes as the audit trail tells them, None unless it is whole and leads to *now*.

    A trail without status changes is believed only of a ticket whose status
    is still one that a ticket enters with, or that nobody has touched.
    """
    if not trail:
        level = desk.level(now)
        untouched = level is Level.NOT_RESPONDED and now.responded_at is None
        if not untouched:
            return None
        return _event(now, Kind.ENTERED, now.entered_at, Origin.CONNECTWISE, now.status, level), []
    levels = [desk.level_of_name(now, name) for name in (trail[0].before, *(change.after for change in trail))]
    if not _linked(trail) or trail[-1].after != now.status.name or None in levels or trail[0].at < now.entered_at:
        return None
    entered = _event(now, Kind.ENTERED, now.entered_at, Origin.CONNECTWISE, level=levels[0], name=trail[0].before)
    return entered, [
        _event(now, Kind.STATUS, change.at, Origin.AUDIT, level=level, name=change.after)
        for change, level in zip(trail, levels[1:], strict=True)
    ]


def _since(
    before: Ticket, now: Ticket, desk: Desk, trail: Sequence[StatusChange] | None, seen_at: datetime
) -> list[Event]:
    events = _status_changes(before, now, desk, trail or (), seen_at)
    at = _no_later(now, seen_at)
    for kind, was, has in (
        (Kind.PRIORITY, before.priority, now.priority),
        (Kind.SLA, before.sla, now.sla),
        (Kind.BOARD, before.board, now.board),
        (Kind.COMPANY, before.company, now.company),
        (Kind.AGREEMENT, before.agreement, now.agreement),
    ):
        if (was and was.id) != (has and has.id):
            events.append(_event(now, kind, at, Origin.POLL, has, not_before=before.last_updated_at))
    if before.owner != now.owner:
        owner = _event(now, Kind.OWNER, at, Origin.POLL, name=now.owner, not_before=before.last_updated_at)
        events.append(owner)
    return events


def _status_changes(
    before: Ticket, now: Ticket, desk: Desk, trail: Sequence[StatusChange], seen_at: datetime
) -> list[Event]:
    """Return the status changes between two sights: the audit trail's if they lead from one to the other."""
    fresh = [change for change in trail if change.at > before.last_updated_at]
    levels = [desk.level_of_name(now, change.after) for change in fresh]
    told = bool(fresh) and fresh[0].before == before.status.name and fresh[-1].after == now.status.name
    if told and _linked(fresh) and None not in levels:
        return [
            _event(now, Kind.STATUS, change.at, Origin.AUDIT, level=level, name=change.after)
            for change, level in zip(fresh, levels, strict=True)
        ]
    if before.status.id == now.status.id and desk.level(before) == desk.level(now):
        return []
    level = desk.level(now)
    at, exact = _no_later(now, seen_at), None
    resolves = level is Level.RESOLVED and desk.level(before) is not level  # the second step of a close does not
    if resolves and now.resolved_at and before.last_updated_at <= now.resolved_at <= at:
        exact = now.resolved_at
    origin = Origin.CONNECTWISE if exact else Origin.POLL
    return [_event(now, Kind.STATUS, exact or at, origin, now.status, level, exact or before.last_updated_at)]


def _linked(trail: Sequence[StatusChange]) -> bool:
    return all(sooner.after == later.before for sooner, later in pairwise(trail))


def _milestones(before: Ticket | None, now: Ticket, desk: Desk) -> list[Event]:
    """Return ConnectWise's own milestone dates that are new."""
    # A dateResolved on a ticket that is not resolved is older than its last reopening.
    resolved_at = now.resolved_at if desk.level(now) is Level.RESOLVED else None
    dates = (
        (Kind.RESPONDED, before.responded_at if before else None, now.responded_at),
        (Kind.PLANNED, before.planned_at if before else None, now.planned_at),
        (Kind.RESOLVED, before.resolved_at if before else None, resolved_at),
    )
    return [
        _event(now, kind, max(has, now.entered_at), Origin.CONNECTWISE)
        for kind, was, has in dates
        if has is not None and has != was
    ]


def _no_later(now: Ticket, seen_at: datetime) -> datetime:
    """Return the latest instant a change seen now can have happened at, never before the ticket entered."""
    return max(min(now.last_updated_at, seen_at), now.entered_at)


def _event(
    ticket: Ticket,
    kind: Kind,
    at: datetime,
    origin: Origin,
    ref: Ref | None = None,
    level: Level | None = None,
    not_before: datetime | None = None,
    *,
    name: str = "",
) -> Event:
    return Event(
        ticket_id=ticket.id,
        kind=kind,
        at=at,
        not_before=min(not_before or at, at),
        origin=origin,
        id=ref.id if ref else None,
        name=ref.name if ref else name,
        level=level,
    )
