"""What the tests of the core share: readable times, calendars by name, and one ticket read in two ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from slamon.core.calendar import BusinessCalendar
from slamon.core.clock import read_clocks
from slamon.core.columns import Readings
from slamon.core.history import Histories, Mark, Step, build_histories, build_terms_table
from slamon.core.policy import Terms
from slamon.core.reading import Reading
from slamon.core.rules_document import rules_from_document
from tests.core.oracle import PLAN, RESPOND, Moment, Promise

HOUR, DAY = 3600, 86_400
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
ALL_DAYS = (*WEEKDAYS, "sat", "sun")

Pairs = Sequence[tuple[str, str]]


def epoch(text: str, zone: str = "UTC") -> int:
    """Read `2026-10-23T17:00` in *zone*; `*` at the end means the second time the clock shows it."""
    at = datetime.fromisoformat(text.removesuffix("*"))
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(zone), fold=int(text.endswith("*")))
    return int(at.timestamp())


def utc(seconds: int | None) -> str | None:
    """Write epoch seconds as `2026-10-23T17:00:00`, so that a failure can be read."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def at_utc(text: str) -> datetime:
    return datetime.fromtimestamp(epoch(text), UTC)


def week(days: Iterable[str] = WEEKDAYS, *windows: tuple[str, str], zone: str = "UTC", **rest: Any) -> dict[str, Any]:
    """Return a calendar document with the same windows on each of *days*."""
    return {"timezone": zone, "hours": {day: [list(w) for w in windows] for day in days}, **rest}


OFFICE = week(WEEKDAYS, ("09:00", "17:00"))
NONSTOP = week(ALL_DAYS, ("00:00", "24:00"))


def calendar(document: Mapping[str, Any], name: str = "test") -> BusinessCalendar:
    return BusinessCalendar(rules_from_document(name, document))


def terms_of(promise: Promise) -> Terms:
    respond, plan, resolve = promise.goals
    return Terms(
        policy=promise.policy,
        calendar=str(promise.calendar),
        respond_seconds=respond,
        plan_seconds=plan,
        resolve_seconds=resolve,
        warn_percent=promise.warn_percent,
        warn_left_seconds=promise.warn_left,
        change=promise.change,  # type: ignore[arg-type]  # the oracle keeps its words as text
        reopen=promise.reopen,  # type: ignore[arg-type]
        reopen_grace_seconds=promise.grace,
        waiting_responds=promise.waiting_responds,
        stage_warns=promise.stage_warns,
    )


def step_of(moment: Moment) -> Step:
    marks = Mark.NOT_MEASURED if moment.unmeasured else Mark(0)
    for stages, respond, plan in (
        (moment.did, Mark.REACHED_RESPOND, Mark.REACHED_PLAN),
        (moment.said, Mark.SAID_RESPOND, Mark.SAID_PLAN),
    ):
        marks |= respond if RESPOND in stages else Mark(0)
        marks |= plan if PLAN in stages else Mark(0)
    level = -1 if moment.level is None else moment.level
    return Step(moment.at, level, -1 if moment.promise is None else moment.promise, int(marks))


Life = tuple[Sequence[Moment], int | None]


def histories(lives: Sequence[Life], promises: Sequence[Promise], calendars: int = 1, first_id: int = 1) -> Histories:
    """Return *lives* (moments, start or None) in columns; `promise` of a moment indexes *promises*."""
    terms = {str(index): terms_of(promise) for index, promise in enumerate(promises)}
    table = build_terms_table(terms, [str(index) for index in range(calendars)])
    return build_histories(
        table,
        [(first_id + index, start, [step_of(m) for m in moments]) for index, (moments, start) in enumerate(lives)],
    )


def read_all(
    lives: Sequence[Life],
    promises: Sequence[Promise],
    calendars: Sequence[BusinessCalendar],
    as_of: int | Sequence[int],
) -> Readings:
    return read_clocks(histories(lives, promises, len(calendars)), calendars, np.asarray(as_of, np.int64))


def read_one(
    moments: Sequence[Moment],
    promises: Sequence[Promise],
    calendars: Sequence[BusinessCalendar],
    as_of: int,
    start: int | None = None,
) -> Reading:
    return read_all([(moments, start)], promises, calendars, as_of).reading(0)


def seconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())
