"""Saying the same thing once a while only."""

from __future__ import annotations

import time


class Seldom:
    """Says yes at first and after a `reset`, else once in so many seconds of the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._silent_until = float("-inf")

    def __call__(self) -> bool:
        now = time.monotonic()
        if now < self._silent_until:
            return False
        self._silent_until = now + self._seconds
        return True

    def reset(self) -> None:
        self._silent_until = float("-inf")
