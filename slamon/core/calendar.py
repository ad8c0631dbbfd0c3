"""Business calendars: open time between two instants, and the instant at which an amount of it has passed.

All of it is arithmetic in the business coordinate B(t), the open seconds
before t: elapsed(a, b) = B(b) - B(a), due_at(a, n) = the earliest t with
B(t) = B(a) + n. Zone rules are used only when segments are built.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import overload

import numpy as np

from slamon.core.coordinate import HORIZON_SECONDS, NEAR_SECONDS, NEVER, Coordinate, in_blocks
from slamon.core.instants import LATEST, from_epoch
from slamon.core.rules import CalendarRules
from slamon.core.segments import Ints, Segments, build_segments
from slamon.errors import CalendarError, NeverDueError


class BusinessCalendar:
    """The opening hours of one calendar. Instants are epoch seconds, UTC; scalars and int64 arrays alike.

    Segments are built when first needed and extended on demand; an answer
    does not depend on what was asked before.
    """

    def __init__(self, rules: CalendarRules) -> None:
        self.rules = rules
        self._known: Coordinate | None = None

    @property
    def name(self) -> str:
        return self.rules.name

    def coordinate(self, low: int, high: int) -> Coordinate:
        """Return the business coordinate over at least [low, high]."""
        known = self._known
        if known is not None and known.segments.low <= low and high < known.segments.high:
            return known
        first = _year(low if known is None else min(low, known.segments.low))
        last = _year(high if known is None else max(high, known.segments.high - 1))
        self._known = Coordinate(build_segments(self.rules, first, last))
        return self._known

    def segments(self, low: int, high: int) -> Segments:
        """Return the open segments over at least [low, high]."""
        return self.coordinate(low, high).segments

    @overload
    def elapsed(self, start: int, end: int) -> int: ...
    @overload
    def elapsed(self, start: Ints, end: Ints) -> Ints: ...
    def elapsed(self, start: int | Ints, end: int | Ints) -> int | Ints:
        """Return the open seconds in [start, end), never negative.

        Raises:
            ValueError: An end lies before its start.
        """
        if isinstance(start, int) and isinstance(end, int):
            return self._elapsed_one(start, end)
        starts, ends = np.asarray(start, np.int64), np.asarray(end, np.int64)
        if np.any(ends < starts):
            raise ValueError("the end lies before the start")
        if not starts.size:
            return starts.copy()
        known = self.coordinate(int(starts.min()), int(ends.max()))
        answer = in_blocks(lambda a, b: known.business(b) - known.business(a), starts, ends)
        return int(answer) if answer.ndim == 0 else answer

    @overload
    def due_at(self, start: int, amount: int) -> int: ...
    @overload
    def due_at(self, start: Ints, amount: Ints) -> Ints: ...
    def due_at(self, start: int | Ints, amount: int | Ints) -> int | Ints:
        """Return the earliest instant t >= start with elapsed(start, t) = amount.

        An amount that runs out exactly at closing time is due at closing time.

        Raises:
            ValueError: An amount is negative.
            NeverDueError: Less open time than the amount within ten years of the start.
        """
        if isinstance(start, int) and isinstance(amount, int):
            return self._due_one(start, amount)
        starts, amounts = np.broadcast_arrays(np.asarray(start, np.int64), np.asarray(amount, np.int64))
        if not starts.size:
            return starts.copy()
        if int(amounts.min()) < 0:
            raise ValueError("the amount is negative")
        answer = self.due_or_never(starts, amounts)
        if int(answer.max()) == NEVER:
            worst = int(answer.argmax())
            raise self._never(int(starts.ravel()[worst]), int(amounts.ravel()[worst]))
        return int(answer) if answer.ndim == 0 else answer

    def due_or_never(self, starts: Ints, amounts: Ints) -> Ints:
        """As `due_at`, with NEVER where the amount is not reached within the horizon."""
        low, ahead = int(starts.min()), int(starts.max())
        # No amount beyond the horizon is ever reached, and a huge one would overflow.
        if int(amounts.max()) > HORIZON_SECONDS:
            amounts = np.minimum(amounts, HORIZON_SECONDS + 1)
        # Most targets are days away; the whole horizon is built only for those that are not.
        for reach in (NEAR_SECONDS, HORIZON_SECONDS):
            known = self.coordinate(low, min(ahead + reach, LATEST + HORIZON_SECONDS))
            answer = in_blocks(partial(_due, known), starts, amounts)
            if int(answer.max()) != NEVER:
                break
        return answer

    def next_open(self, start: int) -> int:
        """Return the first open instant at or after *start*.

        Raises:
            NeverDueError: Closed for the ten years after *start*.
        """
        for reach in (NEAR_SECONDS, HORIZON_SECONDS):
            found = self.coordinate(start, start + reach).opening_of(start)
            if found - start <= HORIZON_SECONDS:
                return found
        raise NeverDueError(f"calendar {self.name}: never open within ten years of {from_epoch(start):%Y-%m-%d %H:%M}")

    def is_open(self, at: int) -> bool:
        return self.coordinate(at, at).opening_of(at) == at

    def _elapsed_one(self, start: int, end: int) -> int:
        """Answer plain ints, for which halving over lists beats anything in numpy."""
        if end < start:
            raise ValueError("the end lies before the start")
        known = self.coordinate(start, end)
        return known.business_of(end) - known.business_of(start)

    def _due_one(self, start: int, amount: int) -> int:
        if amount <= 0:
            if amount:
                raise ValueError("the amount is negative")
            return start
        for reach in (NEAR_SECONDS, HORIZON_SECONDS):
            known = self.coordinate(start, min(start + reach, LATEST + HORIZON_SECONDS))
            found = known.instant_of(known.business_of(start) + amount)
            if found - start <= HORIZON_SECONDS:
                return found
        raise self._never(start, amount)

    def _never(self, start: int, amount: int) -> NeverDueError:
        return NeverDueError(
            f"calendar {self.name}: less than {amount} open seconds within ten years of "
            f"{from_epoch(start):%Y-%m-%d %H:%M}; check its hours, holidays and the target"
        )


def _due(known: Coordinate, starts: Ints, amounts: Ints) -> Ints:
    answer = known.instant(known.business(starts) + amounts)
    if not amounts.all():
        answer = np.where(amounts == 0, starts, answer)
    if known.segments.high - known.segments.low <= HORIZON_SECONDS:  # then no answer can lie further
        return answer
    return np.where(answer - starts > HORIZON_SECONDS, NEVER, answer)


def check_opens(calendar: BusinessCalendar, at: int) -> None:
    """Refuse a calendar without any open time in the ten years after *at*.

    Raises:
        CalendarError: Names the calendar and what to do.
    """
    try:
        calendar.next_open(at)
    except NeverDueError as error:
        raise CalendarError(f"{error}; give it hours, or remove the holidays that close it") from None


def _year(seconds: int) -> int:
    return datetime.fromtimestamp(seconds, UTC).year
