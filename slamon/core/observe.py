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

from slamon.core.levels import LevelChoice, LevelRule, choose_level, find_status, is_out_of_scope
from slamon.core.reference import Reference
from slamon.core.ticket import Event, Kind, Level, Origin, Ref, Ticket
from slamon.core.trail import REFS, TrailChange, changes_of, is_linked, tell_from_entry, tell_since


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

    def level_of_name(self, board: Ref, name: str) -> Level | None:
        """Return the level of a status known by name only, None where that is not certain."""
        status = find_status(self.reference, board, name)
        if status is None:
            return None
        return choose_level(board, Ref(status.id, status.name), self.reference, self.levels).level

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
    trail: Sequence[TrailChange] | None,
    *,
    seen_at: datetime,
    scope: Scope | None = None,
) -> list[Event]:
    """Return the events that lead from *before* (None: never seen) to *now*, in order of time.

    *trail* is the whole audit trail, oldest first; None if it was not read.
    *scope* is None for a ticket that was never out of scope.
    """
    events = _first_sight(now, desk, trail) if before is None else _since(before, now, desk, trail, seen_at)
    events += _milestones(before, now, desk)
    events += _scope_changes(before, now, desk, scope, seen_at)
    return sorted(events, key=lambda event: event.at)


def read_story(now: Ticket, desk: Desk, trail: Sequence[TrailChange]) -> list[Event] | None:
    """Return entry, statuses, priorities and boards of *now* by its whole audit trail.

    None unless it tells all statuses. Where it does not tell all priorities, or boards, there are none.
    """
    moves = [event for kind in REFS for event in tell_from_entry(now, trail, kind, desk.reference)]
    story = _story(now, desk, changes_of(now, trail, Kind.STATUS), moves)
    return None if story is None else [*story, *moves]


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


def _first_sight(now: Ticket, desk: Desk, trail: Sequence[TrailChange] | None) -> list[Event]:
    story = read_story(now, desk, trail or ())
    if story is not None:
        return story
    entered = _event(now, Kind.ENTERED, now.entered_at, Origin.CONNECTWISE, now.status, desk.level(now))
    if now.last_updated_at <= now.entered_at:
        return [entered]
    # Touched since it entered, and nobody can say how it got here.
    why = NOT_READ if trail is None else NOT_TOLD
    return [entered, _event(now, Kind.NOT_MEASURED, now.entered_at, Origin.POLL, name=why)]


def _story(now: Ticket, desk: Desk, trail: Sequence[TrailChange], moves: Sequence[Event]) -> list[Event] | None:
    """Return entry and status changes as the audit trail tells them, None unless it is whole and leads to *now*.

    A trail without status changes is believed only of a ticket whose status
    is still one that a ticket enters with, or that nobody has touched.
    """
    if not trail:
        level = desk.level(now)
        untouched = level is Level.NOT_RESPONDED and now.responded_at is None
        if not untouched:
            return None
        return [_event(now, Kind.ENTERED, now.entered_at, Origin.CONNECTWISE, now.status, level)]
    boards = _boards(now, now.board, moves)
    first = desk.level_of_name(boards[0][1], trail[0].before)
    levels = _levels(desk, trail, boards)
    if first is None or levels is None or trail[-1].after != now.status.name or trail[0].at < now.entered_at:
        return None
    entered = _event(now, Kind.ENTERED, now.entered_at, Origin.CONNECTWISE, level=first, name=trail[0].before)
    return [entered, *_told(now, trail, levels)]


def _boards(now: Ticket, before: Ref, moves: Sequence[Event]) -> list[tuple[datetime, Ref]]:
    """Return (since when, board) by the board changes among *moves*, *before* being what they began with.

    Without any all statuses are read as those of the board the ticket is on now.
    """
    told = [(e.at, Ref(e.id, e.name)) for e in moves if e.kind is Kind.BOARD and e.id is not None]
    if not told:
        return [(now.entered_at, now.board)]
    return told if told[0][0] <= now.entered_at else [(now.entered_at, before), *told]


def _levels(desk: Desk, trail: Sequence[TrailChange], boards: Sequence[tuple[datetime, Ref]]) -> list[Level] | None:
    """Return the level after each change, by the board the ticket was on; None unless all are linked and certain."""
    found: list[Level] = []
    for place, change in enumerate(trail, 1):
        since = [board for at, board in boards if at <= change.at] or [boards[0][1]]
        # The last status is the one the ticket has, wherever it has moved since.
        level = desk.level_of_name(boards[-1][1] if place == len(trail) else since[-1], change.after)
        if level is None:
            return None
        found.append(level)
    return found if is_linked(trail) else None


def _told(now: Ticket, trail: Sequence[TrailChange], levels: Sequence[Level]) -> list[Event]:
    return [
        _event(now, Kind.STATUS, change.at, Origin.AUDIT, level=level, name=change.after)
        for change, level in zip(trail, levels, strict=True)
    ]


def _since(
    before: Ticket, now: Ticket, desk: Desk, trail: Sequence[TrailChange] | None, seen_at: datetime
) -> list[Event]:
    exact = {kind: tell_since(before, now, trail or (), kind, desk.reference) for kind in REFS}
    events = [event for told in exact.values() for event in told]
    events += _status_changes(before, now, desk, trail or (), events, seen_at)
    at = _no_later(now, seen_at)
    for kind, was, has in (
        (Kind.PRIORITY, before.priority, now.priority),
        (Kind.SLA, before.sla, now.sla),
        (Kind.BOARD, before.board, now.board),
        (Kind.COMPANY, before.company, now.company),
        (Kind.AGREEMENT, before.agreement, now.agreement),
    ):
        if (was and was.id) != (has and has.id) and not exact.get(kind):
            events.append(_event(now, kind, at, Origin.POLL, has, not_before=before.last_updated_at))
    if before.owner != now.owner:
        owner = _event(now, Kind.OWNER, at, Origin.POLL, name=now.owner, not_before=before.last_updated_at)
        events.append(owner)
    return events


def _status_changes(
    before: Ticket, now: Ticket, desk: Desk, trail: Sequence[TrailChange], moves: Sequence[Event], seen_at: datetime
) -> list[Event]:
    """Return the status changes between two sights: the audit trail's if they lead from one to the other."""
    fresh = [change for change in changes_of(now, trail, Kind.STATUS) if change.at > before.last_updated_at]
    if fresh and fresh[0].before == before.status.name and fresh[-1].after == now.status.name:
        levels = _levels(desk, fresh, _boards(now, before.board, moves))
        if levels is not None:
            return _told(now, fresh, levels)
    if before.status.id == now.status.id and desk.level(before) == desk.level(now):
        return []
    level = desk.level(now)
    at, exact = _no_later(now, seen_at), None
    resolves = level is Level.RESOLVED and desk.level(before) is not level  # the second step of a close does not
    if resolves and now.resolved_at and before.last_updated_at <= now.resolved_at <= at:
        exact = now.resolved_at
    origin = Origin.CONNECTWISE if exact else Origin.POLL
    return [_event(now, Kind.STATUS, exact or at, origin, now.status, level, exact or before.last_updated_at)]


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
