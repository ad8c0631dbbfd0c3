"""The objectives of a tenant's month, from the store: for the metrics and for `slamon slo`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from slamon.clean import clean_label
from slamon.core.instants import to_epoch
from slamon.core.month import Month
from slamon.core.slo import OVER, PAST, Live, Objective, Pace, Tally, read_objective, read_objectives
from slamon.core.ticket import STAGES
from slamon.metrics.board import OpenBoard, Still
from slamon.metrics.snapshot import SloFigures, count_ended
from slamon.ports import Store
from slamon.ports.outcomes import OTHER


@dataclass(frozen=True, slots=True)
class MonthCounts:
    """The goals that ended in a month and in the twelve weeks before, and when the first of them did."""

    month: Month
    ended: Sequence[Tally]
    past: Sequence[Tally]
    first_at: datetime | None

    def pace(self, now: datetime) -> Pace:
        """Return how long one has looked, and how much of the month is left."""
        if now >= self.month.ends_at:
            return OVER
        watched = 0 if self.first_at is None else max(0, int((now - self.first_at).total_seconds()))
        return Pace(watched, int((self.month.ends_at - now).total_seconds()))


def load_month(
    store: Store,
    tenant: str,
    month: Month,
    before: MonthCounts | None = None,
    *,
    by: Collection[str] = ("board", "priority", "company"),
    companies: Collection[str] | None = (),
) -> MonthCounts:
    """Return the counts of *month*; what *before* knows of the time before it is not counted again."""
    ended = store.count_outcomes(tenant, month.begins_at, month.ends_at, by=by, companies=companies)
    if before is not None and before.month == month and before.first_at is not None:
        return MonthCounts(month, ended, before.past, before.first_at)
    begins = month.begins_at - PAST
    past = store.count_outcomes(tenant, begins, month.begins_at, by=by, companies=companies)
    return MonthCounts(month, ended, past, store.load_first_outcome_at(tenant, begins))


def slo_figures(counts: MonthCounts, board: OpenBoard, companies: Collection[str], now: datetime) -> SloFigures:
    """Return what the metrics show of the month, counted with all companies but *companies* as one."""
    live = [_live(row) for row in board.still(to_epoch(counts.month.begins_at))]
    pace, listed = counts.pace(now), (*map(clean_label, companies), OTHER)
    return SloFigures(
        month_began_at=counts.month.begins_at.timestamp(),
        objectives=tuple(read_objective(stage, counts.ended, counts.past, live, pace) for stage in STAGES),
        by_board=count_ended(counts.ended, lambda row: row.board),
        by_priority=count_ended(counts.ended, lambda row: row.priority),
        by_company=count_ended(counts.ended, lambda row: row.company, listed) if companies else (),
    )


def _live(row: Still) -> Live:
    """Return open goals as they are counted; the version of their terms stands where the policy will."""
    shape = row.shape
    return Live(row.stage, shape.board, shape.priority, shape.company, shape.terms, row.running, row.late)


def read_month(
    store: Store, tenant: str, month: Month, now: datetime, by: str | None
) -> dict[str, tuple[Objective, ...]]:
    """Return the objectives of *month* by board, priority, company or policy; else of all, under an empty name.

    What is open counts in the present month.
    """
    counts = load_month(store, tenant, month, by=(by,) if by else (), companies=None)
    live: list[Live] = []
    if month.begins_at <= now < month.ends_at:
        still = OpenBoard(store.load_open_columns(tenant), companies=None).still(to_epoch(month.begins_at))
        terms = store.load_terms({row.shape.terms for row in still})
        policies = {version: found.policy for version, found in terms.items()}
        live = [_live(row)._replace(policy=policies.get(row.shape.terms, "none")) for row in still]

    def name_of(row: Tally | Live) -> str | None:
        name: str | None = getattr(row, by) if by else ""
        return name

    return read_objectives(counts.ended, counts.past, live, counts.pace(now), name_of)
