"""Batches: tickets brought together by calendar, in blocks small enough to stay in a processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from slamon.core.history import NONE, Histories
from slamon.core.instants import from_epoch
from slamon.core.segments import Ints
from slamon.core.timeline import Index
from slamon.errors import HistoryError

BLOCK = 8192


def refuse_early(histories: Histories, as_of: Ints) -> None:
    """
    Raises:
        HistoryError: There is no ticket, or one had not entered at its *as_of*.
    """
    if not len(histories):
        raise HistoryError("no ticket to read")
    early = histories.at[histories.first[:-1]] > as_of
    if early.any():
        worst = int(np.argmax(early))
        raise HistoryError(
            f"ticket {histories.ids[worst]} entered at {from_epoch(histories.at[histories.first[worst]])}, "
            f"after {from_epoch(as_of[worst])}"
        )


def split_by_calendar(histories: Histories, as_of: Ints) -> Iterator[tuple[Index, int]]:
    """Yield (rows, calendar) of blocks of tickets on one calendar: that of their newest terms at *as_of*."""
    chosen = histories.terms != NONE
    if int(histories.at.max()) > int(as_of.min()):
        chosen &= histories.at <= np.repeat(as_of, np.diff(histories.first))
    # Terms change seldom: few places to look among, where a pass over all events would look at each.
    places = np.flatnonzero(chosen)
    newest = places[np.searchsorted(places, histories.first[1:]) - 1]
    calendar = histories.table.calendar[histories.terms[newest]]
    order = np.argsort(calendar, kind="stable")
    edges = np.flatnonzero(np.diff(calendar[order])) + 1
    for rows in np.split(order, edges):
        for begin in range(0, len(rows), BLOCK):
            yield rows[begin : begin + BLOCK], int(calendar[rows[0]])


def take(histories: Histories, rows: Index) -> Histories:
    """Return the tickets at *rows*, in that order."""
    if len(rows) == len(histories) and (rows == np.arange(len(rows))).all():
        return histories
    begins = histories.first[rows]
    counts = histories.first[rows + 1] - begins
    first = np.concatenate(([0], np.cumsum(counts)))
    # All of them exist: "clip" spares the check of each.
    events = np.arange(first[-1]) + np.repeat(begins - first[:-1], counts)
    return Histories(
        ids=histories.ids[rows],
        first=first,
        start=histories.start[rows],
        at=histories.at.take(events, mode="clip"),
        level=histories.level.take(events, mode="clip"),
        terms=histories.terms.take(events, mode="clip"),
        marks=histories.marks.take(events, mode="clip"),
        table=histories.table,
    )
