"""Wall time: the real one, a simulated one that runs faster, for demonstrations, and either of them kept over steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from slamon.ports import WallTime
from slamon.steady import SteadyClock

Seconds = Callable[[], float]
"""Tells the epoch seconds; the machine's wall clock does."""


class RealTime:
    """The wall time of the machine, or what *seconds* tell instead."""

    def __init__(self, seconds: Seconds = time.time) -> None:
        self._seconds = seconds

    def now(self) -> datetime:
        """Return the current instant: aware, UTC, whole seconds."""
        return datetime.fromtimestamp(int(self._seconds()), UTC)

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()


class SimulatedTime:
    """Time that stands at *starts_at* when the real one stands at *anchor*, and runs *speed* times as fast.

    Two processes with the same three values agree on the simulated now.
    """

    def __init__(
        self, anchor: datetime, speed: float, starts_at: datetime | None = None, seconds: Seconds = time.time
    ) -> None:
        self._anchor = anchor
        self._speed = speed
        self._starts_at = starts_at or anchor
        self._seconds = seconds

    def now(self) -> datetime:
        """Return the simulated instant: aware, UTC, whole seconds."""
        since = timedelta(seconds=self._seconds() - self._anchor.timestamp())
        return (self._starts_at + since * self._speed).replace(microsecond=0)

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds() / self._speed


class KeptTime:
    """Wall time, made by *make* of epoch seconds, that goes by *clock* and so is not moved with the machine's."""

    def __init__(self, make: Callable[[Seconds], WallTime], clock: SteadyClock) -> None:
        self._time = make(clock)
        self._clock = clock

    def now(self) -> datetime:
        return self._time.now()

    def real_seconds(self, span: timedelta) -> float:
        return self._time.real_seconds(span)

    @property
    def steps(self) -> int:
        """How often the machine's clock was moved."""
        return self._clock.steps

    def moved(self) -> timedelta:
        """Return how far the machine's clock is ahead of `now`, in time of this kind."""
        return timedelta(seconds=self._clock.moved()) / self._time.real_seconds(timedelta(seconds=1))

    def follow(self) -> None:
        self._clock.follow()
