"""A ticket's clock as a drawing: what counted, what did not, and the deadlines, on one line of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from slamon.core.ledger import Interval, Ledger
from slamon.core.ticket import STAGES

WIDTH = 1000.0
LETTER = 6.5  # units that a letter of a name takes
LEAST = 1.0  # units; what is narrower is drawn together with its neighbour
KINDS = {
    "open": "counted",
    "closed": "closed",
    "holiday": "closed",
    "waiting": "waiting",
    "resolved": "resolved",
    "out of scope": "outside",
    "not started": "outside",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time, from `x` on, `width` wide, of WIDTH in all. `kind` is why it counts or not."""

    x: float
    width: float
    kind: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant that matters to a goal: `what` is due, reached or breached. `lane` keeps its name off other names."""

    x: float
    stage: str
    what: str
    at: datetime
    lane: int = 0

    @property
    def name(self) -> str:
        return f"{self.stage} {self.what}"

    @property
    def ends_left(self) -> bool:
        """Whether its name stands to the left of it, since there is no room to the right."""
        return self.x > WIDTH * 0.85

    @property
    def span(self) -> tuple[float, float]:
        """From where to where its name stands."""
        length = LETTER * len(self.name)
        return (self.x - length, self.x) if self.ends_left else (self.x, self.x + length)


@dataclass(frozen=True, slots=True)
class Timeline:
    """From `begins_at` to `ends_at`; `now_x` is where the reading stands."""

    begins_at: datetime
    ends_at: datetime
    now_x: float
    bars: Sequence[Bar]
    marks: Sequence[Mark]

    @property
    def lanes(self) -> int:
        """How many lanes the names take."""
        return max((mark.lane + 1 for mark in self.marks), default=0)


def draw(ledger: Ledger) -> Timeline | None:
    """Return the drawing of a ledger; None where nothing has happened yet."""
    if not ledger.intervals:
        return None
    moments = [(stage.label, what, at) for stage in STAGES for what, at in _moments(ledger, int(stage))]
    begins_at = ledger.intervals[0].begins_at
    ends_at = max([ledger.reading.as_of, *(at for _, _, at in moments)])
    if ends_at <= begins_at:
        return None
    span = (ends_at - begins_at).total_seconds()

    def place(at: datetime) -> float:
        return round(max(0.0, min(1.0, (at - begins_at).total_seconds() / span)) * WIDTH, 1)

    bars = [
        Bar(place(each.begins_at), round(place(each.ends_at) - place(each.begins_at), 1), KINDS[each.reason], each)
        for each in ledger.intervals
    ]
    marks = [Mark(place(at), stage, what, at) for stage, what, at in moments]
    return Timeline(begins_at, ends_at, place(ledger.reading.as_of), list(_joined(bars)), _apart(marks))


def _moments(ledger: Ledger, stage: int) -> Iterator[tuple[str, datetime]]:
    goal = ledger.reading.stages[stage]
    for what, at in (("due", goal.due_at), ("reached", goal.reached_at), ("breached", goal.breached_at)):
        if at is not None:
            yield what, at


def _apart(marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks, each in the first lane in which its name covers no other."""
    placed: list[Mark] = []
    for mark in sorted(marks, key=attrgetter("x")):
        taken = {other.lane for other in placed if other.span[0] < mark.span[1] and mark.span[0] < other.span[1]}
        placed.append(replace(mark, lane=next(lane for lane in range(len(marks)) if lane not in taken)))
    return placed


def _joined(bars: Sequence[Bar]) -> Iterator[Bar]:
    """Yield the bars, what is too narrow to be seen left to the one before it: a page stays small."""
    held: Bar | None = None
    for bar in bars:
        if held is not None and (bar.width < LEAST or bar.kind == held.kind):
            held = Bar(held.x, round(bar.x + bar.width - held.x, 1), held.kind, held.interval)
            continue
        if held is not None:
            yield held
        held = bar
    if held is not None:
        yield held
