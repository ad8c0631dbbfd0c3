"""What a clock shows at an instant, and when it first shows so much."""

from __future__ import annotations

from slamon.verify.values import DAY
from slamon.verify.wall import Calendar, find_spans

_FAR_SECONDS = 11 * 366 * DAY  # a year beyond the horizon of ten
_FIRST_LOOK_SECONDS = 40 * DAY


class Meter:
    """A clock that starts at *start*, counted in the stretches *counted* until *as_of*, and may go on from there.

    All instants in epoch seconds; `start` may lie after `as_of`.
    """

    def __init__(self, calendar: Calendar, start: int, as_of: int, counted: list[tuple[int, int]]) -> None:
        self._calendar = calendar
        self._start = start
        self._as_of = as_of
        self._counted = counted
        self._ahead: list[tuple[int, int]] = []  # open after as_of and start, as far as looked
        self._looked = self._now = max(start, as_of)

    def shows(self, at: int) -> int:
        """Return the seconds counted before *at*, which is not after `as_of`."""
        return sum(min(until, at) - since for since, until in self._counted if since < at)

    def first_shows(self, goal: int, *, ahead: bool) -> int | None:
        """Return the first instant at which the clock shows *goal*; None if it never does.

        With *ahead* the clock goes on after `as_of` whenever the calendar opens; without, it stands.
        """
        shown = self.shows(self._as_of)
        if goal <= shown:
            return self._walk(goal, self._counted)
        return self._look_ahead(goal - shown) if ahead else None

    def _walk(self, seconds: int, stretches: list[tuple[int, int]], begin: int | None = None) -> int | None:
        if not seconds:
            return self._start if begin is None else begin
        for since, until in stretches:
            if seconds <= until - since:
                return since + seconds
            seconds -= until - since
        return None

    def _look_ahead(self, seconds: int) -> int | None:
        step = _FIRST_LOOK_SECONDS
        while (found := self._walk(seconds, self._ahead, self._now)) is None:
            if self._looked - self._now > _FAR_SECONDS:
                return None
            spans = find_spans(self._calendar, self._looked, self._looked + step)
            self._ahead += [(span.since, span.until) for span in spans if span.reading.state == "open"]
            self._looked += step
            step *= 2
        return found
