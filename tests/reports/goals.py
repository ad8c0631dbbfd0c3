"""Goals made by hand, for tests of what is counted and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from slamon.core.goals import FACTS, NEVER, NO_GOAL, Goals, Names, State
from slamon.core.instants import to_epoch


@dataclass(frozen=True, slots=True)
class Row:
    """One goal; instants are epoch seconds."""

    ticket_id: int = 1
    state: State = State.MET
    stage: int = 2
    cycle: int = 0
    started_at: int = 0
    due_at: int = NEVER
    ended_at: int = NEVER
    goal_seconds: int = 3600
    elapsed_seconds: int = 1800
    paused_seconds: int = 0
    exempt: bool = False
    known_at: int = 0
    gone_at: int = NEVER
    percent: int = -1
    terms: str = "t1"
    facts: dict[str, str] = field(default_factory=dict)


_KINDS = {"stage": np.int8, "cycle": np.int32, "state": np.int8, "exempt": np.bool_, "percent": np.int16}
_FACTS = {"board": "Help Desk", "company": "Acme", "priority": "High", "policy": "Gold", "technician": "jane"}


def goals_of(rows: Sequence[Row]) -> Goals:
    columns: dict[str, Any] = {
        name: np.array([getattr(row, name) for row in rows], dtype=_KINDS.get(name, np.int64))
        for name in Row.__slots__
        if name not in ("terms", "facts")
    }
    facts = {fact: Names.of([{**_FACTS, **row.facts}.get(fact, "") for row in rows]) for fact in FACTS}
    return Goals(**columns, terms=Names.of([row.terms for row in rows]), facts=facts)


def seconds(text: str) -> int:
    """Return the epoch seconds of an ISO instant, UTC."""
    return to_epoch(datetime.fromisoformat(text + "+00:00"))


__all__ = ["NEVER", "NO_GOAL", "Row", "State", "goals_of", "seconds"]
