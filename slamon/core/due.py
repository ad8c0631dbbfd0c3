"""Which period a report is about that is due now: the one that ended last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from slamon.core.period import Period, Span, period_before, period_named, period_of, stretch

SPANS: Mapping[str, Span] = {
    "daily": Span.DAY,
    "weekly": Span.WEEK,
    "monthly": Span.MONTH,
    "review": Span.QUARTER,
    "pauses": Span.MONTH,
}
FIRST_STRETCH = timedelta(days=1)


def period_due(
    kind: str, due_at: datetime, zone: ZoneInfo, *, year_begins: int = 1, since: datetime | None = None
) -> Period:
    """Return the period of a report of *kind* that is due at *due_at*.

    One that is about what came since the last one begins *since* then; the first covers a day.
    """
    span = SPANS.get(kind)
    if span is None:
        return stretch(due_at - FIRST_STRETCH if since is None else since, due_at, zone)
    if span is Span.QUARTER and year_begins % 3 != 1:
        return _quarter_before(due_at, zone, year_begins)
    return period_before(period_of(due_at, span, zone, year_begins), year_begins)


def _quarter_before(at: datetime, zone: ZoneInfo, year_begins: int) -> Period:
    """Return the quarter of a fiscal year that ended last, where those are not quarters of the calendar's year."""
    year = period_of(at, Span.YEAR, zone, year_begins)
    years = (period_before(year, year_begins).name, year.name)
    quarters = (period_named(f"{name}-Q{number}", zone, year_begins) for name in years for number in (1, 2, 3, 4))
    return [quarter for quarter in quarters if quarter.ends_at <= at][-1]
