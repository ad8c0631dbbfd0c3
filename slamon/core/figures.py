"""slamon's side of the comparison: what its clock shows of tickets, as far as ConnectWise shows the same.

Lives are read in batches with the one clock there is (`read_clocks`): once for
now, once for each ticket's last write, whose minutes ConnectWise keeps, and
once for each stage as it was reached, whose deadline it keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from slamon.core.calendar import BusinessCalendar
from slamon.core.clock import read_clocks
from slamon.core.columns import STATES, VERDICTS, Readings
from slamon.core.coordinate import NEVER
from slamon.core.history import NONE, Histories, Step, TermsTable, build_histories, build_terms_table
from slamon.core.lifeline import EventRow, steps_of
from slamon.core.policy import Terms
from slamon.core.reading import ClockState, Verdict
from slamon.core.rules import CalendarRules
from slamon.core.segments import Ints
from slamon.core.ticket import STAGES, Stage
from slamon.core.versions import version_of
from slamon.errors import HistoryError


@dataclass(frozen=True, slots=True)
class StageFigures:
    """One goal. Instants are epoch seconds, spans business seconds."""

    verdict: Verdict
    has_goal: bool
    reached: bool
    due_at: int | None  # None: no goal, or the clock stands short of it
    due_when_reached: int | None  # what was due at the instant the stage was reached
    elapsed_at_write: int


@dataclass(frozen=True, slots=True)
class Figures:
    """One ticket."""

    state: ClockState
    stages: tuple[StageFigures, StageFigures, StageFigures]

    @property
    def active(self) -> Stage | None:
        """The first stage that is not reached, None once all are."""
        return next((stage for stage in STAGES if not self.stages[stage].reached), None)


@dataclass(frozen=True, slots=True)
class Life:
    """A ticket's history as the clock reads it. `written_at` is ConnectWise's `lastUpdated`, epoch seconds."""

    ticket_id: int
    rows: tuple[EventRow, ...]
    written_at: int


class Shelf:
    """Terms and calendars by version; grows with what is only assumed. Calendars are compiled once."""

    def __init__(self, terms: Mapping[str, Terms], calendars: Mapping[str, CalendarRules]) -> None:
        self.terms = dict(terms)
        self.rules = dict(calendars)
        self._compiled: dict[str, BusinessCalendar] = {}
        self._derived: dict[tuple[str, str], str] = {}

    def add(self, terms: Mapping[str, Terms], calendars: Mapping[str, CalendarRules]) -> None:
        self.terms.update(terms)
        self.rules.update(calendars)

    def rules_of(self, version: str) -> CalendarRules:
        """Return the calendar that terms *version* count on."""
        return self.rules[self.terms[version].calendar]

    def compiled(self, calendar: str) -> BusinessCalendar:
        if calendar not in self._compiled:
            self._compiled[calendar] = BusinessCalendar(self.rules[calendar])
        return self._compiled[calendar]

    def derive(
        self, version: str, name: str, change: Callable[[Terms, CalendarRules], tuple[Terms, CalendarRules]]
    ) -> str:
        """Return the version of terms *version* after *change*, which *name* tells from all others; made once."""
        key = (version, name)
        if key not in self._derived:
            terms, rules = change(self.terms[version], self.rules_of(version))
            calendar = version_of(rules)
            self.rules.setdefault(calendar, rules)
            terms = replace(terms, calendar=calendar)
            self._derived[key] = version_of(terms)
            self.terms.setdefault(self._derived[key], terms)
        return self._derived[key]


def read_figures(lives: Sequence[Life], shelf: Shelf, now: int) -> list[Figures | None]:
    """Return the figures of *lives* at *now*, in their order; None for one that cannot be read yet or at all."""
    table, calendars = _table(lives, shelf)
    index = {version: place for place, version in enumerate(table.versions)}
    found: list[Figures | None] = [None] * len(lives)
    readable: list[tuple[int, int | None, Sequence[Step]]] = []
    places: list[int] = []
    for place, life in enumerate(lives):
        try:
            start, steps, _ = steps_of(life.ticket_id, life.rows, index)
        except HistoryError:  # the evaluation says so in the log, and counts it
            continue
        if steps[0].at <= now:
            readable.append((life.ticket_id, start, steps))
            places.append(place)
    if readable:
        histories = build_histories(table, readable)
        written = np.array([lives[place].written_at for place in places], np.int64)
        for place, figures in zip(places, _read(histories, calendars, written, now), strict=True):
            found[place] = figures
    return found


def _table(lives: Sequence[Life], shelf: Shelf) -> tuple[TermsTable, list[BusinessCalendar]]:
    versions = dict.fromkeys(row.terms for life in lives for row in life.rows if row.terms is not None)
    terms = {version: shelf.terms[version] for version in versions}
    named = list(dict.fromkeys(each.calendar for each in terms.values()))
    return build_terms_table(terms, named), [shelf.compiled(calendar) for calendar in named]


def _read(histories: Histories, calendars: list[BusinessCalendar], written: Ints, now: int) -> list[Figures]:
    entered = histories.at[histories.first[:-1]]
    shown = read_clocks(histories, calendars, now)
    kept = read_clocks(histories, calendars, np.clip(written, entered, np.int64(now)))
    stages = []
    for stage in STAGES:
        reached = shown.stages[stage].reached_at
        known = reached != NEVER
        at_once = read_clocks(histories, calendars, np.where(known, reached, now)).stages[stage].due_at
        # A stage reached by the resolve has no deadline any more; the second before it had one.
        before = np.where(known, np.maximum(reached - 1, entered), now)
        sooner = read_clocks(histories, calendars, before).stages[stage].due_at
        stages.append(_stage(shown, kept, np.where(at_once == NEVER, sooner, at_once), stage))
    states = shown.state.tolist()
    return [
        Figures(STATES[state], (respond, plan, resolve))
        for state, respond, plan, resolve in zip(states, *stages, strict=True)
    ]


def _stage(shown: Readings, kept: Readings, due_when_reached: Ints, stage: Stage) -> list[StageFigures]:
    now = shown.stages[stage]
    columns = (
        now.verdict.tolist(),
        now.goal.tolist(),
        now.reached_at.tolist(),
        now.due_at.tolist(),
        due_when_reached.tolist(),
        kept.stages[stage].elapsed.tolist(),
    )
    return [
        StageFigures(
            verdict=VERDICTS[verdict],
            has_goal=goal != NONE,
            reached=reached != NEVER,
            due_at=None if due == NEVER else due,
            due_when_reached=None if reached == NEVER or due_before == NEVER else due_before,
            elapsed_at_write=elapsed,
        )
        for verdict, goal, reached, due, due_before, elapsed in zip(*columns, strict=True)
    ]
