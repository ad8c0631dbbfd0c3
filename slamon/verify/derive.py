"""Derive a ledger's intervals, clock and stages from its facts, in the form of the document."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Any

from slamon.verify.document import LEVEL_KINDS, STAGES, Ledger, Terms
from slamon.verify.life import Life, Step, read_life
from slamon.verify.meter import Meter
from slamon.verify.promises import Promises
from slamon.verify.values import DAY, write_instant
from slamon.verify.wall import Span, find_spans, read_wall

_HORIZON_SECONDS = 3650 * DAY
_CUTS = (*LEVEL_KINDS, "responded", "planned", "not_measured", "terms")
_STANDING = {"waiting": "waiting", "resolved": "resolved", "out_of_scope": "out of scope"}


@dataclass(frozen=True, slots=True)
class _Interval:
    """A stretch [since, until) of one reason, in epoch seconds."""

    since: int
    until: int
    reason: str
    counted: int
    business: int
    rule: str
    step: Step

    def document(self) -> dict[str, Any]:
        return {
            "from": write_instant(self.since),
            "to": write_instant(self.until),
            "reason": self.reason,
            "counted_seconds": self.counted,
            "business_seconds": self.business,
            "status": self.step.status,
            "event": self.step.event,
            "rule": self.rule,
        }


def derive(ledger: Ledger) -> dict[str, Any]:
    """Return `clock`, `stages` and `intervals` as they must stand in the document.

    A tuple in the place of a value holds all values that are right there.

    Raises:
        TooLargeError: The calendar has too many edges to look at.
    """
    terms = ledger.terms[ledger.newest_terms]
    life = read_life(ledger, terms)
    intervals = list(_intervals(ledger, life, terms))
    state = _state(ledger, life)
    counted = [(interval.since, interval.until) for interval in intervals if interval.counted]
    meter = Meter(ledger.calendar, life.start, ledger.as_of, counted)
    promises = Promises(ledger, life, meter)
    return {
        "clock": {
            "state": state,
            "started_at": write_instant(life.start),
            "cycle": life.cycle,
            "elapsed_seconds": sum(interval.counted for interval in intervals),
            "paused_seconds": sum(interval.business for interval in intervals if interval.reason == "waiting"),
        },
        "stages": [_stage(number, ledger, life, state, meter, promises) for number in range(len(STAGES))],
        "intervals": [interval.document() for interval in intervals],
    }


def _intervals(ledger: Ledger, life: Life, terms: Terms) -> Iterator[_Interval]:
    spans = find_spans(ledger.calendar, life.begins_at, ledger.as_of)
    start = min(life.start, ledger.as_of)
    if life.begins_at < start:
        business = _open_seconds(spans, life.begins_at, start)
        yield _Interval(life.begins_at, start, "not started", 0, business, "start", life.step_at(life.begins_at))
    cuts = {event.at for event in ledger.events if event.kind in _CUTS and start < event.at < ledger.as_of}
    edges = sorted({start, ledger.as_of, *cuts})
    for since, until in pairwise(edges):
        step = life.step_at(since)
        if step.level in _STANDING and not (step.reopened and terms.reopen == "count"):
            business = _open_seconds(spans, since, until)
            rule = f"level {step.level} (event {step.event})"
            yield _Interval(since, until, _STANDING[step.level], 0, business, rule, step)
            continue
        for span in _clip(spans, since, until):
            length = span.until - span.since if span.reading.state == "open" else 0
            yield _Interval(span.since, span.until, span.reading.state, length, length, span.reading.rule, step)


def _clip(spans: list[Span], since: int, until: int) -> Iterator[Span]:
    first = bisect_right(spans, since, key=lambda span: span.since) - 1
    for span in takewhile(lambda span: span.since < until, spans[first:]):
        yield Span(max(span.since, since), min(span.until, until), span.reading)


def _open_seconds(spans: list[Span], since: int, until: int) -> int:
    return sum(span.until - span.since for span in _clip(spans, since, until) if span.reading.state == "open")


def _state(ledger: Ledger, life: Life) -> str:
    level = life.steps[-1].level
    if level == "waiting":
        return "paused"
    if level in _STANDING:
        return "stopped"
    is_open = read_wall(ledger.calendar, ledger.as_of).state == "open"
    return "running" if is_open and life.start <= ledger.as_of else "outside_hours"


def _stage(number: int, ledger: Ledger, life: Life, state: str, meter: Meter, promises: Promises) -> dict[str, Any]:
    reached = life.reached[number]
    goal = promises.goal(number)
    elapsed = meter.shows(ledger.as_of if reached is None else reached)
    verdict = _verdict(ledger, life, state, goal, elapsed, reached)
    due: Any = None if goal is None else meter.first_shows(goal, ahead=state in ("running", "outside_hours"))
    resumed: Any = None
    if goal is not None and state == "paused" and reached is None and due is None:
        resumed = _or_never(meter.first_shows(goal, ahead=True), ledger, life)
    return {
        "stage": STAGES[number],
        "verdict": verdict,
        "goal_seconds": goal,
        "elapsed_seconds": elapsed,
        "remaining_seconds": None if goal is None else goal - elapsed,
        "reached_at": _written(reached),
        "due_at": _or_never(due, ledger, life),
        "due_if_resumed_at": resumed,
        "breached_at": _written(due) if verdict in ("missed", "breached") else None,
        "deadline_version": promises.version(number),
    }


def _verdict(ledger: Ledger, life: Life, state: str, goal: int | None, elapsed: int, reached: int | None) -> str:
    if life.steps[-1].level == "out_of_scope":
        return "cancelled"
    if goal is None:
        return "no_target"
    if any(event.kind == "not_measured" and event.at <= ledger.as_of for event in ledger.events):
        return "not_measured"
    if reached is not None:
        return "met" if elapsed <= goal else "missed"
    return "breached" if elapsed > goal else state


def _written(at: int | None) -> str | None:
    return None if at is None else write_instant(at)


def _or_never(at: int | None, ledger: Ledger, life: Life) -> str | tuple[str | None, ...] | None:
    """Return a deadline as written; one that lies beyond the calendar's horizon may be there or not."""
    beyond = at is not None and at > ledger.as_of and at - life.start > _HORIZON_SECONDS
    return (_written(at), None) if beyond else _written(at)
