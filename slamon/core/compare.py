"""Two calendars side by side: the spans that one opens and the other does not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from slamon.core.segments import Segments


@dataclass(frozen=True, slots=True)
class Difference:
    """A half-open span, in epoch seconds, that is open in one calendar only."""

    begins: int
    ends: int
    opens: bool  # open in the new calendar, closed in the old one


def differing_spans(old: Segments, new: Segments, low: int, high: int) -> list[Difference]:
    """Return the spans in [low, high) that differ, in order of time; both must cover it."""
    edges = np.concatenate([old.starts, old.ends, new.starts, new.ends])
    within = np.unique(np.concatenate([edges[(edges > low) & (edges < high)], [low, high]]))
    found: list[Difference] = []
    for begins, ends in pairwise(within.tolist()):
        was, will = is_open(old, begins), is_open(new, begins)
        if was == will:
            continue
        if found and found[-1].ends == begins and found[-1].opens == will:
            found[-1] = Difference(found[-1].begins, ends, will)
        else:
            found.append(Difference(begins, ends, will))
    return found


def is_open(segments: Segments, at: int) -> bool:
    index = int(np.searchsorted(segments.starts, at, "right")) - 1
    return index >= 0 and at < int(segments.ends[index])
