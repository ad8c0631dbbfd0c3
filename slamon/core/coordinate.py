"""The business coordinate B(t) of one calendar: open seconds before t, and back, for one instant or a million.

Two ways to look an instant up give the same answer. Halving over the sorted
segments always works. Where every edge lies on a grid of quarter-hours, as
nearly all calendars and zones have it, a table with one entry per
quarter-hour answers in one step; it is built once many instants have been asked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from slamon.core.segments import Ints, Segments

NEVER = np.iinfo(np.int64).max
HORIZON_SECONDS = 10 * 366 * 86_400
NEAR_SECONDS = 400 * 86_400  # most answers lie within it; segments further ahead are built only on demand
CELL = 900
_CELL, _ONE = np.uint32(CELL), np.uint32(1)
BLOCK = 8192
WORTH_A_TABLE = 20_000  # instants asked from which building the tables pays


@dataclass(frozen=True, slots=True)
class _Tables:
    """What to add, cell by cell, so that an answer is one look-up and one addition.

    `closed[i]` is the closed time before the beginning of cell i and `after[i]`
    is B at its end, in seconds from `low` as uint32: half the bytes, and the
    division by CELL is several times faster. `opened[k]` is the beginning of
    the k-th open cell less k cells.
    """

    closed: NDArray[np.uint32]
    after: NDArray[np.uint32]
    opened: Ints


class Coordinate:
    """B over one calendar's segments. Instants and coordinates are int64 columns, whole seconds.

    Instants must lie in [segments.low, segments.high]. The table is built
    after *table_after* instants.
    """

    def __init__(self, segments: Segments, *, table_after: int = WORTH_A_TABLE) -> None:
        self.segments = segments
        self.total = segments.total
        self._table_after = table_after
        self._asked = 0

    def business(self, at: Ints) -> Ints:
        """Return B(at): the open seconds in [segments.low, at)."""
        known = self.segments
        if not len(known.starts):
            return np.zeros_like(at)
        tables = self._tables_for(at)
        if tables is None:
            index = np.maximum(np.searchsorted(known.starts, at, "right") - 1, 0)
            inside = np.clip(at - known.starts[index], 0, known.ends[index] - known.starts[index])
            return np.asarray(known.before[index] + inside)
        passed = at.astype(np.uint32) - np.uint32(known.low % 2**32)  # modulo 2**32, which the span is below
        cell = (passed // _CELL).astype(np.intp)
        # An open cell adds what has passed of it; in a closed one that is cut off.
        counted = np.minimum(passed - tables.closed.take(cell, mode="clip"), tables.after.take(cell, mode="clip"))
        return np.asarray(counted, np.int64)

    def instant(self, business: Ints) -> Ints:
        """Return the earliest instant with coordinate *business* (> 0), or NEVER past the end."""
        known = self.segments
        if not len(known.starts):
            return np.full_like(business, NEVER)
        tables = self._tables_for(business)
        if tables is None:
            index = np.maximum(np.searchsorted(known.before, business, "left") - 1, 0)
            found = known.starts[index] + (business - known.before[index])
        else:
            # The end of a cell is its own, not the next one's beginning: B = 900 is the end of cell 0.
            cell = (business.astype(np.uint32) - _ONE) // _CELL
            found = tables.opened.take(cell, mode="clip") + business
        late = business > self.total
        return np.where(late, NEVER, found) if late.any() else found

    def business_of(self, at: int) -> int:
        """As `business`, for one instant."""
        starts, ends, before = self._lists
        index = bisect_right(starts, at) - 1
        return before[index] + min(at, ends[index]) - starts[index] if index >= 0 else 0

    def instant_of(self, business: int) -> int:
        """As `instant`, for one coordinate."""
        if business > self.total:
            return NEVER
        starts, _, before = self._lists
        index = bisect_left(before, business) - 1
        return starts[index] + business - before[index]

    def opening_of(self, at: int) -> int:
        """Return the first open instant at or after *at*, or NEVER."""
        starts, ends, _ = self._lists
        index = bisect_right(ends, at)
        return max(at, starts[index]) if index < len(starts) else NEVER

    def is_open(self, at: Ints) -> NDArray[np.bool_]:
        starts, _ = self._then_never
        return starts[np.searchsorted(self.segments.ends, at, "right")] <= at

    def next_edge(self, at: Ints) -> Ints:
        """Return the first opening after *at* within the horizon, or closing within NEAR_SECONDS, else NEVER.

        Where the segments happen to end is no closing.
        """
        starts, closes = self._then_never
        index = np.searchsorted(self.segments.ends, at, "right")
        begins, ends = starts[index], closes[index]
        is_open = begins <= at
        edge = np.where(is_open, ends, begins)
        return np.where(edge - at > np.where(is_open, NEAR_SECONDS, HORIZON_SECONDS), NEVER, edge)

    def _tables_for(self, asked: Ints) -> _Tables | None:
        self._asked += asked.size
        return self._tables if self._asked > self._table_after else None

    @cached_property
    def _tables(self) -> _Tables | None:
        known = self.segments
        off_the_grid = (known.starts % CELL).any() or (known.ends % CELL).any() or known.low % CELL
        if off_the_grid or known.high - known.low >= 2**32 - CELL:
            return None
        # One cell more than there are instants, so that the cell after the last instant exists too.
        edges = known.low + CELL * np.arange((known.high - known.low) // CELL + 2, dtype=np.int64)
        index = np.maximum(np.searchsorted(known.starts, edges, "right") - 1, 0)
        inside = np.clip(edges - known.starts[index], 0, known.ends[index] - known.starts[index])
        before = known.before[index] + inside
        opened = edges[:-1][before[1:] > before[:-1]]
        return _Tables(
            closed=(edges - known.low - before)[:-1].astype(np.uint32),
            after=before[1:].astype(np.uint32),
            opened=opened - CELL * np.arange(len(opened)),
        )

    @cached_property
    def _then_never(self) -> tuple[Ints, Ints]:
        """Starts and ends, with NEVER for what comes after the last segment."""
        return np.append(self.segments.starts, NEVER), np.append(self.segments.ends, NEVER)

    @cached_property
    def _lists(self) -> tuple[list[int], list[int], list[int]]:
        """Starts, ends and coordinates as plain ints: for one question numpy costs more than the search."""
        known = self.segments
        return known.starts.tolist(), known.ends.tolist(), known.before.tolist()


def in_blocks(answer: Callable[[Ints, Ints], Ints], first: Ints, second: Ints) -> Ints:
    """Return *answer* of two columns, worked out in blocks that stay in a processor's cache."""
    if first.size <= BLOCK:
        return answer(first, second)
    flat, other = first.ravel(), second.ravel()
    whole = np.empty(flat.shape, np.int64)
    for begin in range(0, len(flat), BLOCK):
        block = slice(begin, begin + BLOCK)
        whole[block] = answer(flat[block], other[block])
    return whole.reshape(first.shape)
