"""A ticket's life in steps: which level held from when, what was forgiven, and the cycle it is in."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

from slamon.verify.document import LEVEL_KINDS, Event, Ledger, Terms

_REACHES_RESPOND = ("responded", "resolution_plan", "resolved")
_REACHES_PLAN = ("resolution_plan", "resolved")


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` on the ticket had this level, set by `event`; `reopened`: in a stay at Resolved that was left."""

    at: int
    event: int
    status: str
    level: str
    reopened: bool = False


@dataclass(frozen=True, slots=True)
class Life:
    """What a ticket's events amount to at `as_of`; instants in epoch seconds.

    `begins_at` is the entry, or the newest reopening where that begins a new cycle. `start` is where the
    clock starts, perhaps later. `reached` are the milestones of this cycle, None where not reached.
    """

    steps: list[Step]
    begins_at: int
    start: int
    cycle: int
    reached: tuple[int | None, int | None, int | None]

    def step_at(self, at: int) -> Step:
        """Return the newest step at or before *at*."""
        return self.steps[bisect_right(self.steps, at, key=lambda step: step.at) - 1]


def read_life(ledger: Ledger, terms: Terms) -> Life:
    """Return the life that the events up to `as_of` tell, under the rules of *terms*."""
    happened = [event for event in ledger.events if event.at <= ledger.as_of]
    steps = _steps(happened)
    reopenings = _mark_stays(steps, terms.reopen_grace_seconds)
    first = reopenings[-1] if reopenings and terms.reopen == "new_cycle" else 0
    begins_at = steps[first].at
    starts = [event.at for event in ledger.events if event.kind == "started"]
    return Life(
        steps=steps,
        begins_at=begins_at,
        start=begins_at if first else max([begins_at, *starts[:1]]),
        cycle=len(reopenings) if terms.reopen == "new_cycle" else 0,
        reached=_milestones(steps[first:], _own_dates(happened, steps[first]), terms),
    )


def _steps(happened: list[Event]) -> list[Step]:
    steps: list[Step] = []
    cancelled, level, before, status = False, "not_responded", "not_responded", ""
    for event in happened:
        if event.kind not in LEVEL_KINDS or (cancelled and event.kind in ("status", "resolved")):
            continue
        if event.kind == "cancelled":
            before = before if cancelled else level
            cancelled, level = True, "out_of_scope"
            steps.append(Step(event.at, event.number, event.name or status, level))
            continue
        if event.kind == "resolved":
            level = "resolved"
        else:
            level = event.level or before  # only `restored` may come without a level
            status, cancelled = event.name or status, False
        steps.append(Step(event.at, event.number, status, level))
    return steps


def _mark_stays(steps: list[Step], grace_seconds: int) -> list[int]:
    """Change *steps*: forgive short stays at Resolved, mark others that were left; return where they were left."""
    reopenings = []
    place = 0
    while place < len(steps):
        first = place
        while place < len(steps) and steps[place].level == "resolved":
            place += 1
        if first == place:
            place += 1
            continue
        if place == len(steps):
            break
        short = steps[place].at - steps[first].at < grace_seconds
        level_before = steps[first - 1].level if first else "not_responded"
        for i in range(first, place):
            steps[i] = replace(steps[i], level=level_before) if short else replace(steps[i], reopened=True)
        if not short:
            reopenings.append(place)
    return reopenings


def _own_dates(happened: list[Event], begin: Step) -> list[Event]:
    """Return ConnectWise's own dates that are of the cycle that *begin* opened."""
    place = next(i for i, event in enumerate(happened) if event.number == begin.event)
    return [
        event
        for i, event in enumerate(happened)
        if event.kind in ("responded", "planned")
        # A date of the entry's own second is of the ticket's life, in whatever order the two were told.
        and (i > place or (event.at == begin.at and happened[place].kind == "entered"))
    ]


def _milestones(steps: list[Step], own_dates: list[Event], terms: Terms) -> tuple[int | None, int | None, int | None]:
    waiting = ("waiting",) if terms.waiting_responds else ()
    responded = [step.at for step in steps if step.level in (*_REACHES_RESPOND, *waiting)]
    planned = [step.at for step in steps if step.level in _REACHES_PLAN]
    # ConnectWise's own dates win, be they earlier or later than what the levels say.
    responded = [event.at for event in own_dates if event.kind == "responded"] or responded
    planned = [event.at for event in own_dates if event.kind == "planned"] or planned
    resolved = None
    for step in steps:
        if step.level != "resolved":
            resolved = None
        elif resolved is None:
            resolved = step.at
    return min(responded, default=None), min(planned, default=None), resolved
