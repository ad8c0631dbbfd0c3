"""Whole days of goals as columns: made of the rows, read in place of them, and never when a row has changed since."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, delete, func, select

from slamon.core.goals import NEVER
from slamon.core.ticket import STAGES
from slamon.ports.goals import By
from slamon.store.bulk import insert_rows
from slamon.store.goal_blob import pack, unpack
from slamon.store.goal_part import COLUMNS, Part, in_order, join_parts, part_of, pick
from slamon.store.goal_stamps import DAY_SECONDS
from slamon.store.select import among, raw
from slamon.store.tables import goal_days, outcomes, tickets

_COLUMNS = ("tenant", "day", "stale", "rows", "started_from", "started_until", "due_from", "due_until", "body")
_LAST_DAY = 2**31 - 1  # as far as the column goes


@dataclass(frozen=True, slots=True)
class Wanted:
    """Goals of which the instant *by* may lie in [begin, end) and that began before *started_before*; epoch seconds."""

    by: By
    begin: int
    end: int
    started_before: int = NEVER

    @property
    def rows(self) -> list[ColumnElement[bool]]:
        """The conditions on rows."""
        column, started = raw(outcomes, ("at" if self.by == "ended_at" else self.by, "started_at"))
        return [column >= self.begin, column < self.end, started < self.started_before]

    @property
    def days(self) -> list[ColumnElement[bool]]:
        """The conditions on days as a whole."""
        began = raw(goal_days, ["started_from"])[0] < self.started_before
        if self.by == "ended_at":
            return [*self._bounds(goal_days.c.day), began]
        least, most = raw(goal_days, (f"{self.by[:-3]}_from", f"{self.by[:-3]}_until"))
        return [least < self.end, most >= self.begin, began]

    def _bounds(self, day: ColumnElement[int]) -> list[ColumnElement[bool]]:
        return [day >= self.begin // DAY_SECONDS, day <= min((self.end - 1) // DAY_SECONDS, _LAST_DAY)]


def walk_parts(connection: Connection, tenant: str, wanted: Wanted) -> Iterator[Part]:
    """Yield what is wanted, and more, a day or a stretch of days at a time by when goals ended; gone rows too."""
    query = select(goal_days.c.day, goal_days.c.stale).where(goal_days.c.tenant == tenant)
    chosen = set(connection.scalars(select(goal_days.c.day).where(goal_days.c.tenant == tenant, *wanted.days)))
    after = 0
    for day, stale in connection.execute(query.order_by(goal_days.c.day)).all():
        begins, ends = day * DAY_SECONDS, (day + 1) * DAY_SECONDS
        parts = list(_load_rows(connection, tenant, after, ends if stale else begins, wanted))
        if day in chosen:
            parts += _orphans(connection, tenant, day) if stale else [_load_day(connection, tenant, day)]
        yield from parts if len(parts) < 2 or not stale else [in_order(join_parts(parts))]
        after = ends
    yield from _load_rows(connection, tenant, after, NEVER, wanted)


def _load_day(connection: Connection, tenant: str, day: int) -> Part:
    mine = (goal_days.c.tenant == tenant, goal_days.c.day == day)
    return unpack(connection.execute(select(goal_days.c.body).where(*mine)).scalar_one())


def _load_rows(connection: Connection, tenant: str, begin: int, end: int, wanted: Wanted) -> Iterator[Part]:
    if wanted.by == "ended_at":
        begin, end = max(begin, wanted.begin), min(end, wanted.end)
    if begin < end:
        rows = _rows(connection, tenant, begin, end, wanted.rows)
        if rows:
            yield in_order(part_of(rows))


def _rows(
    connection: Connection, tenant: str, begin: int, end: int, conditions: Sequence[ColumnElement[bool]] = ()
) -> Sequence[Any]:
    at = raw(outcomes, ["at"])[0]
    query = select(*raw(outcomes, COLUMNS)).where(outcomes.c.tenant == tenant, at >= begin, at < end, *conditions)
    return connection.execute(query).all()


# --- making them ------------------------------------------------------------------------------------


def next_day_to_pack(connection: Connection, tenant: str, after: int, before: int) -> int | None:
    """Return the first day after *after* and before *before* that has goals, and no columns that are fresh."""
    fresh = (goal_days.c.tenant == tenant, ~goal_days.c.stale)
    packed = set(connection.scalars(select(goal_days.c.day).where(*fresh)))
    stale = select(func.min(goal_days.c.day)).where(
        goal_days.c.tenant == tenant, goal_days.c.stale, goal_days.c.day > after
    )
    new = _next_day(connection, tenant, after)
    while new is not None and new in packed:
        new = _next_day(connection, tenant, new)
    return min((each for each in (new, connection.scalar(stale)) if each is not None and each < before), default=None)


def _next_day(connection: Connection, tenant: str, after: int) -> int | None:
    """Return the first day after *after* in which a goal ended; the index leads there."""
    at = raw(outcomes, ["at"])[0]
    seek = select(func.min(at)).where(outcomes.c.tenant == tenant, at >= (after + 1) * DAY_SECONDS)
    first: int | None = connection.scalar(seek)
    return None if first is None else first // DAY_SECONDS


def pack_day(connection: Connection, tenant: str, day: int, leaving: Collection[tuple[int, int]] = ()) -> int:
    """
    Make the columns of *day* anew from its rows, and what they alone still hold; return how many rows they have.

    In the transaction in which the tenant's writers follow each other: nobody changes a row meanwhile. The excused
    goals *leaving*, (ticket, stage), are marked so for good, for what was said of them is about to be deleted.
    """
    part = part_of(_rows(connection, tenant, day * DAY_SECONDS, (day + 1) * DAY_SECONDS))
    whole = in_order(join_parts([_marked(part, leaving), *_orphans(connection, tenant, day)]))
    mine = (goal_days.c.tenant == tenant, goal_days.c.day == day)
    if not len(whole.goals):
        connection.execute(delete(goal_days).where(*mine))
        return 0
    row = (
        tenant,
        day,
        False,
        len(whole.goals),
        *_bounds(whole.goals.started_at),
        *_bounds(whole.goals.due_at),
        pack(whole),
    )
    insert_rows(connection, goal_days, [row], columns=_COLUMNS, conflict="update")
    return len(whole.goals)


def _bounds(instants: Any) -> tuple[int | None, int | None]:  # noqa: ANN401  (an array of int64)
    some = instants[instants != NEVER]
    return (int(some.min()), int(some.max())) if len(some) else (None, None)


def _marked(part: Part, leaving: Collection[tuple[int, int]]) -> Part:
    if not leaving:
        return part
    keys = np.array([ticket * len(STAGES) + stage for ticket, stage in leaving], dtype=np.int64)
    exempt = np.isin(part.goals.ticket_id * len(STAGES) + part.goals.stage, keys)
    return replace(part, goals=replace(part.goals, exempt=exempt))


def _orphans(connection: Connection, tenant: str, day: int) -> list[Part]:
    """Return what the columns of *day* hold of tickets that are no longer kept."""
    query = select(goal_days.c.body).where(goal_days.c.tenant == tenant, goal_days.c.day == day)
    body = connection.scalar(query)
    if body is None:
        return []
    part = unpack(body)
    ids = np.unique(part.goals.ticket_id)
    there = among(connection, tickets.c.id, ids.tolist())
    kept = np.array(list(connection.scalars(select(tickets.c.id).where(tickets.c.tenant == tenant, there))), np.int64)
    gone = ~np.isin(part.goals.ticket_id, kept)
    return [pick(part, gone)] if gone.any() else []


def keep_leaving(
    connection: Connection, tenant: str, ids: Collection[int], exempt: Collection[tuple[int, int]]
) -> None:
    """Have columns hold the goals of the tickets *ids*, whose rows are about to be deleted."""
    at = raw(outcomes, ["at"])[0]
    own = select(at, outcomes.c.ticket_id).where(
        outcomes.c.tenant == tenant, among(connection, outcomes.c.ticket_id, ids)
    )
    rows = connection.execute(own).all()
    fresh = set(connection.scalars(select(goal_days.c.day).where(goal_days.c.tenant == tenant, ~goal_days.c.stale)))
    excused = {ticket for ticket, _ in exempt}.intersection(ids)
    days = {at // DAY_SECONDS for at, ticket in rows if at // DAY_SECONDS not in fresh or ticket in excused}
    leaving = [key for key in exempt if key[0] in excused]
    for day in sorted(days):
        pack_day(connection, tenant, day, leaving)
