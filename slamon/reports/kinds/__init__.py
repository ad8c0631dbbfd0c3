"""Kinds of report: each a function from what was loaded to the report, and what it wants loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from slamon.reports.document import Report
from slamon.reports.kinds.breach import MOST_TOLD, build_breach
from slamon.reports.kinds.digest import MOST_MISSED as MOST_IN_DIGEST
from slamon.reports.kinds.digest import MOST_WAITING, build_daily, build_weekly
from slamon.reports.kinds.monthly import MOST_MISSED, build_monthly
from slamon.reports.kinds.pauses import MOST_STORIES, build_pauses
from slamon.reports.kinds.review import MOST_WORST, build_review
from slamon.reports.material import Material

PERIODS = 12  # of a trend, the reported one included


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of report: how it is built, and how much of what it needs.

    `missed`, `breaks`, `paused`: of how many the stories; `waiting`: how many tickets; `past`: how many periods.
    """

    build: Callable[[Material], Report]
    goals: bool = True
    missed: int = 0
    breaks: int = 0
    paused: int = 0
    waiting: int = 0
    past: int = 0
    changes: bool = False


KINDS: Mapping[str, Kind] = {
    "breach": Kind(build_breach, goals=False, breaks=MOST_TOLD),
    "daily": Kind(build_daily, missed=MOST_IN_DIGEST, waiting=MOST_WAITING),
    "weekly": Kind(build_weekly, missed=MOST_IN_DIGEST, waiting=MOST_WAITING, past=PERIODS - 1),
    "monthly": Kind(build_monthly, missed=MOST_MISSED, past=PERIODS - 1, changes=True),
    "review": Kind(build_review, missed=MOST_WORST, past=PERIODS - 1, changes=True),
    "pauses": Kind(build_pauses, paused=MOST_STORIES),
}
