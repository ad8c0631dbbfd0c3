"""The facts that promises depend on, as they were after each of a ticket's events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from msgspec import structs

from slamon.core.ticket import Event, Kind, Ref, Ticket

_FIELDS = {
    Kind.PRIORITY: "priority",
    Kind.SLA: "sla",
    Kind.BOARD: "board",
    Kind.COMPANY: "company",
    Kind.AGREEMENT: "agreement",
}
MOVES_TERMS = tuple(_FIELDS)


def facts_over_time(before: Ticket | None, now: Ticket, events: Sequence[Event]) -> list[tuple[datetime, Ticket]]:
    """Return (since when, the ticket as it then was) for each instant at which *events* move its promise, in order.

    *before* is what was known when they began; without it they tell from the entry on. The last is *now*.
    """
    moves = sorted((event for event in events if event.kind in _FIELDS), key=lambda event: event.at)
    facts = now
    for kind in {event.kind for event in moves}:
        facts = _with(facts, kind, getattr(before or now, _FIELDS[kind]), (before, now))
    found: list[tuple[datetime, Ticket]] = []
    for at, together in groupby(moves, key=lambda event: event.at):
        for event in together:
            value = None if event.id is None else Ref(event.id, event.name)
            facts = _with(facts, event.kind, value, (before, now))
        found.append((at, facts))
    return [*found[:-1], (found[-1][0], now)] if found else []


def _with(facts: Ticket, kind: Kind, value: Ref | None, sights: tuple[Ticket | None, Ticket]) -> Ticket:
    """Return *facts* with another value, and what goes along with it where one of the two *sights* shows it."""
    field = _FIELDS[kind]
    number = value.id if value else None
    shown = next((t for t in sights if t and (held := getattr(t, field)) is not None and held.id == number), None)
    along: dict[str, object] = {}
    if kind is Kind.PRIORITY:
        along = {"priority_sort": shown.priority_sort if shown else None}
    elif kind is Kind.COMPANY:
        along = {"company_identifier": shown.company_identifier if shown else ""}
    return structs.replace(facts, **{field: value, **along})


@dataclass(frozen=True, slots=True)
class Facts:
    """What a promise depended on for a while. `holes` are kinds of which no event tells what it was: it is as now."""

    ticket: Ticket
    holes: frozenset[Kind] = frozenset()


def facts_since_entry(
    now: Ticket, moves: Sequence[tuple[datetime, Kind, Ref | None]]
) -> tuple[Facts, list[tuple[datetime, Facts]]]:
    """Return the facts of the entry, and (since when, facts) for each instant of *moves*, which are in order.

    Where nothing tells what was before the first move of a kind, there is a hole: what it became later says nothing.
    """
    holes = {kind for _, kind, _ in moves}
    entered, facts, found = Facts(now, frozenset(holes)), now, list[tuple[datetime, Facts]]()
    for at, together in groupby(moves, key=itemgetter(0)):
        for _, kind, value in together:
            facts = _with(facts, kind, value, (None, now))
            holes.discard(kind)
        then = Facts(facts, frozenset(holes))
        if at <= now.entered_at:
            entered = then
        found.append((at, then))
    return entered, found


UNKNOWN = "?"


def facts_at(now: Ticket, events: Sequence[Event], at: datetime) -> Ticket:
    """Return *now* with board, company, priority, agreement, SLA and owner as they were at *at*, by *events* in order.

    What changed since, without a word of what it was before, is called "?".
    """
    changes: dict[str, object] = {}
    for kind, field in {**_FIELDS, Kind.OWNER: "owner"}.items():
        told = [event for event in events if event.kind is kind]
        past = [event for event in told if event.at <= at]
        if len(past) == len(told):
            continue
        last = past[-1] if past else None
        if field == "owner":
            changes[field] = last.name if last else UNKNOWN
        elif last is None:
            changes[field] = Ref(0, UNKNOWN)
        else:
            changes[field] = None if last.id is None else Ref(last.id, last.name)
    return structs.replace(now, **changes) if changes else now
