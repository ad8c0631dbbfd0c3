"""Goals that are over, as columns and as they were known at an instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, select

from slamon.core.goals import NEVER, Goals
from slamon.core.intervention import Intervention, Said, standing
from slamon.core.ticket import Stage
from slamon.ports.goals import By
from slamon.store.goal_days import Wanted, walk_parts
from slamon.store.goal_names import load_names
from slamon.store.goal_part import Lens, known_rows
from slamon.store.tables import interventions
from slamon.store.types import to_seconds

_EXEMPTIONS = (Said.EXEMPT, Said.UNEXEMPT)


def load_ended(
    connection: Connection, tenant: str, since: datetime, until: datetime, known_at: datetime, by: By
) -> Goals:
    """Return the goals that are over of which the instant *by* lies in [since, until), in order."""
    lens, moment = load_lens(connection, tenant, known_at), to_seconds(known_at)
    begin, end = to_seconds(since), to_seconds(until)
    parts = []
    for part in walk_parts(connection, tenant, Wanted(by, begin, end)):
        instants = getattr(part.goals, by)
        rows = known_rows(part.goals, moment) & (instants >= begin) & (instants < end)
        parts.append(as_of_then(lens.read(part, rows)))
    return Goals.join(parts)


def as_of_then(goals: Goals) -> Goals:
    """Return goals without what was learnt of them later."""
    return replace(goals, gone_at=np.full(len(goals), NEVER))


def load_changes(
    connection: Connection, tenant: str, since: datetime, until: datetime, known_from: datetime, known_until: datetime
) -> Goals:
    lens = load_lens(connection, tenant, known_until)
    begin, end, low, high = map(to_seconds, (since, until, known_from, known_until))
    parts = []
    for part in walk_parts(connection, tenant, Wanted("ended_at", begin, end)):
        goals = part.goals
        came, went = ((at > low) & (at <= high) for at in (goals.known_at, goals.gone_at))
        found = lens.read(part, (came | went) & (goals.ended_at >= begin) & (goals.ended_at < end))
        parts.append(replace(found, gone_at=np.where(found.gone_at > high, NEVER, found.gone_at)))
    return Goals.join(parts)


def load_lens(connection: Connection, tenant: str, known_at: datetime) -> Lens:
    return Lens(load_names(connection, tenant, known_at), load_exempt(connection, tenant, known_at))


def load_exempt(connection: Connection, tenant: str, known_at: datetime) -> set[tuple[int, int]]:
    """Return the (ticket, stage) that people had excused by *known_at*."""
    own = interventions.c
    query = select(own.ticket_id, own.stage, own.version, own.said, own.at, own.by, own.until, own.reason).where(
        own.tenant == tenant, own.said.in_([str(said) for said in _EXEMPTIONS]), own.at <= known_at
    )
    said: dict[tuple[int, int], list[Intervention]] = {}
    for row in connection.execute(query.order_by(own.id)):
        said.setdefault((row[0], row[1]), []).append(
            Intervention(row[0], Stage(row[1]), row[2], Said(row[3]), *row[4:])
        )
    return {
        key
        for key, each in said.items()
        if standing(each, Stage(key[1]), each[-1].version, known_at).exempt is not None
    }
