"""A history told anew: the audit trail of a ticket was read after the ticket was first stored.

What was stored before is superseded, never changed: the event RETOLD stands
before the new telling, and loaders leave out what came earlier.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from slamon.core.doubt import lacks_told
from slamon.core.facts import MOVES_TERMS
from slamon.core.observe import NOT_TOLD, Desk, read_story
from slamon.core.ticket import Event, Kind, Origin, Ticket
from slamon.core.trail import REFS, Trail

_FROM_TRAIL = (Kind.ENTERED, Kind.STATUS, Kind.NOT_MEASURED)


def retell(ticket: Ticket, told: Sequence[Event], desk: Desk, trail: Trail, at: datetime, holds: str) -> list[Event]:
    """Return RETOLD and the whole history of *ticket* after it; nothing where *trail* tells what was *told*.

    *told* is the history as it stands; *ticket* is stored, so *trail* may know
    more than it; *holds* are the terms chosen for it now. Statuses come from the trail if it tells all of them and all
    that it told before; else what is told stays, and a ticket that is not measured stays so for good. A status keeps
    the level it was told with. Priorities and boards come from the trail if it tells others; then there are no TERMS
    in what is returned, and they have to be chosen for all of it. All else stays as it was told.
    """
    story = None if lacks_told(trail, told) else read_story(ticket, desk, trail.changes)
    if story is None:
        telling = [_for_good(event) for event in told]
    else:
        moves = [event for event in story if event.kind in REFS]
        if _gist(moves) == _gist(told, REFS) or not _tells_all_promises(moves, told, holds):
            moves = []
        statuses = _as_told([event for event in story if event.kind not in REFS], told)
        gone = (*_FROM_TRAIL, *REFS, Kind.TERMS) if moves else _FROM_TRAIL
        kept = [replace(event, seq=None) for event in told if event.kind not in gone or _still_holds(event, statuses)]
        telling = sorted([*statuses, *moves, *kept], key=lambda event: event.at)
    if _gist(telling) == _gist(told):
        return []
    retold = Event(ticket.id, Kind.RETOLD, at, at, Origin.AUDIT, name="its audit trail was read")
    return [retold, *telling]


def _as_told(statuses: Sequence[Event], told: Sequence[Event]) -> list[Event]:
    """Return *statuses* with the levels they were *told* with: what a status means today says nothing of the past."""
    before = {(event.kind, event.at, event.name): event for event in told if event.not_before == event.at}
    found = ((event, before.get((event.kind, event.at, event.name), event)) for event in statuses)
    return [replace(event, level=same.level, status_map=same.status_map) for event, same in found]


def _still_holds(event: Event, statuses: Sequence[Event]) -> bool:
    """Say whether *event* gave a status another meaning while the ticket stood in it, by *statuses* too."""
    if event.kind is not Kind.STATUS or event.origin is not Origin.SETTINGS:
        return False
    return [status.name for status in statuses if status.at <= event.at][-1:] == [event.name]


def _tells_all_promises(moves: Sequence[Event], told: Sequence[Event], holds: str) -> bool:
    """Say whether *moves* tell what brought each promise told, and the newest would be chosen so today.

    Else what other facts or other settings brought must stay as it is.
    """
    came = {event.at for event in told if event.kind in (Kind.ENTERED, *MOVES_TERMS)}
    terms = [event for event in told if event.kind is Kind.TERMS]
    by_facts = bool(terms) and terms[-1].terms == holds and all(event.at in came for event in terms)
    return by_facts and {e.kind for e in told if e.kind in MOVES_TERMS} <= {e.kind for e in moves}


def _for_good(event: Event) -> Event:
    return replace(event, seq=None, name=NOT_TOLD if event.kind is Kind.NOT_MEASURED else event.name)


def _gist(events: Sequence[Event], kinds: Collection[Kind] = (*_FROM_TRAIL, *REFS)) -> list[tuple[object, ...]]:
    """Return what the trail decides of a history: statuses, priorities, boards, since when, and whether it is measured.

    What priority and board it entered with is left out: the promise of that instant tells it too.
    """
    told = (e for e in events if e.kind in kinds and (e.kind not in REFS or e.at > events[0].at))
    return [(event.kind, event.at, event.not_before, event.level, event.name) for event in told]
