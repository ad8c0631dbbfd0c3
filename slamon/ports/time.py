"""Time, as the jobs ask for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol


class WallTime(Protocol):
    """Wall time, read once at the top of a job. A simulated clock may run faster than the real one."""

    def now(self) -> datetime:
        """Return the current instant: aware, UTC."""

    def real_seconds(self, span: timedelta) -> float:
        """How long to sleep, in real seconds, for *span* of this clock to pass."""


class Timekeeper(Protocol):
    """Keeps the time when the machine's clock is moved."""

    @property
    def steps(self) -> int:
        """How often it was moved."""

    def moved(self) -> timedelta:
        """How far the machine's clock is ahead of the time that is kept; zero unless it was moved."""

    def follow(self) -> None:
        """Go by the machine's clock again."""


class Unmoved:
    """The keeper of a clock that nobody moves."""

    steps = 0

    def moved(self) -> timedelta:
        return timedelta(0)

    def follow(self) -> None: ...
