"""The slow and obvious way: ask every single second whether it is open, and count.

Written from the set definition of a calendar and the rules of a clock alone;
nothing of `slamon.core` is used, so that two wrongs cannot agree. Calendars are
documents (timezone, hours, holidays, openings), instants epoch seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

Document = Mapping[str, Any]
Span = tuple[int, int]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
END_OF_DAY = 24 * 3600


class Book:
    """A calendar document that answers one second at a time."""

    def __init__(self, document: Document) -> None:
        self.zone = ZoneInfo(document["timezone"])
        self.week: dict[int, list[Span]] = {day: [] for day in range(7)}
        self.closed: dict[date, list[Span]] = {}
        self.opened: dict[date, list[Span]] = {}
        for name, pairs in document.get("hours", {}).items():
            for opens, closes in pairs:
                for ahead, span in _by_day(opens, closes):
                    self.week[(DAYS.index(name) + ahead) % 7].append(span)
        for key, found in (("holidays", self.closed), ("openings", self.opened)):
            for entry in document.get(key, ()):
                dated = {"date": entry} if isinstance(entry, str) else entry
                on = date.fromisoformat(dated["date"])
                for ahead, span in _by_day(dated.get("from", "00:00"), dated.get("to", "24:00")):
                    found.setdefault(on + timedelta(days=ahead), []).append(span)

    def is_open(self, second: int) -> bool:
        """Whether the wall clock of this second lies in an opening, or in a window and in no holiday."""
        wall = datetime.fromtimestamp(second, self.zone)
        today, seconds = wall.date(), wall.hour * 3600 + wall.minute * 60 + wall.second
        if _holds(self.opened.get(today, ()), seconds):
            return True
        return _holds(self.week[wall.weekday()], seconds) and not _holds(self.closed.get(today, ()), seconds)

    def elapsed(self, start: int, end: int, grain: int = 1) -> int:
        """Count open seconds in [start, end); exact where nothing happens within a grain."""
        return sum(grain for second in range(start, end, grain) if self.is_open(second))

    def due_at(self, start: int, amount: int, limit: int) -> int | None:
        """Walk second by second to the first instant with *amount* behind it; None beyond *limit*."""
        second = start
        while amount:
            if second >= limit:
                return None
            amount -= self.is_open(second)
            second += 1
        return second


def _by_day(opens: str, closes: str) -> Iterator[tuple[int, Span]]:
    """Give (days ahead, span) for each local day that a window touches."""
    if closes.endswith("+1"):
        yield 0, (_seconds(opens), END_OF_DAY)
        yield 1, (0, _seconds(closes[:-2]))
    else:
        yield 0, (_seconds(opens), _seconds(closes))


def _seconds(text: str) -> int:
    hours, minutes, *rest = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + sum(rest)


def _holds(spans: Sequence[Span], seconds: int) -> bool:
    return any(opens <= seconds < closes for opens, closes in spans)


WAITING, RESOLVED, CANCELLED = 4, 3, 5
RESPOND, PLAN, RESOLVE = 0, 1, 2


@dataclass(frozen=True)
class Promise:
    """What is promised, and how changes are read. Goals are business seconds or None."""

    goals: tuple[int | None, int | None, int | None]
    calendar: int = 0
    policy: str = "p"
    warn_percent: int = 75
    warn_left: int = 0
    change: str = "same_start"
    reopen: str = "resume"
    grace: int = 0
    waiting_responds: bool = False
    stage_warns: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Moment:
    """One event: what it sets; None leaves things as they are. `said` and `did` name stages."""

    at: int
    level: int | None = None
    promise: int | None = None
    did: frozenset[int] = frozenset()
    said: frozenset[int] = frozenset()
    unmeasured: bool = False


@dataclass(frozen=True)
class Goal:
    """What the naive clock says of one stage. Instants are epoch seconds."""

    verdict: str
    goal: int | None
    elapsed: int
    reached_at: int | None
    due_at: int | None
    due_if_resumed_at: int | None
    breached_at: int | None
    at_risk: bool
    version: int


@dataclass
class Tape:
    """Open or closed, second by second, over a stretch of time; read once from a book."""

    book: Book
    low: int
    high: int
    _open: dict[int, bool] = field(default_factory=dict)

    def is_open(self, second: int) -> bool:
        if not self.low <= second < self.high:
            raise LookupError(second)
        if second not in self._open:
            self._open[second] = self.book.is_open(second)
        return self._open[second]


class NaiveClock:
    """One ticket's life, counted literally, one second after the other."""

    def __init__(
        self,
        moments: Sequence[Moment],
        promises: Sequence[Promise],
        tapes: Sequence[Tape],
        as_of: int,
        start: int | None,
    ) -> None:
        self.as_of = as_of
        self.promises = promises
        self.moments = [moment for moment in moments if moment.at <= as_of]
        self.levels = [0] * len(self.moments)
        self.terms = [0] * len(self.moments)
        for place, moment in enumerate(self.moments):
            self.levels[place] = self.levels[place - 1] if moment.level is None else moment.level
            self.terms[place] = self.terms[place - 1] if moment.promise is None else moment.promise
        self.newest = promises[self.terms[-1]]
        self.tape = tapes[self.newest.calendar]
        self._forget_short_stays()
        reopenings = [end for _, end in self._stays() if end is not None]
        self.cycle, self.begin = 0, 0
        self.start = self.moments[0].at if start is None else start
        if self.newest.reopen == "new_cycle" and reopenings:
            self.cycle, self.begin = len(reopenings), reopenings[-1]
            self.start = self.moments[self.begin].at

    def _stays(self) -> list[tuple[int, int | None]]:
        """List the stays at Resolved: place of the resolve, place of the reopening or None."""
        stays: list[tuple[int, int | None]] = []
        inside: int | None = None
        for place, level in enumerate(self.levels):
            if inside is None and level == RESOLVED:
                inside = place
            elif inside is not None and level != RESOLVED:
                stays.append((inside, place))
                inside = None
        return stays if inside is None else [*stays, (inside, None)]

    def _forget_short_stays(self) -> None:
        for begun, ended in self._stays():
            if ended is None or self.moments[ended].at - self.moments[begun].at >= self.newest.grace:
                continue
            for place in range(begun, ended):
                self.levels[place] = self.levels[begun - 1] if begun else 0

    def _place(self, second: int) -> int:
        """Find the last event that has happened in this second."""
        return max(place for place, moment in enumerate(self.moments) if moment.at <= second)

    def _runs(self, place: int) -> bool:
        """Whether the ticket's state lets the clock run, hours aside."""
        if self.levels[place] in (WAITING, CANCELLED):
            return False
        if self.levels[place] == RESOLVED:
            stay = next(end for begun, end in reversed(self._stays()) if begun <= place)
            return self.newest.reopen == "count" and stay is not None
        return True

    @cached_property
    def ticks(self) -> list[int]:
        """All seconds that counted up to `as_of`, one by one."""
        runs = [self._runs(place) for place in range(len(self.moments))]
        return [
            second
            for second in range(self.start, self.as_of)
            if self.tape.is_open(second) and runs[self._place(second)]
        ]

    @property
    def elapsed(self) -> int:
        return len(self.ticks)

    @property
    def paused(self) -> int:
        return sum(
            self.tape.is_open(second) and self.levels[self._place(second)] == WAITING
            for second in range(self.start, self.as_of)
        )

    def elapsed_at(self, at: int) -> int:
        return sum(second < at for second in self.ticks)

    def reached(self, stage: int) -> int | None:
        """Find the place of the event that reached *stage*, in the current cycle."""
        if stage == RESOLVE:
            stays = self._stays()
            return stays[-1][0] if stays and stays[-1][1] is None else None
        far = (1, 2, 3) if stage == RESPOND else (2, 3)
        inferred = said = None
        for place in range(len(self.moments) - 1, self.begin - 1, -1):
            moment, level = self.moments[place], self.levels[place]
            waits = stage == RESPOND and level == WAITING and self.newest.waiting_responds
            if stage in moment.did or level in far or waits:
                inferred = place
            if stage in moment.said:
                said = place
        return inferred if said is None else said

    def _promised(self, stage: int, limit: int) -> tuple[int | None, int, int]:
        """Return goal, base and version of *stage* from what was promised up to event *limit*."""
        kept = self.promises[self.terms[limit]]
        goal, base, version = kept.goals[stage], 0, self.cycle
        for place in range(1, limit + 1):
            sooner, later = self.promises[self.terms[place - 1]], self.promises[self.terms[place]]
            same = (sooner.policy, sooner.calendar, sooner.goals[stage]) == (
                later.policy,
                later.calendar,
                later.goals[stage],
            )
            if same:
                continue
            version += 1
            if place >= self.begin and self.newest.change == "forward":
                base = self.elapsed_at(max(self.moments[place].at, self.start))
        if self.newest.change == "strictest":
            goal = min((g for g in self._in_force(stage, limit) if g is not None), default=None)
        return goal, base, version

    def _in_force(self, stage: int, limit: int) -> Iterator[int | None]:
        """Give every goal that held for at least a second since the start, and the one at *limit*."""
        end = self.moments[limit].at
        for place in range(self.begin, limit + 1):
            begins = max(self.moments[place].at, self.start)
            ends = max(self.moments[place + 1].at, self.start) if place < limit else end + 1
            if begins < ends or place == limit:
                yield self.promises[self.terms[place]].goals[stage]

    def _shows_at(self, goal: int) -> int | None:
        """Find when the clock shows *goal*, walking on after `as_of` as things then stand."""
        if goal == 0:
            return self.start
        if goal <= self.elapsed:
            return self.ticks[goal - 1] + 1
        return self._goes_on(goal) if self._runs(len(self.moments) - 1) else None

    def _goes_on(self, goal: int) -> int:
        left, second = goal - self.elapsed, max(self.as_of, self.start)
        while left:
            left -= self.tape.is_open(second)
            second += 1
        return second

    def outside(self) -> bool:
        return self.as_of < self.start or not self.tape.is_open(self.as_of)

    def state(self) -> str:
        level = self.levels[-1]
        if level in (RESOLVED, CANCELLED):
            return "stopped"
        return "paused" if level == WAITING else "outside_hours" if self.outside() else "running"

    def read(self, stage: int) -> Goal:
        reached = self.reached(stage)
        limit = len(self.moments) - 1 if reached is None else reached
        promised, base, version = self._promised(stage, limit)
        goal = None if promised is None else promised + base
        reached_at = None if reached is None else self.moments[reached].at
        elapsed = self.elapsed if reached_at is None else self.elapsed_at(reached_at)
        over = goal is not None and elapsed > goal
        verdict = self._verdict(goal, reached is not None, over)
        is_open = verdict in ("breached", "paused", "outside_hours", "running")
        due = None if goal is None else self._shows_at(goal)
        waits = self.levels[-1] == WAITING and reached is None and goal is not None and goal > self.elapsed
        newest = self.promises[self.terms[limit]]
        warns_at = None
        if promised is not None:
            counts = [-(-promised * newest.warn_percent // 100)]
            if newest.warn_left:
                counts.append(max(0, promised - newest.warn_left))
            warns_at = base + min(counts)
        return Goal(
            verdict=verdict,
            goal=goal,
            elapsed=elapsed,
            reached_at=reached_at,
            due_at=due,
            due_if_resumed_at=self._goes_on(goal) if waits and goal is not None else None,
            breached_at=due if over and verdict in ("met", "missed", "breached") else None,
            at_risk=is_open and warns_at is not None and elapsed >= warns_at,
            version=version,
        )

    def _verdict(self, goal: int | None, reached: bool, over: bool) -> str:
        if self.levels[-1] == CANCELLED:
            return "cancelled"
        if goal is None:
            return "no_target"
        if any(moment.unmeasured for moment in self.moments):
            return "not_measured"
        if reached:
            return "missed" if over else "met"
        return "breached" if over else self.state()
