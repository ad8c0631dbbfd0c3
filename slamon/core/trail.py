"""What a ticket's audit trail is believed to tell: whole chains of changes, by name, that lead to what is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from slamon.core.reference import Reference
from slamon.core.ticket import Event, Kind, Origin, Ref, Ticket

REFS = (Kind.PRIORITY, Kind.BOARD)  # besides the status


@dataclass(frozen=True, slots=True)
class TrailChange:
    """A change as an audit trail tells it, by name. `at` is aware, UTC."""

    at: datetime
    before: str
    after: str
    kind: Kind = Kind.STATUS


@dataclass(frozen=True, slots=True)
class Trail:
    """An audit trail as it was answered: its changes, oldest first, and when its newest entry of any kind was made."""

    changes: Sequence[TrailChange] = ()
    ends_at: datetime | None = None


def changes_of(now: Ticket, trail: Sequence[TrailChange], kind: Kind) -> list[TrailChange]:
    """Return the changes of one kind that *now* shows: the trail was asked for later and may know more."""
    own = [change for change in trail if change.kind is kind]
    known = [change for change in own if change.at <= now.last_updated_at]
    ahead = own[len(known) :]
    leads = known[-1].after if known else ahead[0].before if ahead else ""
    has = held_in(now, kind)
    return known if has is not None and leads == has.name else own


def is_linked(changes: Sequence[TrailChange]) -> bool:
    return all(sooner.after == later.before for sooner, later in pairwise(changes))


def tell_from_entry(now: Ticket, trail: Sequence[TrailChange], kind: Kind, reference: Reference) -> list[Event]:
    """Return what *now* entered with and each change since; nothing unless the trail tells all of it."""
    changes = changes_of(now, trail, kind)
    values = _values(now, changes, kind, reference)
    if not values or changes[0].at < now.entered_at:
        return []
    return [
        _event(now, kind, at, ref)
        for at, ref in zip([now.entered_at, *(change.at for change in changes)], values, strict=True)
    ]


def tell_since(
    before: Ticket, now: Ticket, trail: Sequence[TrailChange], kind: Kind, reference: Reference
) -> list[Event]:
    """Return each change since *before*; nothing unless the trail leads from what that had to what *now* has."""
    fresh = [change for change in changes_of(now, trail, kind) if change.at > before.last_updated_at]
    values, had = _values(now, fresh, kind, reference), held_in(before, kind)
    if not values or had is None or values[0].id != had.id:
        return []
    return [_event(now, kind, change.at, ref) for change, ref in zip(fresh, values[1:], strict=True)]


def _values(now: Ticket, changes: Sequence[TrailChange], kind: Kind, reference: Reference) -> list[Ref]:
    """Return what stood before the first of *changes*, and after each; nothing if one is in doubt.

    A name is believed only where it is that of exactly one record today.
    """
    if not changes or not is_linked(changes):
        return []
    found = [_named(reference, kind, name) for name in (changes[0].before, *(change.after for change in changes))]
    values, has = [ref for ref in found if ref is not None], held_in(now, kind)
    return values if len(values) == len(found) and has is not None and values[-1].id == has.id else []


def _named(reference: Reference, kind: Kind, name: str) -> Ref | None:
    table = reference.priorities if kind is Kind.PRIORITY else reference.boards
    same = [Ref(row.id, row.name) for row in table.values() if row.name.casefold() == name.casefold()]
    return same[0] if len(same) == 1 else None


def held_in(ticket: Ticket, kind: Kind) -> Ref | None:
    """Return the status, priority or board of *ticket*."""
    if kind is Kind.STATUS:
        return ticket.status
    return ticket.priority if kind is Kind.PRIORITY else ticket.board


def _event(ticket: Ticket, kind: Kind, at: datetime, ref: Ref) -> Event:
    return Event(ticket.id, kind, at, at, Origin.AUDIT, ref.id, ref.name)
