"""A history told anew: the audit trail of a ticket was read after the ticket was first stored.

What was stored before is superseded, never changed: the event RETOLD stands
before the new telling, and loaders leave out what came earlier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from slamon.core.facts import MOVES_TERMS
from slamon.core.observe import NOT_TOLD, Desk, read_story
from slamon.core.ticket import Event, Kind, Origin, Ticket
from slamon.core.trail import REFS, TrailChange

_FROM_TRAIL = (Kind.ENTERED, Kind.STATUS, Kind.NOT_MEASURED)


def retell(
    ticket: Ticket, told: Sequence[Event], desk: Desk, trail: Sequence[TrailChange], at: datetime, holds: str
) -> list[Event]:
    """Return RETOLD and the whole history of *ticket* after it; nothing where *trail* tells what was *told*.

    *told* is the history as it stands; *ticket* is stored, so *trail* may know
    more than it; *holds* are the terms chosen for it now. Statuses come from the trail if it tells all of them; else
    what was seen by polling stays, and the ticket is not measured for good.
    Priorities and boards come from it likewise; then there are no TERMS in what
    is returned, and they have to be chosen for all of it. All else stays as it was told.
    """
    story = read_story(ticket, desk, trail)
    if story is None:
        telling = [_for_good(event) for event in told]
    else:
        moves = [event for event in story if event.kind in REFS]
        if not _tells_all_promises(moves, told, holds):
            moves = []
        gone = (*_FROM_TRAIL, *REFS, Kind.TERMS) if moves else _FROM_TRAIL
        kept = (replace(event, seq=None) for event in told if event.kind not in gone)
        statuses = (event for event in story if event.kind not in REFS)
        telling = sorted([*statuses, *moves, *kept], key=lambda event: event.at)
    if _gist(telling) == _gist(told):
        return []
    retold = Event(ticket.id, Kind.RETOLD, at, at, Origin.AUDIT, name="its audit trail was read")
    return [retold, *telling]


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


def _gist(events: Sequence[Event]) -> list[tuple[object, ...]]:
    """Return what the trail decides of a history: statuses, priorities, boards and whether it is measured."""
    told = (event for event in events if event.kind in (*_FROM_TRAIL, *REFS))
    return [(event.kind, event.at, event.level, event.name) for event in told]
