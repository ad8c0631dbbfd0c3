"""Marks that goals were seen to have passed, and what people said of goals."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, insert, select

from slamon.core.climb_news import Outcome
from slamon.core.intervention import Intervention, Said
from slamon.core.ticket import Stage
from slamon.ports import RungRecord
from slamon.store import codec
from slamon.store.bulk import insert_rows
from slamon.store.select import among
from slamon.store.tables import interventions, rungs
from slamon.store.types import to_seconds

_RUNG = ("tenant", "ticket_id", "stage", "version", "mark", "at", "seen_at", "outcome")


def save_rungs(connection: Connection, tenant: str, records: Sequence[RungRecord]) -> None:
    """Store marks; one that is known stays as it was first seen."""
    rows = {
        (each.ticket_id, each.stage, each.version, each.mark): (
            *(tenant, each.ticket_id, int(each.stage), each.version, each.mark),
            *(to_seconds(each.at), to_seconds(each.seen_at), str(each.outcome)),
        )
        for each in records
    }
    insert_rows(connection, rungs, list(rows.values()), columns=_RUNG, conflict="ignore")


def load_marks(connection: Connection, tenant: str, ids: Collection[int]) -> set[tuple[int, int, int, str]]:
    key = rungs.c.ticket_id, rungs.c.stage, rungs.c.version, rungs.c.mark
    query = select(*key).where(rungs.c.tenant == tenant, among(connection, rungs.c.ticket_id, ids))
    return {(row[0], row[1], row[2], row[3]) for row in connection.execute(query)}


def load_rungs(connection: Connection, tenant: str, ticket_id: int) -> list[RungRecord]:
    columns = (rungs.c[name] for name in _RUNG[1:])
    query = select(*columns).where(rungs.c.tenant == tenant, rungs.c.ticket_id == ticket_id)
    rows = connection.execute(query.order_by(rungs.c.at, rungs.c.seen_at, rungs.c.stage, rungs.c.mark))
    return [RungRecord(row[0], Stage(row[1]), row[2], row[3], row[4], row[5], Outcome(row[6])) for row in rows]


def save_interventions(connection: Connection, tenant: str, said: Sequence[Intervention]) -> None:
    rows = [
        {
            "tenant": tenant,
            "ticket_id": each.ticket_id,
            "stage": int(each.stage),
            "version": each.version,
            "said": str(each.said),
            "at": each.at,
            "until": each.until,
            "by": codec.storable(each.by),
            "reason": codec.storable(each.reason),
        }
        for each in said
    ]
    if rows:
        connection.execute(insert(interventions), rows)


def load_interventions(connection: Connection, tenant: str, ids: Collection[int]) -> dict[int, list[Intervention]]:
    """Return what was said of each of the tickets *ids* of which something was, in the order in which it was."""
    names = ("ticket_id", "stage", "version", "said", "at", "by", "until", "reason")
    mine = (interventions.c.tenant == tenant, among(connection, interventions.c.ticket_id, ids))
    query = select(*(interventions.c[name] for name in names)).where(*mine).order_by(interventions.c.id)
    found: dict[int, list[Intervention]] = {}
    for row in connection.execute(query):
        each = Intervention(row[0], Stage(row[1]), row[2], Said(row[3]), *row[4:])
        found.setdefault(each.ticket_id, []).append(each)
    return found
