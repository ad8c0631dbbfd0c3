"""Words that all kinds of report share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from slamon.core.attainment import Counts, Promised
from slamon.core.instants import to_epoch
from slamon.core.period import Period, Span
from slamon.reporting.words import business_time
from slamon.reports.document import Share
from slamon.reports.material import NONE_NAMED, Excuse, Story
from slamon.reports.written import instant_text

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAY = timedelta(days=1)
MOST_NAMES = 3


def named(name: str) -> str:
    return name or NONE_NAMED


def share_of(counts: Counts) -> Share:
    return Share(counts.met, counts.judged)


def promised_words(promised: Promised) -> str:
    """Return the percent that was promised, `90 to 95 %` where not the same of all; '' where none was."""
    if not promised.goals:
        return ""
    return f"{promised.high} %" if promised.low == promised.high else f"{promised.low} to {promised.high} %"


def kept_words(promised: Promised) -> str:
    return {True: "kept", False: "not kept", None: "nothing promised"}[promised.is_kept]


def period_words(period: Period) -> str:
    """Return the period as people say it: `October 2026`, `week 44 of 2026, 26 October to 1 November`."""
    first, last = period.first_on, period.end_on - _DAY
    if period.span is Span.MONTH:
        return f"{_MONTHS[first.month - 1]} {first.year}"
    if period.span is Span.DAY:
        return f"{_DAYS[first.weekday()]}, {_day(first)}"
    if period.span is Span.WEEK:
        week = first.isocalendar()
        return f"week {week.week} of {week.year}, {_day(first, last)} to {_day(last)}"
    if period.span is Span.STRETCH:
        begins, ends = to_epoch(period.begins_at), to_epoch(period.ends_at)
        return f"{instant_words(begins, period)} to {instant_words(ends, period)}"
    if period.span is Span.RANGE:
        return f"{_day(first, last)} to {_day(last)}"
    name = f"fiscal year {period.name[2:]}" if period.span is Span.YEAR else f"quarter {period.name}"
    return f"{name}, {_day(first, last)} to {_day(last)}"


def _day(day: date, beside: date | None = None) -> str:
    """Return `26 October 2026`; without the year where the day *beside* it has the same."""
    year = "" if beside is not None and beside.year == day.year else f" {day.year}"
    return f"{day.day} {_MONTHS[day.month - 1]}{year}"


def instant_words(at: int, period: Period) -> str:
    """Return an instant in the report's zone, such as `1 Nov 2026 07:00`."""
    return instant_text(at, period.zone)


def few(names: Iterable[str], most: int = MOST_NAMES) -> str:
    """Return the first *most* names, and how many more there are."""
    every = list(names)
    more = len(every) - most
    return ", ".join(every[:most]) + (f" and {more} more" if more > 0 else "")


def by_status(held: Mapping[tuple[str, str], int]) -> list[tuple[str, int]]:
    """Return business seconds by status, the most first."""
    return _summed(held, 0)


def by_owner(held: Mapping[tuple[str, str], int]) -> list[tuple[str, int]]:
    """Return business seconds by owner, the most first."""
    return _summed(held, 1)


def _summed(held: Mapping[tuple[str, str], int], place: int) -> list[tuple[str, int]]:
    sums: defaultdict[str, int] = defaultdict(int)
    for holder, seconds in held.items():
        sums[holder[place]] += seconds
    return sorted(sums.items(), key=lambda one: (-one[1], one[0]))


def why_words(story: Story | None) -> str | None:
    """Return where the time went, in one line; None where there is no story."""
    if story is None:
        return None
    spent = few(f"{business_time(seconds)} in {status}" for status, seconds in by_status(story.holding.counted))
    parts = [spent] if spent else []
    waited = by_status(story.holding.waited)
    if waited:
        names = few(status for status, _ in waited)
        parts.append(f"waited {business_time(sum(seconds for _, seconds in waited))} in {names}, not counted")
    if story.changes:
        often = "once" if story.changes == 1 else f"{story.changes} times"
        parts.append(f"the promise changed {often} on the way")
    return "; ".join(parts) or "no business time passed"


def held_words(story: Story | None) -> str | None:
    """Return who held the ticket while its time counted; None where there is no story."""
    if story is None:
        return None
    return few(f"{owner} {business_time(seconds)}" for owner, seconds in by_owner(story.holding.counted))


def excuse_words(excuse: Excuse, period: Period) -> str:
    reason = f": {excuse.reason}" if excuse.reason else ""
    return f"exempted by {excuse.by} on {instant_words(excuse.at, period)}{reason}"
