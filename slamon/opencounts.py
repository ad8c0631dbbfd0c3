"""What a tenant's metrics count, kept between two polls: it costs what has changed, not what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from slamon.core.month import month_of
from slamon.core.transition import Change
from slamon.metrics import OpenBoard
from slamon.metrics.snapshot import SloFigures
from slamon.objectives import MonthCounts, load_month, slo_figures
from slamon.ports import GoalTotal, Store

_ENDS = (str(Change.MET), str(Change.MISSED))


@dataclass(slots=True)
class OpenCounts:
    """The open tickets on their board, transitions of all time, and the goals that ended of late.

    `counted_at`: the sweep they were loaded after.
    """

    board: OpenBoard
    transitions: Counter[tuple[int, str]]
    totals: Sequence[GoalTotal]
    counted_at: datetime | None
    companies: Collection[str] = ()
    month: MonthCounts | None = None
    is_stale: bool = True  # whether goals may have ended since the month was counted

    def update(self, store: Store, tenant: str, moved: Collection[int], new: Counter[tuple[int, str]]) -> None:
        """Look at the tickets *moved* again, and add *new* transitions."""
        if moved:
            self.board.replace(moved, store.load_open_columns_of(tenant, moved))
            self.is_stale = True
        self.transitions += new
        if any(change in _ENDS for _, change in new):
            self.totals = store.load_goal_totals(tenant)

    def slo(self, store: Store, tenant: str, now: datetime, zone: ZoneInfo) -> SloFigures:
        """Return the objectives of the month in which *now* lies."""
        month = month_of(now, zone)
        if self.month is None or self.is_stale or self.month.month != month:
            self.month = load_month(store, tenant, month, self.month, companies=self.companies)
            self.is_stale = False
        return slo_figures(self.month, self.board, self.companies, now)


def load_counts(store: Store, tenant: str, counted_at: datetime | None, companies: Collection[str] = ()) -> OpenCounts:
    """Return the counts as the store has them now; companies but *companies* are counted as one."""
    return OpenCounts(
        board=OpenBoard(store.load_open_columns(tenant), companies=companies),
        transitions=Counter(store.count_transitions(tenant)),
        totals=store.load_goal_totals(tenant),
        counted_at=counted_at,
        companies=companies,
    )
