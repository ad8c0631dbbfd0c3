"""The seconds since the machine started: nobody can set them, and all its processes see the same."""

from __future__ import annotations

import time


def seconds_since_boot() -> float:
    """Return the seconds since the machine started, those included in which it was suspended, where it can tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
