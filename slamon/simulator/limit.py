"""How many requests a minute of real time may bring before they are answered 429."""

import time
from collections import deque
from collections.abc import Callable

WINDOW_SECONDS = 60.0


class Limit:
    """At most *per_minute* requests in any minute; 0 is no limit. *clock* tells real seconds."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._taken: deque[float] = deque()

    def take(self) -> float:
        """Count one request and return 0; or return the seconds until the next one will be answered."""
        if self.per_minute <= 0:
            return 0.0
        now = self._clock()
        while self._taken and self._taken[0] <= now - WINDOW_SECONDS:
            self._taken.popleft()
        if len(self._taken) >= self.per_minute:
            return self._taken[0] + WINDOW_SECONDS - now
        self._taken.append(now)
        return 0.0
