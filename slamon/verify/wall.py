"""When a calendar is open, read off the wall clock: no prefix sums, no stored segments.

The reading can only change where a window or a holiday may begin or end on some local date, at
midnight, or where the zone moves its clocks. These edges are collected generously (each local time
in both its readings), put in order, and at each one the wall is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from slamon.verify.values import DAY

_MOST_EDGES = 400_000  # some three seconds of work
_STEP = 2 * DAY  # no zone has ever moved its clocks twice within three days


class TooLargeError(Exception):
    """The calendar has more edges within the ticket's life than can be looked at."""


class Reading(NamedTuple):
    """What the calendar says at an instant: open, closed or holiday, and the rule that decides it."""

    state: str
    rule: str


class Span(NamedTuple):
    """A stretch [since, until) of epoch seconds with one reading."""

    since: int
    until: int
    reading: Reading


class Hours(NamedTuple):
    """Seconds [opens, closes) of a local day; the name is a holiday's."""

    opens: int
    closes: int
    name: str = ""


@dataclass(slots=True)
class Calendar:
    """Local rules in one zone; `week` begins on Monday. `edges_left` is how much may still be looked at."""

    version: str
    zone: ZoneInfo
    week: list[list[Hours]] = field(default_factory=lambda: [[] for _ in range(7)])
    holidays: dict[date, list[Hours]] = field(default_factory=dict)
    openings: dict[date, list[Hours]] = field(default_factory=dict)
    edges_left: int = _MOST_EDGES


def read_wall(calendar: Calendar, at: int) -> Reading:
    """Return what the calendar says at the epoch second *at*."""
    wall = datetime.fromtimestamp(at, calendar.zone)
    day, second = wall.date(), wall.hour * 3600 + wall.minute * 60 + wall.second
    own_rule = f"calendar {calendar.version}"
    if any(opens <= second < closes for opens, closes, _ in calendar.openings.get(day, ())):
        return Reading("open", own_rule)
    if not any(opens <= second < closes for opens, closes, _ in calendar.week[day.weekday()]):
        return Reading("closed", own_rule)
    for opens, closes, name in calendar.holidays.get(day, ()):
        if opens <= second < closes:
            return Reading("holiday", f"holiday {day} {name}".rstrip())
    return Reading("open", own_rule)


def find_spans(calendar: Calendar, since: int, until: int) -> list[Span]:
    """Return the stretches of one reading that make up [since, until), in order, without gaps.

    Raises:
        TooLargeError: More edges than can be looked at.
    """
    if since >= until:
        return []
    edges = {edge for edge in _edges(calendar, since, until) if since < edge < until}
    spans: list[Span] = []
    edge, reading = since, read_wall(calendar, since)
    for later in sorted(edges):
        now = read_wall(calendar, later)
        if now != reading:
            spans.append(Span(edge, later, reading))
            edge, reading = later, now
    return [*spans, Span(edge, until, reading)]


def _edges(calendar: Calendar, since: int, until: int) -> Iterator[int]:
    yield from _zone_changes(calendar.zone, since, until)
    day = datetime.fromtimestamp(since, calendar.zone).date() - timedelta(days=1)
    last = datetime.fromtimestamp(until, calendar.zone).date() + timedelta(days=1)
    while day <= last:
        midnight = datetime(day.year, day.month, day.day, tzinfo=calendar.zone)
        seconds = _seconds_that_matter(calendar, day)
        calendar.edges_left -= len(seconds)
        if calendar.edges_left < 0:
            raise TooLargeError("too many edges within the life of the ticket to look at each")
        for second in seconds:
            wall = midnight + timedelta(seconds=second)  # in local time: a zone's date arithmetic is naive
            yield int(wall.timestamp())
            yield int(wall.replace(fold=1).timestamp())
        day += timedelta(days=1)


def _seconds_that_matter(calendar: Calendar, day: date) -> set[int]:
    seconds = {0}
    for hours in (calendar.week[day.weekday()], calendar.holidays.get(day, ()), calendar.openings.get(day, ())):
        for opens, closes, _ in hours:
            seconds |= {opens, closes}
    return seconds


def _zone_changes(zone: ZoneInfo, since: int, until: int) -> Iterator[int]:
    """Return the first second of each new offset from UTC within (since, until]."""
    while since < until:
        ahead = min(since + _STEP, until)
        before, low, high = _offset(zone, since), since, ahead
        if _offset(zone, ahead) != before:
            while high - low > 1:
                middle = (low + high) // 2
                if _offset(zone, middle) == before:
                    low = middle
                else:
                    high = middle
            yield high
        since = ahead


def _offset(zone: ZoneInfo, at: int) -> timedelta | None:
    return datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
