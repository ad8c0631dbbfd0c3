"""A week's language for tickets: `mon 10:00 new, mon 11:00 waiting` on an office week of nine to five, UTC.

`mon` is 19 October 2026, `mon+1` the Monday after. Words set a level, `gold` and
`silver` a promise; `did-respond` and `said-respond` bring milestones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from slamon.core.calendar import BusinessCalendar
from slamon.core.reading import Reading
from slamon.core.ticket import Stage
from tests.core.oracle import DAYS, PLAN, RESPOND, Moment, Promise
from tests.core.samples import DAY, HOUR, OFFICE, calendar, epoch, read_one, seconds

LEVELS = {"new": 0, "answered": 1, "planned": 2, "resolved": 3, "waiting": 4, "gone": 5}
MILESTONES = {"did-respond": RESPOND, "did-plan": PLAN, "said-respond": RESPOND, "said-plan": PLAN}
MONDAY = epoch("2026-10-19T00:00:00")

# Two, four and eight business hours: a day of the office is eight.
GOLD = Promise((2 * HOUR, 4 * HOUR, 8 * HOUR))


def at(text: str) -> int:
    """Read `mon 10:00` or `tue+1 08:00:01`."""
    day, clock = text.split()
    name, _, weeks = day.partition("+")
    hours, minutes, *rest = (int(part) for part in clock.split(":"))
    return MONDAY + (DAYS.index(name) + 7 * int(weeks or 0)) * DAY + hours * HOUR + minutes * 60 + sum(rest)


def told(when: datetime | None) -> str | None:
    """Write an instant the same way."""
    if when is None:
        return None
    days, rest = divmod(int(when.timestamp()) - MONDAY, DAY)
    weeks, day = divmod(days, 7)
    clock = f"{rest // HOUR:02}:{rest // 60 % 60:02}" + (f":{rest % 60:02}" if rest % 60 else "")
    return f"{DAYS[day]}{f'+{weeks}' if weeks else ''} {clock}"


def life(text: str) -> list[Moment]:
    """Read a history; promises are numbered gold 0, silver 1, bronze 2, and gold holds from the entry on."""
    moments = []
    for entry in text.split(","):
        day, clock, *words = entry.split()
        moments.append(_moment(at(f"{day} {clock}"), words))
    first = moments[0]
    return [Moment(first.at, first.level, first.promise or 0, first.did, first.said, first.unmeasured), *moments[1:]]


def _moment(when: int, words: Sequence[str]) -> Moment:
    promises = {"gold": 0, "silver": 1, "bronze": 2}
    level = next((LEVELS[word] for word in words if word in LEVELS), None)
    promise = next((promises[word] for word in words if word in promises), None)
    did = frozenset(MILESTONES[word] for word in words if word.startswith("did"))
    said = frozenset(MILESTONES[word] for word in words if word.startswith("said"))
    known = {*LEVELS, *promises, *MILESTONES, "unmeasured"}
    assert known.issuperset(words), words
    return Moment(when, level, promise, did, said, unmeasured="unmeasured" in words)


@dataclass(frozen=True)
class Desk:
    """The promises and calendars a test reads tickets with."""

    promises: Sequence[Promise] = (GOLD,)
    calendars: Sequence[BusinessCalendar] = ()

    def read(self, history: str, as_of: str, start: str | None = None) -> Reading:
        calendars = self.calendars or [calendar(OFFICE)]
        begins = None if start is None else at(start)
        return read_one(life(history), self.promises, calendars, at(as_of), begins)


def goal(reading: Reading, stage: Stage) -> tuple[str, int, str | None]:
    """Return verdict, elapsed minutes (whole) and due time of a stage."""
    found = reading.stage(stage)
    assert found.elapsed_seconds % 60 == 0, seconds(found.reached_at)
    return found.verdict.value, found.elapsed_seconds // 60, told(found.due_at)
