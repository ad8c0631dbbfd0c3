"""
Business hours the slow and obvious way: walk the local days one by one.

On purpose nothing like the daemon's arithmetic (no prefix sums, no arrays): both must find the same
deadlines by different roads. Instants are epoch seconds, intervals half-open.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

Span = tuple[int, int]
DAY_SECONDS = 86_400
HORIZON_DAYS = 3_700
"""Ten years and a little; a calendar without an open hour in it is given up."""


class NeverOpenError(ValueError):
    """The calendar has not that much open time within ten years."""


class Hours(Protocol):
    """Opening hours that can be counted."""

    def between(self, start: int, end: int) -> int:
        """Return the open seconds in [start, end); 0 if end is not after start."""
        ...

    def forward(self, start: int, seconds: int) -> int:
        """Return the earliest instant by which *seconds* of open time have passed since *start*."""
        ...

    def backward(self, end: int, seconds: int) -> int:
        """Return the latest instant from which *seconds* of open time pass until *end*."""
        ...


class AllHours:
    """24x7 without holidays."""

    def between(self, start: int, end: int) -> int:
        """Every second counts."""
        return max(0, end - start)

    def forward(self, start: int, seconds: int) -> int:
        """Plain addition."""
        return start + seconds

    def backward(self, end: int, seconds: int) -> int:
        """Plain subtraction."""
        return end - seconds


class WeekHours:
    """
    One weekly table of local spans in one time zone, with holidays.

    *week* holds for Monday..Sunday one span of local seconds after midnight, or None for a closed day (a ConnectWise
    calendar has one span a day). *holidays* maps a local date to the spans taken away from it.
    """

    def __init__(self, week: Sequence[Span | None], holidays: Mapping[date, Sequence[Span]], zone: ZoneInfo) -> None:
        self.week = tuple(week)
        self.holidays = holidays
        self.zone = zone
        self._days: dict[date, tuple[Span, ...]] = {}

    def between(self, start: int, end: int) -> int:
        """Return the open seconds in [start, end)."""
        if end <= start:
            return 0
        day, last, total = self._local_day(start), self._local_day(end), 0
        while day <= last:
            for opens, closes in self.day(day):
                total += max(0, min(closes, end) - max(opens, start))
            day += timedelta(days=1)
        return total

    def forward(self, start: int, seconds: int) -> int:
        """Return the earliest instant by which *seconds* of open time have passed since *start*."""
        if seconds <= 0:
            return start
        day, left = self._local_day(start), seconds
        for _ in range(HORIZON_DAYS if any(self.week) else 0):
            for opens, closes in self.day(day):
                opens = max(opens, start)
                if closes - opens >= left:
                    return opens + left
                left -= max(0, closes - opens)
            day += timedelta(days=1)
        raise NeverOpenError(f"no {seconds} open seconds within ten years")

    def backward(self, end: int, seconds: int) -> int:
        """Return the latest instant from which *seconds* of open time pass until *end*."""
        if seconds <= 0:
            return end
        day, left = self._local_day(end), seconds
        for _ in range(HORIZON_DAYS):
            for opens, closes in reversed(self.day(day)):
                closes = min(closes, end)
                if closes - opens >= left:
                    return closes - left
                left -= max(0, closes - opens)
            day -= timedelta(days=1)
        raise NeverOpenError(f"no {seconds} open seconds within ten years")

    def day(self, day: date) -> tuple[Span, ...]:
        """Return the open spans of one local *day* as instants, in order."""
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = tuple(self._open_spans(day))
        return known

    def _open_spans(self, day: date) -> list[Span]:
        weekly = self.week[day.weekday()]
        spans = [weekly] if weekly else []
        for begin, end in self.holidays.get(day, ()):
            spans = [piece for span in spans for piece in _without(span, begin, end)]
        return [(self._instant(day, opens), self._instant(day, closes)) for opens, closes in spans]

    def _instant(self, day: date, local_seconds: int) -> int:
        extra, rest = divmod(local_seconds, DAY_SECONDS)
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(days=extra)
        # Wall-clock addition: 08:00 is 08:00 on the days the clocks change, too.
        return int((midnight + timedelta(seconds=rest)).timestamp())

    def _local_day(self, at: int) -> date:
        return datetime.fromtimestamp(at, self.zone).date()


def _without(span: Span, begin: int, end: int) -> list[Span]:
    """Return *span* minus [begin, end), as up to two spans."""
    opens, closes = span
    pieces = [(opens, min(closes, begin)), (max(opens, end), closes)]
    return [(first, last) for first, last in pieces if first < last]


def local_seconds(text: str) -> int:
    """Return the seconds after midnight of `HH:MM:SS`."""
    hour, minute, second = (int(part) for part in text.split(":"))
    return hour * 3600 + minute * 60 + second


def local_midnight(day: date, zone: ZoneInfo) -> int:
    """Return the instant at which *day* begins in *zone*."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).timestamp())
