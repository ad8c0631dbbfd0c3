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
