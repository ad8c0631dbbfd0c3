"""Local rules turned into UTC: the open segments of a calendar, and the business coordinate over them.

The set definition (an instant is open exactly when its local reading is) is
applied per stretch of constant offset: the local open spans, shifted by the
offset and cut to the stretch. A repeated hour lies in two stretches and so
counts twice, a skipped one in none; zones that move by half an hour, at
midnight or over a whole date need no case of their own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from slamon.core.instants import EPOCH_DATE, day_number
from slamon.core.rules import DAY_SECONDS, CalendarRules, DatedSpan, Window
from slamon.core.rules_document import merge_windows
from slamon.core.zone import offset_steps

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Segments:
    """The open time in [low, high): sorted, apart, half-open UTC segments as int64 epoch seconds.

    `before[i]` is the open time before `starts[i]`, counted from `low`, so
    `before[i] + ends[i] - starts[i]` is the coordinate of `ends[i]`.
    """

    low: int
    high: int
    starts: Ints
    ends: Ints
    before: Ints

    @property
    def total(self) -> int:
        """All open seconds in [low, high)."""
        return int(self.before[-1] + self.ends[-1] - self.starts[-1]) if len(self.starts) else 0


def build_segments(rules: CalendarRules, first_year: int, last_year: int) -> Segments:
    """Return the open segments of the UTC years *first_year* to *last_year*, both included."""
    low = int(datetime(first_year, 1, 1, tzinfo=UTC).timestamp())
    high = int(datetime(last_year + 1, 1, 1, tzinfo=UTC).timestamp())
    # A local date may begin up to a day before or after the UTC one.
    local_starts, local_ends = local_spans(rules, low // DAY_SECONDS - 2, high // DAY_SECONDS + 2)
    starts, ends = _to_utc(rules.zone, local_starts, local_ends, low, high)
    starts, ends = _join_touching(starts, ends)
    before = np.zeros(len(starts), np.int64)
    np.cumsum((ends - starts)[:-1], out=before[1:])
    return Segments(low, high, starts, ends, before)


def local_spans(rules: CalendarRules, first_day: int, end_day: int) -> tuple[Ints, Ints]:
    """Return the open spans of local dates [first_day, end_day) in seconds of the local wall clock.

    Days and seconds are counted from 1970-01-01. Sorted, apart; a span may cross midnight.
    """
    dated = _dated_windows(rules)
    days = np.arange(first_day, end_day, dtype=np.int64)
    days = days[~np.isin(days, np.fromiter(dated, np.int64, len(dated)))]
    weekdays = (days + 3) % 7  # day 0 was a Thursday
    starts, ends = [], []
    for weekday, windows in enumerate(rules.week):
        midnights = days[weekdays == weekday] * DAY_SECONDS
        for window in windows:
            starts.append(midnights + window.opens)
            ends.append(midnights + window.closes)
    special = [
        (day * DAY_SECONDS + w.opens, day * DAY_SECONDS + w.closes)
        for day, windows in dated.items()
        if first_day <= day < end_day
        for w in windows
    ]
    starts.append(np.array([s for s, _ in special], np.int64))
    ends.append(np.array([e for _, e in special], np.int64))
    all_starts, all_ends = np.concatenate(starts), np.concatenate(ends)
    order = np.argsort(all_starts, kind="stable")  # which makes use of the runs
    return _join_touching(all_starts[order], all_ends[order])


def span_segments(zone: str, span: DatedSpan, low: int, high: int) -> Segments:
    """Return one dated span in UTC, within the years of [low, high]: as `build_segments` would, without a week."""
    midnight = day_number(span.on) * DAY_SECONDS
    first, last = _year(low), _year(high)
    begin, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (first, last + 1))
    starts, ends = _to_utc(
        zone, np.array([midnight + span.window.opens]), np.array([midnight + span.window.closes]), begin, end
    )
    return Segments(begin, end, starts, ends, np.zeros(len(starts), np.int64))


def windows_on(rules: CalendarRules, on: date) -> tuple[Window, ...]:
    """Return the open windows of one local date: the week's, less holidays, plus one-off openings."""
    day = day_number(on)
    return _dated_windows(rules).get(day, rules.week[(day + 3) % 7])


def _dated_windows(rules: CalendarRules) -> dict[int, tuple[Window, ...]]:
    """Return the windows of every date that has a holiday or an opening, by day number."""
    closed: dict[date, list[Window]] = defaultdict(list)
    opened: dict[date, list[Window]] = defaultdict(list)
    _by_date(rules.holidays, closed)
    _by_date(rules.openings, opened)
    return {
        day_number(on): merge_windows([*_subtract(rules.week[(day_number(on) + 3) % 7], closed[on]), *opened[on]])
        for on in {*closed, *opened}
    }


def _by_date(spans: tuple[DatedSpan, ...], found: dict[date, list[Window]]) -> None:
    for span in spans:
        found[span.on].append(span.window)


def _subtract(windows: tuple[Window, ...], closed: list[Window]) -> list[Window]:
    left = list(windows)
    for hole in closed:
        left = [
            part
            for w in left
            for part in (
                Window(w.opens, min(w.closes, hole.opens)),
                Window(max(w.opens, hole.closes), w.closes),
            )
            if part.opens < part.closes
        ]
    return left


def _to_utc(zone: str, starts: Ints, ends: Ints, low: int, high: int) -> tuple[Ints, Ints]:
    first_year, last_year = _year(low), _year(high - 1)
    steps = offset_steps(zone, first_year, last_year)
    all_starts, all_ends = [], []
    for (begin, offset), (end, _) in zip(steps, [*steps[1:], (high, 0)], strict=True):
        first = np.searchsorted(ends, begin + offset, "right")
        last = np.searchsorted(starts, end + offset, "left")
        all_starts.append(np.maximum(starts[first:last] - offset, begin))
        all_ends.append(np.minimum(ends[first:last] - offset, end))
    return np.concatenate(all_starts), np.concatenate(all_ends)


def _year(seconds: int) -> int:
    return date.fromordinal(EPOCH_DATE.toordinal() + seconds // DAY_SECONDS).year


def _join_touching(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Join spans that touch; they are sorted and do not overlap."""
    if not len(starts):
        return starts, ends
    apart = starts[1:] > ends[:-1]
    return starts[np.concatenate(([True], apart))], ends[np.concatenate((apart, [True]))]
