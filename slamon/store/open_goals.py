"""Goals that were open at an instant, as it was known at that or another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, select

from slamon.core.facts import facts_at
from slamon.core.goals import NEVER, Goals, State
from slamon.core.policy import Terms
from slamon.core.reading import Reading
from slamon.core.ticket import Kind, Stage, Ticket
from slamon.errors import KnowledgeGoneError
from slamon.ports.goals import By
from slamon.store import codec
from slamon.store.bulk import Row
from slamon.store.evaluations import load_readings_at
from slamon.store.goal_days import Wanted, walk_parts
from slamon.store.goal_part import COLUMNS, known_rows, ordered, part_of
from slamon.store.goals import as_of_then, load_lens
from slamon.store.outcome_rows import FACTS, facts_of
from slamon.store.pruned import load_pruned_before
from slamon.store.select import among
from slamon.store.tables import events, tickets
from slamon.store.tickets import load_events
from slamon.store.types import to_seconds, to_seconds_or_none
from slamon.store.versions import load_terms

_FACT_KINDS = (Kind.PRIORITY, Kind.SLA, Kind.BOARD, Kind.COMPANY, Kind.AGREEMENT, Kind.OWNER)


def load_open_at(connection: Connection, tenant: str, at: datetime, known_at: datetime) -> Goals:
    """Return the goals that had started before *at* and not ended by it, as open and in order."""
    moment = to_seconds(at)
    still = load_still_open(connection, tenant, known_at)
    lens = load_lens(connection, tenant, known_at)
    later = [
        as_of_then(lens.read(part, known_rows(part.goals, to_seconds(known_at)) & (part.goals.ended_at >= moment)))
        for part in walk_parts(connection, tenant, Wanted("ended_at", moment, NEVER, started_before=moment))
    ]
    goals = Goals.join([*later, still])
    goals = goals.take(goals.started_at < moment)
    opened = np.full(len(goals), int(State.OPEN), np.int8)
    return ordered(replace(goals, state=opened, ended_at=np.full(len(goals), NEVER)))


def load_still_open(
    connection: Connection,
    tenant: str,
    known_at: datetime,
    between: tuple[By, datetime, datetime] | None = None,
) -> Goals:
    """Return the goals that were open by the newest readings at *known_at*, of these those *between*."""
    _refuse_forgotten(connection, known_at)
    readings = load_readings_at(connection, tenant, known_at)
    facts = _load_facts(connection, tenant, [reading.ticket_id for reading in readings], known_at)
    terms = load_terms(connection, {reading.terms for reading in readings})
    rows = [row for reading in readings for row in _rows(reading, facts[reading.ticket_id], terms.get(reading.terms))]
    part = part_of(rows)
    chosen = np.ones(len(rows), np.bool_)
    if between is not None:
        instants = getattr(part.goals, between[0])
        chosen = (instants >= to_seconds(between[1])) & (instants < to_seconds(between[2]))
    return ordered(load_lens(connection, tenant, known_at).read(part, chosen))


def _rows(reading: Reading, facts: Mapping[str, object], terms: Terms | None) -> list[Row]:
    """Return the open goals of *reading* in the order of COLUMNS."""
    found = []
    for stage in Stage:
        goal = reading.stage(stage)
        if not goal.is_open:
            continue
        own = {
            **facts,
            "ticket_id": reading.ticket_id,
            "stage": int(stage),
            "cycle": reading.cycle,
            "outcome": State.OPEN.name.lower(),
            "started_at": to_seconds(reading.started_at),
            "due_at": to_seconds_or_none(goal.due_at),
            "goal_seconds": goal.goal_seconds,
            "elapsed_seconds": goal.elapsed_seconds,
            "paused_seconds": reading.paused_seconds,
            "known_at": to_seconds(reading.as_of),
            "percent": None if terms is None else terms.percents.of(stage),
            "terms": reading.terms,
            "policy": "" if terms is None else codec.storable(terms.policy),
        }
        found.append(tuple(own.get(name) for name in COLUMNS))
    return found


def _load_facts(
    connection: Connection, tenant: str, ids: Sequence[int], known_at: datetime
) -> dict[int, dict[str, object]]:
    """Return what was true of the tickets *ids* at *known_at*; of team and type what is true now."""
    query = select(tickets.c.id, tickets.c.facts)
    query = query.where(tickets.c.tenant == tenant, among(connection, tickets.c.id, ids))
    found: dict[int, Ticket] = {row[0]: codec.ticket_from(row[1]) for row in connection.execute(query)}
    moved = select(events.c.ticket_id).where(
        events.c.tenant == tenant,
        among(connection, events.c.ticket_id, ids),
        events.c.at > known_at,
        events.c.kind.in_([str(kind) for kind in _FACT_KINDS]),
    )
    changed = set(connection.scalars(moved))
    for number, told in load_events(connection, tenant, changed).items():
        found[number] = facts_at(found[number], told, known_at)
    return {number: dict(zip(FACTS, facts_of(ticket), strict=True)) for number, ticket in found.items()}


def _refuse_forgotten(connection: Connection, known_at: datetime) -> None:
    """Raise where readings of then are gone: a ticket that was open would be missed, and nothing would tell."""
    kept_from = load_pruned_before(connection)
    if kept_from is not None and known_at < kept_from:
        raise KnowledgeGoneError(
            f"which goals were open as known at {known_at:%Y-%m-%d %H:%M} UTC cannot be told: readings before"
            f" {kept_from:%Y-%m-%d %H:%M} UTC are pruned; ask for a later instant, or keep more from now on"
            " ([retention] readings_days)"
        )
