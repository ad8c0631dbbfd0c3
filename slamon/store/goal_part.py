"""Some of a tenant's goals as they are stored, and what becomes of them when they are read for an instant."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from slamon.core.goals import FACTS, NEVER, NO_GOAL, NONE_NAMED, Flags, Goals, Names, State
from slamon.core.ticket import STAGES
from slamon.store.tables.outcome import NAMED

Numbers = tuple[int | None, ...]
_STATES = {state.name.lower(): int(state) for state in State}
_NO_PERCENT = -1

COLUMNS = (
    *("ticket_id", "stage", "cycle", "outcome", "started_at", "due_at", "at", "goal_seconds", "elapsed_seconds"),
    *("paused_seconds", "known_at", "gone_at", "percent", "terms", *FACTS, *(f"{kind}_id" for kind in NAMED)),
)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Goals as stored, gone ones too. In *ids* stand, for each of NAMED, the numbers of the names in its table."""

    goals: Goals
    ids: Mapping[str, Numbers]


def part_of(rows: Sequence[Sequence[Any]]) -> Part:
    """Return *rows* of COLUMNS, instants as epoch seconds, as columns."""
    own = dict(zip(COLUMNS, zip(*rows, strict=True) if rows else ((),) * len(COLUMNS), strict=True))

    def ints(name: str, kind: type[np.signedinteger[Any]], none: int = 0) -> Any:  # noqa: ANN401
        return np.array([none if value is None else value for value in own[name]], dtype=kind)

    facts = {name: Names.of([value or NONE_NAMED for value in own[name]]) for name in FACTS if name not in NAMED}
    ids: dict[str, Numbers] = {}
    for kind in NAMED:
        facts[kind], ids[kind] = _numbered(own[kind], own[f"{kind}_id"])
    goals = Goals(
        ticket_id=ints("ticket_id", np.int64),
        stage=ints("stage", np.int8),
        cycle=ints("cycle", np.int32),
        state=np.array([_STATES[outcome] for outcome in own["outcome"]], dtype=np.int8),
        started_at=ints("started_at", np.int64),
        due_at=ints("due_at", np.int64, NEVER),
        ended_at=ints("at", np.int64, NEVER),
        goal_seconds=ints("goal_seconds", np.int64, NO_GOAL),
        elapsed_seconds=ints("elapsed_seconds", np.int64),
        paused_seconds=ints("paused_seconds", np.int64),
        exempt=np.zeros(len(rows), np.bool_),
        known_at=ints("known_at", np.int64),
        gone_at=ints("gone_at", np.int64, NEVER),
        percent=ints("percent", np.int16, _NO_PERCENT),
        terms=Names.of(list(own["terms"])),
        facts={name: facts[name] for name in FACTS},
    )
    return Part(goals, ids)


def _numbered(called: Sequence[str | None], numbers: Sequence[int | None]) -> tuple[Names, Numbers]:
    """Return names that are told apart by their numbers too: the table may have a name twice."""
    pairs = [(name or NONE_NAMED, number) for name, number in zip(called, numbers, strict=True)]
    table = {pair: place for place, pair in enumerate(dict.fromkeys(pairs))}
    codes = np.array([table[pair] for pair in pairs], dtype=np.int32)
    return Names(codes, tuple(name for name, _ in table)), tuple(number for _, number in table)


@dataclass(frozen=True, slots=True)
class Lens:
    """What is known at one instant besides the goals: newest names by (kind, id), and (ticket, stage) excused."""

    names: Mapping[tuple[str, int], str]
    exempt: Collection[tuple[int, int]]

    def read(self, part: Part, rows: Flags) -> Goals:
        """Return the *rows* of *part* with the names that are known and what was excused."""
        goals = part.goals if rows.all() else part.goals.take(rows)
        facts = {**goals.facts, **{kind: self._named(kind, goals.facts[kind], part.ids[kind]) for kind in NAMED}}
        return replace(goals, facts=facts, exempt=goals.exempt | self._excused(goals))

    def _named(self, kind: str, stored: Names, numbers: Numbers) -> Names:
        known = zip(stored.table, numbers, strict=True)
        newest = [name if number is None else self.names.get((kind, number), name) for name, number in known]
        table = Names.of(newest)
        return table.take(stored.codes) if len(newest) else table

    def _excused(self, goals: Goals) -> Flags:
        if not self.exempt:
            return np.zeros(len(goals), np.bool_)
        keys = np.array([ticket * len(STAGES) + stage for ticket, stage in self.exempt], dtype=np.int64)
        return np.isin(goals.ticket_id * len(STAGES) + goals.stage, keys)


def known_rows(goals: Goals, known_at: int) -> Flags:
    """Say which were known at *known_at*, epoch seconds, and not gone by then."""
    found: Flags = (goals.known_at <= known_at) & (goals.gone_at > known_at)
    return found


def pick(part: Part, rows: Flags) -> Part:
    """Return the *rows* of *part*."""
    return replace(part, goals=part.goals.take(rows))


def in_order(part: Part) -> Part:
    """Return *part* by when its goals ended, then ticket, stage, cycle and since when it was known."""
    return replace(part, goals=ordered(part.goals))


def ordered(goals: Goals) -> Goals:
    order = np.lexsort((goals.known_at, goals.cycle, goals.stage, goals.ticket_id, goals.ended_at))
    return goals.take(order)


def join_parts(parts: Sequence[Part]) -> Part:
    """Return the rows of all *parts*, names that numbers tell apart kept apart."""
    if len(parts) == 1:
        return parts[0]
    joined = Goals.join([part.goals for part in parts])
    facts, ids = dict(joined.facts), {}
    for kind in NAMED:
        called, numbers = [], []
        for part in parts:
            names = part.goals.facts[kind]
            called += [names.table[code] for code in names.codes]
            numbers += [part.ids[kind][code] for code in names.codes]
        facts[kind], ids[kind] = _numbered(called, numbers)
    return Part(replace(joined, facts=facts), ids)
