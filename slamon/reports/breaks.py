"""What broke, from the transitions that were seen in a span of time: breaches learnt of late are not lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from slamon.core.instants import to_epoch
from slamon.core.reading import ClockState, Reading, StageReading, Verdict
from slamon.core.ticket import Stage, Ticket
from slamon.core.transition import Change, Transition
from slamon.ports import TransitionRecord
from slamon.reports.lines import GoalKey
from slamon.reports.material import Break, Breaks

BROKEN = (Change.BREACHED, Change.MISSED)


def read_breaks(
    records: Sequence[TransitionRecord],
    readings: Mapping[int, Reading],
    since: datetime,
    facts_of: Callable[[Ticket], Mapping[str, str]],
) -> Breaks:
    """
    Return what broke by *records*, the transitions seen from *since* on, the worst first.

    *readings* are those at the end of the span, by ticket: they say how far over each goal is by then.
    """
    told: dict[tuple[int, Stage], list[TransitionRecord]] = {}
    for record in records:
        told.setdefault((record.ticket.id, record.transition.stage), []).append(record)
    broke, concluded, superseded = [], [], []
    for group in told.values():
        row = _read_row(group, readings.get(group[-1].ticket.id), facts_of)
        if row is None:
            continue
        if row.state == "superseded":
            superseded.append(row)
        elif _broke_earlier(group, row, to_epoch(since)):
            concluded.append(row)
        else:
            broke.append(row)
    return Breaks(_worst_first(broke), _worst_first(concluded), _worst_first(superseded))


def _read_row(
    group: Sequence[TransitionRecord], reading: Reading | None, facts_of: Callable[[Ticket], Mapping[str, str]]
) -> Break | None:
    """Return the row of one goal of one ticket, None if its transitions tell of no breach.

    When several deadline versions broke, the newest stands for the goal.
    """
    broken = [record.transition for record in group if record.transition.change in BROKEN]
    if not broken:
        return None
    ticket = group[-1].ticket
    last = max(reversed(broken), key=lambda transition: transition.version)  # of the newest version, the last
    current = None if reading is None else reading.stage(last.stage)
    goal, elapsed = last.goal_seconds, last.elapsed_seconds
    if current is not None and current.version == last.version and current.goal_seconds is not None:
        goal, elapsed = current.goal_seconds, current.elapsed_seconds
    return Break(
        key=GoalKey(ticket.id, int(last.stage), 0 if reading is None else reading.cycle),
        broke_at=to_epoch(_broke_at(broken, last)),
        goal_seconds=goal,
        over_seconds=max(0, elapsed - goal) if goal is not None else 0,
        state=_state(group, last, current, paused=reading is not None and reading.state is ClockState.PAUSED),
        terms="" if reading is None else reading.terms,
        facts=facts_of(ticket),
    )


def _broke_at(broken: Sequence[Transition], last: Transition) -> datetime:
    """Return when the deadline passed: a breach happened at it, a late reach only knows it."""
    breach = next((t for t in broken if t.change is Change.BREACHED and t.version == last.version), None)
    return breach.at if breach else last.due_at or last.at


def _state(group: Sequence[TransitionRecord], last: Transition, goal: StageReading | None, *, paused: bool) -> str:
    # A superseding transition carries the version of the new deadline.
    newer = (r.transition.change for r in group if r.transition.version > last.version)
    verdict = goal.verdict if goal else None
    if Change.SUPERSEDED in newer:
        return "superseded"
    if verdict is Verdict.CANCELLED or any(r.transition.change is Change.CANCELLED for r in group):
        return "cancelled"
    if last.change is Change.MISSED or verdict is Verdict.MISSED:
        return "late"
    return "paused" if paused else "open"


def _broke_earlier(group: Sequence[TransitionRecord], row: Break, since: int) -> bool:
    """Return whether an earlier report told of this breach: here it is only seen to be reached, too late.

    A goal that broke before *since* and was reached before slamon saw either
    is listed among these too, not dropped.
    """
    told_now = any(record.transition.change is Change.BREACHED for record in group)
    return not told_now and row.broke_at < since


def _worst_first(rows: list[Break]) -> tuple[Break, ...]:
    """Order by business time over the goal, then by how long ago it broke."""
    return tuple(sorted(rows, key=lambda row: (-row.over_seconds, row.broke_at, row.key)))
