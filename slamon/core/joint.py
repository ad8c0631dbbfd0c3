"""Many calendars on one number line, so that a column of tickets on different calendars is one lookup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slamon.core.calendar import HORIZON_SECONDS, NEAR_SECONDS, NEVER, BusinessCalendar
from slamon.core.instants import EARLIEST
from slamon.core.segments import Ints

_LANE = 1 << 34  # wider than all instants slamon computes in, so that calendars do not meet
_BASE = EARLIEST - 10 * 366 * 86_400


@dataclass(frozen=True, slots=True)
class JointSegments:
    """The segments of several calendars, one after the other, each with an empty one in front.

    The empty segment lets every lookup land within its own calendar. Columns
    named `calendar` index the sequence the segments were joined from.
    """

    start_keys: Ints
    before_keys: Ints
    starts: Ints
    ends: Ints
    before: Ints
    last: Ints  # index of each calendar's last segment
    total: Ints  # each calendar's open seconds

    def coordinate(self, calendar: Ints, at: Ints) -> Ints:
        """Return B(at) on each calendar."""
        index = self._find(calendar, at)
        inside = np.minimum(at - self.starts[index], self.ends[index] - self.starts[index])
        answer: Ints = self.before[index] + inside
        return answer

    def instant(self, calendar: Ints, business: Ints) -> Ints:
        """Return the earliest instant with coordinate *business* (> 0), or NEVER past the end."""
        index = np.searchsorted(self.before_keys, calendar * _LANE + business, "left") - 1
        found = self.starts[index] + (business - self.before[index])
        return np.where(business > self.total[calendar], NEVER, found)

    def is_open(self, calendar: Ints, at: Ints) -> NDArray[np.bool_]:
        answer: NDArray[np.bool_] = at < self.ends[self._find(calendar, at)]
        return answer

    def next_edge(self, calendar: Ints, at: Ints) -> Ints:
        """Return the first opening after *at* within the horizon, or closing within NEAR_SECONDS, else NEVER.

        Where the segments happen to end is no closing.
        """
        index = self._find(calendar, at)
        following = np.minimum(index + 1, len(self.starts) - 1)
        opening = np.where(index < self.last[calendar], self.starts[following], NEVER)
        is_open = at < self.ends[index]
        edge = np.where(is_open, self.ends[index], opening)
        return np.where(edge > at + np.where(is_open, NEAR_SECONDS, HORIZON_SECONDS), NEVER, edge)

    def _find(self, calendar: Ints, at: Ints) -> NDArray[np.intp]:
        return np.searchsorted(self.start_keys, calendar * _LANE + (at - _BASE), "right") - 1


def join_segments(calendars: Sequence[BusinessCalendar], low: int, high: int) -> JointSegments:
    """Return the segments of *calendars* over at least [low, high]."""
    starts, ends, before, keys, last, total = [], [], [], [], [], []
    rows = 0
    for index, calendar in enumerate(calendars):
        own = calendar.segments(low, high)
        starts += [np.array([own.low], np.int64), own.starts]
        ends += [np.array([own.low], np.int64), own.ends]
        before += [np.zeros(1, np.int64), own.before]
        rows += len(own.starts) + 1
        keys.append(np.full(len(own.starts) + 1, index * _LANE, np.int64))
        last.append(rows - 1)
        total.append(own.total)
    all_starts, all_before, lanes = (np.concatenate(parts) for parts in (starts, before, keys))
    return JointSegments(
        start_keys=lanes + (all_starts - _BASE),
        before_keys=lanes + all_before,
        starts=all_starts,
        ends=np.concatenate(ends),
        before=all_before,
        last=np.array(last, np.int64),
        total=np.array(total, np.int64),
    )
