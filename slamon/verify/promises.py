"""Which goal holds for a stage, when the promise changed under the ticket."""

from __future__ import annotations

from itertools import pairwise

from slamon.verify.document import Ledger, Terms
from slamon.verify.life import Life
from slamon.verify.meter import Meter


class Promises:
    """The terms of a ticket's life, each with the instant from which it was in force (epoch seconds)."""

    def __init__(self, ledger: Ledger, life: Life, meter: Meter) -> None:
        self._life = life
        self._meter = meter
        self._as_of = ledger.as_of
        self._change = ledger.terms[ledger.newest_terms].change
        self._told = _told(ledger, life.steps[0].at)
        # Terms replaced within their own second never were in force.
        self._held = [one for one, later in pairwise(self._told) if one[0] != later[0]] + self._told[-1:]

    def goal(self, stage: int) -> int | None:
        """Return the seconds the clock may show for *stage*, None without a target."""
        end = self._end(stage)
        if self._change == "strictest":
            goals = [terms.goals[stage] for terms in self._in_force(min(self._life.start, end), end)]
            return min((goal for goal in goals if goal is not None), default=None)
        if self._change == "forward":
            return self._forward(stage, end)
        return self._in_force(end, end)[0].goals[stage]

    def version(self, stage: int) -> int:
        """Return the number of the stage's deadline: changes of its promise so far, and cycles before this one."""
        end = self._end(stage)
        promises = [_promise(terms, stage) for i, (at, terms) in enumerate(self._told) if i == 0 or at <= end]
        return sum(before != after for before, after in pairwise(promises)) + self._life.cycle

    def _end(self, stage: int) -> int:
        reached = self._life.reached[stage]
        return self._as_of if reached is None else reached

    def _in_force(self, since: int, until: int) -> list[Terms]:
        """Return the terms in force at some time from *since* to *until*, both included."""
        first = max((i for i, (at, _) in enumerate(self._held) if at <= since), default=0)
        return [terms for i, (at, terms) in enumerate(self._held) if i == first or (i > first and at <= until)]

    def _forward(self, stage: int, end: int) -> int | None:
        before = self._in_force(self._life.begins_at, self._life.begins_at)[0]
        goal = before.goals[stage]
        for at, terms in self._told:
            if not self._life.begins_at < at <= end:
                continue
            if _promise(terms, stage) != _promise(before, stage):
                new = terms.goals[stage]
                goal = None if new is None else self._meter.shows(at) + new
            before = terms
        return goal


def _told(ledger: Ledger, entry: int) -> list[tuple[int, Terms]]:
    """Return (from, terms) in order; the first hold from the entry, be they told before or after it."""
    told: list[tuple[int, Terms]] = []
    for event in ledger.events:
        if event.kind == "terms" and event.terms is not None and (not told or event.at <= ledger.as_of):
            told.append((max(event.at, entry) if told else entry, ledger.terms[event.terms]))
    return told


def _promise(terms: Terms, stage: int) -> tuple[str, str, int | None]:
    return terms.policy, terms.calendar, terms.goals[stage]
