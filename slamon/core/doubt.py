"""Doubt: what shows that an audit trail, as it was answered, is not the whole story of its ticket.

An answer that is empty, older, or lacks an entry looks like a trail. What is known of the ticket says that it is none.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import IntEnum

from slamon.core.observe import Desk, read_story
from slamon.core.ticket import Event, Kind, Level, Origin, Ticket
from slamon.core.trail import REFS, Trail, changes_of, held_in, is_linked

SLACK = timedelta(seconds=5)
"""By how much ConnectWise's stamps of one change may differ."""

KINDS = (Kind.STATUS, *REFS)


class Doubt(IntEnum):
    """How much speaks against a trail."""

    NONE = 0
    SLIGHT = 1  # nothing in it tells of the ticket's last change; that may have been one that no trail tells
    GRAVE = 2  # it contradicts the ticket, itself, or what it told before


def doubt_since(before: Ticket, now: Ticket, trail: Trail) -> Doubt:
    """Return how far *trail* is from telling what happened between two sights of a ticket."""
    if not all(_leads(before, now, trail, kind) for kind in KINDS):
        return Doubt.GRAVE
    return _ends_early(now, trail)


def doubt_whole(now: Ticket, trail: Trail, desk: Desk, told: Sequence[Event] = ()) -> Doubt:
    """Return how far *trail* is from telling the whole life of *now*; *told* is what its history says by now."""
    story = read_story(now, desk, trail.changes)
    if story is None or _enters_too_far(now, story[0].level) or lacks_told(trail, told):
        return Doubt.GRAVE
    if not all(_is_whole(now, trail, kind) for kind in REFS):
        return Doubt.GRAVE
    return _ends_early(now, trail)


def lacks_told(trail: Trail, told: Sequence[Event]) -> bool:
    """Say whether entries that *told* came from are not in *trail*."""
    entries = {(change.kind, change.at) for change in trail.changes}
    entered = {event.at for event in told if event.kind is Kind.ENTERED}
    return any(
        event.origin is Origin.AUDIT
        and event.kind in KINDS
        and (event.kind, event.at) not in entries
        and event.at not in entered  # what it entered with is told without an entry
        for event in told
    )


def tells_more(before: Ticket, now: Ticket, trail: Trail, desk: Desk, told_at: Collection[datetime]) -> bool:
    """Say whether *trail* tells the whole story, with a status before the last sight that no event *told_at* tells."""
    known = (c.at for c in trail.changes if c.kind is Kind.STATUS and c.at <= before.last_updated_at)
    return any(at not in told_at for at in known) and read_story(now, desk, trail.changes) is not None


def _leads(before: Ticket, now: Ticket, trail: Trail, kind: Kind) -> bool:
    """Say whether the changes of one kind lead from the sight before to the one now."""
    was, has = held_in(before, kind), held_in(now, kind)
    if was is None or has is None:
        return True  # what is not there has no name that an entry could give
    fresh = [change for change in changes_of(now, trail.changes, kind) if change.at > before.last_updated_at]
    if not fresh:
        return was.id == has.id
    return is_linked(fresh) and (fresh[0].before, fresh[-1].after) == (was.name, has.name)


def _is_whole(now: Ticket, trail: Trail, kind: Kind) -> bool:
    changes, has = changes_of(now, trail.changes, kind), held_in(now, kind)
    return not changes or has is None or (is_linked(changes) and changes[-1].after == has.name)


def _enters_too_far(now: Ticket, level: Level | None) -> bool:
    """Say whether the first status told has reached what ConnectWise dates later: an entry before it is missing."""
    reached = Level.NOT_RESPONDED if level is None or level > Level.RESOLVED else level
    dates = ((Level.RESPONDED, now.responded_at), (Level.RESOLUTION_PLAN, now.planned_at))
    return any(said is not None and reached >= stage and said > now.entered_at + SLACK for stage, said in dates)


def _ends_early(now: Ticket, trail: Trail) -> Doubt:
    ends = trail.ends_at is not None and trail.ends_at >= now.last_updated_at - SLACK
    return Doubt.NONE if ends else Doubt.SLIGHT
