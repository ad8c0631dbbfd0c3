"""The breach report: from the transitions of a span of time to what broke in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from slamon.core.reading import ClockState, Reading, Verdict
from slamon.core.ticket import Stage, Ticket
from slamon.core.transition import Change, Transition
from slamon.ports import TransitionRecord
from slamon.reporting.context import BreachReport, BreachRow, GroupCount, RowState

Goal = tuple[int, Stage]  # ticket, stage
_BROKEN = (Change.BREACHED, Change.MISSED)


def build_breach_report(
    records: Sequence[TransitionRecord],
    *,
    tenant: str,
    since: datetime,
    until: datetime,
    zone: ZoneInfo,
    readings: Mapping[int, Reading] | None = None,
    link: Callable[[Ticket], str] | None = None,
) -> BreachReport:
    """
    Return what broke in [since, until), judged by *records*, the transitions seen in that span.

    *readings* are the newest ones by ticket id: with them the report says how
    far over each goal is now, without them how far it was when it was told.
    *link* gives a ticket's address. No record at all is a report of no breach.
    """
    told: dict[Goal, list[TransitionRecord]] = {}
    for record in records:
        told.setdefault((record.ticket.id, record.transition.stage), []).append(record)
    rows, concluded, superseded = [], [], []
    for group in told.values():
        row = _read_row(group, readings or {}, link)
        if row is None:
            continue
        if row.state == "superseded":
            superseded.append(row)
        elif _broke_earlier(group, row, since):
            concluded.append(row)
        else:
            rows.append(row)
    companies, boards = _count(rows)
    return BreachReport(
        tenant,
        since,
        until,
        zone,
        _worst_first(rows),
        _worst_first(concluded),
        _worst_first(superseded),
        companies,
        boards,
    )


def _read_row(
    group: Sequence[TransitionRecord], readings: Mapping[int, Reading], link: Callable[[Ticket], str] | None
) -> BreachRow | None:
    """Return the row of one goal of one ticket, None if its transitions tell of no breach.

    When several deadline versions broke, the newest stands for the goal.
    """
    broken = [record.transition for record in group if record.transition.change in _BROKEN]
    if not broken:
        return None
    ticket = group[-1].ticket
    last = max(reversed(broken), key=lambda transition: transition.version)  # of the newest version, the last
    goal, elapsed = last.goal_seconds, last.elapsed_seconds
    reading = readings.get(ticket.id)
    current = None if reading is None else reading.stage(last.stage)
    if current is not None and current.version == last.version and current.goal_seconds is not None:
        goal, elapsed = current.goal_seconds, current.elapsed_seconds
    return BreachRow(
        ticket=ticket,
        stage=last.stage,
        breached_at=_breached_at(broken, last),
        goal_seconds=goal,
        over_seconds=max(0, elapsed - goal) if goal is not None else 0,
        state=_state(group, last, current.verdict if current else None, paused=_is_paused(reading)),
        ticket_url=link(ticket) if link else "",
    )


def _breached_at(broken: Sequence[Transition], last: Transition) -> datetime:
    """Return when the deadline passed: a breach happened at it, a late reach only knows it."""
    breach = next((t for t in broken if t.change is Change.BREACHED and t.version == last.version), None)
    return breach.at if breach else last.due_at or last.at


def _state(group: Sequence[TransitionRecord], last: Transition, verdict: Verdict | None, *, paused: bool) -> RowState:
    # A superseding transition carries the version of the new deadline.
    newer = (r.transition.change for r in group if r.transition.version > last.version)
    if Change.SUPERSEDED in newer:
        return "superseded"
    if verdict is Verdict.CANCELLED or any(r.transition.change is Change.CANCELLED for r in group):
        return "cancelled"
    if last.change is Change.MISSED or verdict is Verdict.MISSED:
        return "late"
    return "paused" if paused else "open"


def _is_paused(reading: Reading | None) -> bool:
    return reading is not None and reading.state is ClockState.PAUSED


def _broke_earlier(group: Sequence[TransitionRecord], row: BreachRow, since: datetime) -> bool:
    """Return whether an earlier report told of this breach: here it is only seen to be reached, too late.

    A goal that broke before *since* and was reached before slamon saw either
    is listed among these too, not dropped.
    """
    told_now = any(record.transition.change is Change.BREACHED for record in group)
    return not told_now and row.breached_at < since


def _worst_first(rows: list[BreachRow]) -> tuple[BreachRow, ...]:
    """Order by business time over the goal, then by how long ago it broke."""
    return tuple(sorted(rows, key=lambda row: (-row.over_seconds, row.breached_at, row.ticket.id, row.stage)))


def _count(rows: list[BreachRow]) -> tuple[tuple[GroupCount, ...], tuple[GroupCount, ...]]:
    if not rows:
        return (), ()
    from slamon.reporting.frame import breach_frame, count_groups

    frame = breach_frame(rows)
    return count_groups(frame, "company"), count_groups(frame, "board")
