"""From stored events to the steps of a clock: what each kind of event means for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from slamon.core.history import NONE, Mark, Step
from slamon.core.ticket import Kind, Level
from slamon.errors import HistoryError


class EventRow(NamedTuple):
    """An event as the clock needs it; `at` is epoch seconds, UTC."""

    at: int
    kind: str
    level: int | None
    terms: str | None


_MARKS = {
    Kind.RESPONDED: Mark.SAID_RESPOND,
    Kind.PLANNED: Mark.SAID_PLAN,
    Kind.NOT_MEASURED: Mark.NOT_MEASURED,
}


def steps_of(
    ticket_id: int, rows: Iterable[EventRow], terms: Mapping[str, int]
) -> tuple[int | None, list[Step], list[int]]:
    """Return (start or None, steps, for each step the place of its row) of one ticket.

    *rows* are in order of time, then as learnt; *terms* gives the index of each version.
    While a ticket is out of scope its statuses move nothing.

    Raises:
        HistoryError: The rows do not begin with an entry, or hold no terms.
    """
    start: int | None = None
    steps: list[Step] = []
    places: list[int] = []
    cancelled = False
    for place, row in sorted(enumerate(rows), key=_order):
        kind = Kind(row.kind)
        if kind is Kind.STARTED:
            start = row.at
            continue
        cancelled = kind is Kind.CANCELLED or (cancelled and kind is not Kind.RESTORED)
        step = _step(kind, row, terms, cancelled)
        if step is not None:
            steps.append(step)
            places.append(place)
    if not steps or steps[0].level == NONE:
        raise HistoryError(f"ticket {ticket_id}: its history does not begin with an entry")
    first_terms = next((step.terms for step in steps if step.terms != NONE), None)
    if first_terms is None:
        raise HistoryError(f"ticket {ticket_id}: no terms were chosen for it yet")
    # The first terms hold from the entry on, whenever they were chosen.
    steps[0] = Step(steps[0].at, steps[0].level, first_terms, steps[0].marks)
    return start, steps, places


def _order(placed: tuple[int, EventRow]) -> tuple[int, int]:
    """Terms chosen in the second of a milestone are in force at it; the entry comes before all."""
    row = placed[1]
    return row.at, 0 if row.kind == Kind.ENTERED else 1 if row.kind == Kind.TERMS else 2


def _step(kind: Kind, row: EventRow, terms: Mapping[str, int], cancelled: bool) -> Step | None:
    if kind is Kind.TERMS and row.terms is not None:
        return Step(row.at, terms=terms[row.terms])
    if kind in _MARKS:
        return Step(row.at, marks=int(_MARKS[kind]))
    if kind is Kind.CANCELLED:
        return Step(row.at, int(Level.OUT_OF_SCOPE))
    if kind is Kind.RESOLVED:
        return Step(row.at) if cancelled else Step(row.at, int(Level.RESOLVED))
    if kind in (Kind.ENTERED, Kind.STATUS, Kind.RESTORED) and row.level is not None:
        return Step(row.at) if cancelled else Step(row.at, row.level)
    return None
