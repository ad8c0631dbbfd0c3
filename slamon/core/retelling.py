"""A history told anew: the audit trail of a ticket was read after the ticket was first stored.

What was stored before is superseded, never changed: the event RETOLD stands
before the new telling, and loaders leave out what came earlier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from slamon.core.observe import NOT_TOLD, Desk, StatusChange, read_story
from slamon.core.ticket import Event, Kind, Origin, Ticket

_FROM_TRAIL = (Kind.ENTERED, Kind.STATUS, Kind.NOT_MEASURED)


def retell(
    ticket: Ticket, told: Sequence[Event], desk: Desk, trail: Sequence[StatusChange], at: datetime
) -> list[Event]:
    """Return RETOLD and the whole history of *ticket* after it; nothing where *trail* tells what was *told*.

    *told* is the history as it stands; *ticket* is stored, so *trail* may know
    more than it. Statuses come from the trail if it tells all of them; else
    what was seen by polling stays, and the ticket is not measured for good.
    All else stays as it was told.
    """
    story = read_story(ticket, desk, trail)
    if story is None:
        telling = [_for_good(event) for event in told]
    else:
        kept = (replace(event, seq=None) for event in told if event.kind not in _FROM_TRAIL)
        telling = sorted([*story, *kept], key=lambda event: event.at)
    if _gist(telling) == _gist(told):
        return []
    retold = Event(ticket.id, Kind.RETOLD, at, at, Origin.AUDIT, name="its audit trail was read")
    return [retold, *telling]


def _for_good(event: Event) -> Event:
    return replace(event, seq=None, name=NOT_TOLD if event.kind is Kind.NOT_MEASURED else event.name)


def _gist(events: Sequence[Event]) -> list[tuple[object, ...]]:
    """Return what the trail decides of a history: its statuses and whether it is measured."""
    told = (event for event in events if event.kind in _FROM_TRAIL)
    return [(event.kind, event.at, event.level, event.name) for event in told]
