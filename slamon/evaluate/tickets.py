"""Ticket cases: from a case to one or two rows of the clock, and from its reading to the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from slamon.core.calendar import BusinessCalendar
from slamon.core.clock import read_clocks
from slamon.core.history import Mark, Step, build_histories, build_terms_table
from slamon.core.instants import format_instant, from_epoch
from slamon.core.policy import Terms
from slamon.core.reading import ClockState, Reading
from slamon.core.ticket import STAGES, Level, Stage
from slamon.evaluate.calendars import Calendars
from slamon.evaluate.fields import (
    Case,
    CaseError,
    check_keys,
    flag,
    instant,
    names,
    required,
    seconds,
    table,
)

_KEYS = frozenset(
    {
        "id",
        "calendar",
        "created",
        "status",
        "targets",
        "pause_statuses",
        "stop_statuses",
        "pauses_apply_to",
        "events",
        "as_of",
    }
)
_EVENT_KEYS = frozenset({"at", "status", "responded", "planned", "targets", "calendar"})
_STAGE_NAMES = {stage.label: stage for stage in STAGES}
_FARTHEST_GOAL = 2**40  # far beyond any horizon, well within int64


@dataclass(frozen=True, slots=True)
class Question:
    """A ticket case, understood. `targets` and `calendar` are the last ones at `as_of`."""

    case_id: object
    created: int
    as_of: int
    steps: tuple[Step, ...]
    statuses: tuple[str, ...]  # the status that each step sets, '' where it sets none
    targets: dict[Stage, int]
    pausing: frozenset[Stage]
    calendar_key: str
    calendar: BusinessCalendar


def read_ticket(case: Case, calendars: Calendars) -> Question:
    """Return the question a case asks.

    Raises:
        CaseError: The case is not of its form.
    """
    check_keys(case, _KEYS)
    created, as_of = instant(case, "created"), instant(case, "as_of")
    if as_of < created:
        raise CaseError("as_of: lies before created")
    pauses, stops = names(case, "pause_statuses"), names(case, "stop_statuses")
    targets = _targets(table(case, "targets"), "targets.")
    key, calendar = calendars.get(required(case, "calendar"), created)
    steps = [Step(created, _level(required(case, "status"), pauses, stops, "status"), terms=0)]
    statuses = [str(case["status"])]
    for place, event, at in _happened(case, created, as_of):
        if "targets" in event:
            targets |= _targets(table(event, "targets", place), f"{place}targets.")
        if "calendar" in event:
            key, calendar = calendars.get(event["calendar"], created)
        steps.append(_step(event, at, pauses, stops, place))
        statuses.append(event.get("status", ""))
    return Question(
        case_id=case.get("id"),
        created=created,
        as_of=as_of,
        steps=tuple(steps),
        statuses=tuple(statuses),
        targets={stage: goal for stage, goal in targets.items() if goal is not None},
        pausing=_pausing(case),
        calendar_key=key,
        calendar=calendar,
    )


def answer_tickets(questions: Sequence[Question]) -> list[dict[str, Any] | CaseError]:
    """Answer questions that share one calendar, in order, with one pass of the clock."""
    terms = [_terms(question) for question in questions]
    distinct = {str(index): each for index, each in enumerate(dict.fromkeys(terms))}
    position = {each: index for index, each in enumerate(distinct.values())}
    rows = [
        (
            index,
            None,
            [replace(step, terms=position[terms[index]] if step.terms == 0 else -1) for step in steps],
        )
        for index, question in enumerate(questions)
        for steps in (question.steps, _unpaused(question.steps))
    ]
    readings = read_clocks(
        build_histories(build_terms_table(distinct, [""]), rows),
        [questions[0].calendar],
        np.repeat(np.array([question.as_of for question in questions], np.int64), 2),
    )
    values = readings.values()
    return [
        _result(question, paused, unpaused)
        for question, paused, unpaused in zip(questions, values[::2], values[1::2], strict=True)
    ]


def _result(question: Question, paused: Reading, unpaused: Reading) -> dict[str, Any] | CaseError:
    result: dict[str, Any] = {
        "state": _state(question, paused),
        "elapsed": paused.elapsed_seconds,
        "paused": paused.paused_seconds,
        "clock_start": format_instant(from_epoch(question.calendar.next_open(question.created))),
        "breached": False,
    }
    waiting: dict[str, str] = {}
    for stage in STAGES:
        reading = (paused if stage in question.pausing else unpaused).stage(stage)
        goal, elapsed, name = reading.goal_seconds, reading.elapsed_seconds, stage.label
        runs = paused.state in (ClockState.RUNNING, ClockState.OUTSIDE_HOURS) or stage not in question.pausing
        if goal is not None and reading.due_at is None and runs and paused.state is not ClockState.STOPPED:
            return CaseError(f"targets.{name}: the calendar holds less than {goal} open seconds within ten years")
        over = goal is not None and elapsed > goal
        result[f"{name}_due"] = _text(reading.due_at)
        result[f"{name}_elapsed"] = elapsed
        result[f"{name}_margin"] = None if goal is None else goal - elapsed
        result[f"{name}_overdue"] = elapsed - goal if goal is not None and over else 0
        result[f"{name}_met"] = None if goal is None or reading.reached_at is None else not over
        result[f"{name}_breached_at"] = _text(reading.breached_at)
        result["breached"] = result["breached"] or over
        if reading.due_if_resumed_at is not None:
            waiting[name] = format_instant(reading.due_if_resumed_at)
    result["due_if_resumed_now"] = waiting if paused.state is ClockState.PAUSED else None
    return result


def _state(question: Question, reading: Reading) -> str:
    if reading.state is ClockState.PAUSED:
        return "waiting"
    if reading.state is ClockState.STOPPED:
        return "resolved"
    return next(
        (
            stage.label
            for stage in (Stage.RESPOND, Stage.PLAN)
            if stage in question.targets and reading.stage(stage).reached_at is None
        ),
        Stage.RESOLVE.label,
    )


def _happened(case: Case, created: int, as_of: int) -> list[tuple[str, Case, int]]:
    """Return the events up to *as_of* in the order of time, those of one instant as given."""
    events = case.get("events", [])
    if not isinstance(events, list):
        raise CaseError("events: expected a list")
    found = []
    for index, event in enumerate(events):
        place = f"events[{index}]."
        if not isinstance(event, dict):
            raise CaseError(f"events[{index}]: expected an object")
        check_keys(event, _EVENT_KEYS, place)
        at = instant(event, "at", place)
        if at < created:
            raise CaseError(f"{place}at: lies before created")
        found.append((place, event, at))
    return sorted((entry for entry in found if entry[2] <= as_of), key=lambda entry: entry[2])


def _step(event: Case, at: int, pauses: frozenset[str], stops: frozenset[str], place: str) -> Step:
    level = _level(event["status"], pauses, stops, f"{place}status") if "status" in event else -1
    marks = Mark.REACHED_RESPOND if flag(event, "responded", place) else Mark(0)
    marks |= Mark.REACHED_PLAN if flag(event, "planned", place) else Mark(0)
    return Step(at, level, marks=int(marks))


def _level(status: object, pauses: frozenset[str], stops: frozenset[str], place: str) -> int:
    if not isinstance(status, str):
        raise CaseError(f"{place}: expected the name of a status")
    if status in pauses and status in stops:
        raise CaseError(f"{place}: {status!r} is both a pause and a stop status")
    return Level.RESOLVED if status in stops else Level.WAITING if status in pauses else Level.NOT_RESPONDED


def _unpaused(steps: Sequence[Step]) -> list[Step]:
    """The same life with every wait counted, for stages that a pause does not stop."""
    return [replace(step, level=int(Level.NOT_RESPONDED)) if step.level == Level.WAITING else step for step in steps]


def _targets(targets: Case, place: str) -> dict[Stage, int | None]:
    check_keys(targets, frozenset(_STAGE_NAMES), place)
    return {
        _STAGE_NAMES[name]: None if goal is None else min(seconds(goal, f"{place}{name}"), _FARTHEST_GOAL)
        for name, goal in targets.items()
    }


def _pausing(case: Case) -> frozenset[Stage]:
    value = case.get("pauses_apply_to", list(_STAGE_NAMES))
    if not isinstance(value, list) or any(name not in list(_STAGE_NAMES) for name in value):
        raise CaseError(f"pauses_apply_to: expected a list of {', '.join(_STAGE_NAMES)}")
    return frozenset(_STAGE_NAMES[name] for name in value)


def _terms(question: Question) -> Terms:
    respond, plan, resolve = (question.targets.get(stage) for stage in STAGES)
    return Terms("", "", respond_seconds=respond, plan_seconds=plan, resolve_seconds=resolve)


def _text(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
