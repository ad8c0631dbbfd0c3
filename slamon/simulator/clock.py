"""Simulated time: a clock that runs at any speed and can be pushed forward by hand."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

Clock = Callable[[], datetime]
"""Whatever tells the simulated now as an aware datetime; it must never go back."""


class SimClock:
    """
    Simulated now = start + (real seconds since then) * speed + what was advanced by hand.

    Speed 1 is real time, 60 makes an hour pass in a minute, 0 stands still until `advance`.
    """

    def __init__(self, start_at: datetime | None = None, speed: float = 1.0) -> None:
        if start_at is not None and start_at.tzinfo is None:
            raise ValueError("start_at must be aware")
        if speed < 0:
            raise ValueError("speed must not be negative")
        self.speed = speed
        self.start_at = (start_at or datetime.now(UTC)).astimezone(UTC)
        self._advanced_seconds = 0.0
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        """Return the simulated now, aware, UTC."""
        run = (time.monotonic() - self._began) * self.speed
        return self.start_at + timedelta(seconds=run + self._advanced_seconds)

    def advance(self, seconds: float) -> None:
        """Jump *seconds* of simulated time ahead."""
        if seconds < 0:
            raise ValueError("simulated time does not run backwards")
        self._advanced_seconds += seconds


@lru_cache(maxsize=20_000)
def iso(at: int) -> str:
    """Return epoch second *at* as ConnectWise writes it: `2026-03-01T09:00:00Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat()[:19] + "Z"
