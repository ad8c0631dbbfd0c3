"""What other rules would have changed: goals whose verdict is another one, and how many there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from slamon.core.ticket import Stage

BEFORE, AFTER, TO_MET, TO_MISSED, TO_OTHER = "before", "after", "to_met", "to_missed", "to_other"
Counts = Counter[tuple[str, Stage, str, int]]  # company, stage, which of the five above, verdict


@dataclass(frozen=True, slots=True)
class Span:
    """The goals to look at: those that ended in [since, until), as the clock stands at `now`."""

    since: datetime
    until: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Flip:
    """A goal whose verdict is another one. `causes` are goal, calendar, pause or rule."""

    ticket_id: int
    company: str
    stage: Stage
    cycle: int
    before: str
    after: str
    causes: tuple[str, ...]
    ended_at: datetime
    goal_before_seconds: int | None
    goal_after_seconds: int | None
    elapsed_before_seconds: int
    elapsed_after_seconds: int


@dataclass(slots=True)
class Findings:
    """What was found, of a chunk or of all chunks together. `exempt` goals are in none of the counts."""

    tickets: int = 0
    unreadable: int = 0  # tickets whose history does not begin with an entry
    untold: int = 0  # tickets that keep their promise: nothing tells what they were when it was chosen
    exempt: int = 0  # goals that a person has excused
    changed: int = 0  # goals that took another time or had another goal, flips included
    counts: Counts = field(default_factory=Counter)
    flips: list[Flip] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        """Add the numbers of *other*; flips are not gathered, there may be any number of them."""
        self.tickets += other.tickets
        self.unreadable += other.unreadable
        self.untold += other.untold
        self.exempt += other.exempt
        self.changed += other.changed
        self.counts.update(other.counts)

    def sums(self) -> Sums:
        return Sums(self.counts)

    def companies(self) -> list[str]:
        return sorted({company for company, _, _, _ in self.counts})


class Sums:
    """The counts added up over verdicts and over companies."""

    def __init__(self, counts: Counts) -> None:
        self._sums: Counter[tuple[str | None, Stage, str, int | None]] = Counter()
        for (company, stage, which, verdict), number in counts.items():
            for of, ended in ((company, verdict), (company, None), (None, verdict), (None, None)):
                self._sums[of, stage, which, ended] += number

    def count(self, which: str, stage: Stage, verdict: int | None = None, company: str | None = None) -> int:
        """Return how many there are of *verdict* and *company*; None: of all."""
        return self._sums[company, stage, which, verdict]
