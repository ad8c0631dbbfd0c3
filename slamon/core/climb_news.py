"""What is news of a climb: of the marks that a goal was newly seen to have passed, the one that is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from slamon.core.climb import Passed
from slamon.core.intervention import Standing
from slamon.core.reading import Reading, Verdict


class Outcome(StrEnum):
    """What became of a mark that a goal was seen to have passed."""

    TOLD = "told"
    OVERTAKEN = "overtaken"  # a higher mark, or the breach, was told instead
    HISTORY = "history"  # it was passed before slamon watched for it
    ACKNOWLEDGED = "acknowledged"
    EXEMPT = "exempt"
    NOBODY = "nobody"  # nobody it names could be found


@dataclass(frozen=True, slots=True)
class ClimbNews:
    """A mark newly passed, and what becomes of it. `jumped` are the lower ones that it is told instead of."""

    passed: Passed
    outcome: Outcome
    jumped: tuple[str, ...] = ()


def find_news(
    fresh: Sequence[Passed],
    *,
    before: Reading | None,
    now: Reading,
    since: Callable[[str], datetime],
    holds: Callable[[Passed], Standing],
    breached_now: Callable[[Passed], bool],
) -> list[ClimbNews]:
    """Return what becomes of the marks *fresh* of one ticket: of each goal at most one is told, the highest.

    What was passed before *since* is history, unless the deadline is another one than *before*: then it may lie
    in the past, and is news. A reminder is of a breach that was news itself.
    """
    found: list[ClimbNews] = []
    for _, own in groupby(sorted(fresh, key=_goal_and_height), key=lambda one: one.stage):
        marks = list(own)
        old = {one.key for one in marks if not _is_news(one, before, now, since)}
        found += [ClimbNews(one, Outcome.HISTORY) for one in marks if one.key in old]
        found += _of_goal([one for one in marks if one.key not in old], holds, breached_now)
    return found


def _of_goal(
    marks: Sequence[Passed], holds: Callable[[Passed], Standing], breached_now: Callable[[Passed], bool]
) -> Iterator[ClimbNews]:
    if not marks:
        return
    *lower, top = marks
    yield from (ClimbNews(one, Outcome.OVERTAKEN) for one in lower)
    said = holds(top)
    if top.is_reminder and breached_now(top):
        yield ClimbNews(top, Outcome.OVERTAKEN)
    elif said.exempt:
        yield ClimbNews(top, Outcome.EXEMPT)
    elif said.ack:
        yield ClimbNews(top, Outcome.ACKNOWLEDGED)
    else:
        yield ClimbNews(top, Outcome.TOLD, tuple(one.mark for one in lower))


def _is_news(one: Passed, before: Reading | None, now: Reading, since: Callable[[str], datetime]) -> bool:
    if one.is_reminder:
        broke_at = now.stage(one.stage).breached_at
        return broke_at is not None and broke_at >= since("breach")
    if one.at >= since(one.mark):
        return True
    goal = before.stage(one.stage) if before is not None else None
    return goal is not None and goal.verdict is not Verdict.NOT_MEASURED and goal.version != one.version


def _goal_and_height(one: Passed) -> tuple[int, int]:
    return int(one.stage), one.shows
