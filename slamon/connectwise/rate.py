"""How fast requests may follow each other: a token bucket that learns from the server's 429."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

BURST_SHARE = 1 / 6  # of a minute's budget may come at once, the rest flows evenly: 100 + 500 of 600
FLOOR_SHARE = 1 / 10  # however often the server complains
STEP_SHARE = 1 / 20  # what each `STEP_SECONDS` without a complaint give back
STEP_SECONDS = 10.0


class Pace:
    """One connection's requests in time: at most *per_minute* (60 or more) within any minute, fewer after a 429.

    A 429 halves the rate, empties the bucket and, with a `Retry-After`, keeps
    all requests silent for that long. The rate comes back by a twentieth of
    the budget every ten seconds without either: from its floor, a tenth, in
    three minutes.
    *told* hears of each change of the rate, in requests a minute. Time is
    monotonic: a clock that is set does not matter.
    """

    def __init__(
        self,
        per_minute: float,
        *,
        told: Callable[[float], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._budget = per_minute
        self._clock = clock
        self._told = told
        self._share = 1.0
        self._tokens = self._burst
        self._counted_at = self._stepped_at = clock()
        self._slowed_at = float("-inf")
        self._silent_until = float("-inf")
        self._line = asyncio.Lock()  # first come, first served
        told(self.per_minute)

    @property
    def per_minute(self) -> float:
        """The requests a minute that are allowed at present."""
        return self._budget * self._share

    @property
    def silence_seconds(self) -> float:
        """How long the server still wants to hear nothing."""
        return max(0.0, self._silent_until - self._clock())

    async def take_turn(self, patience_seconds: float) -> float | None:
        """Wait until a request may be sent; return that instant, for `slow_down`.

        None, at once, where the server wants silence for longer than *patience_seconds*.
        """
        async with self._line:
            while (wait := self._wait_seconds()) > 0:
                if self.silence_seconds > patience_seconds:
                    return None
                await asyncio.sleep(wait)
            self._tokens -= 1
            return self._clock()

    def slow_down(self, sent_at: float, silence_seconds: float | None) -> None:
        """Learn from a 429 to a request sent at *sent_at*; those sent before the last lesson teach nothing new."""
        now = self._clock()
        self._silent_until = max(self._silent_until, now + (silence_seconds or 0.0))
        self._stepped_at = max(self._stepped_at, self._silent_until)  # silence proves nothing
        if sent_at < self._slowed_at:
            return
        self._slowed_at = now
        self._set_share(max(FLOOR_SHARE, self._share / 2))
        self._tokens = 0.0

    @property
    def _burst(self) -> float:
        return max(1.0, self._budget * self._share * BURST_SHARE)

    def _wait_seconds(self) -> float:
        """Return how long the next request has to wait, and count what has flowed in until now."""
        now = self._clock()
        if (silence := self._silent_until - now) > 0:
            self._counted_at = self._silent_until  # nothing flows in while silence is asked for
            return silence
        if (steps := int((now - self._stepped_at) / STEP_SECONDS)) > 0:
            self._stepped_at += steps * STEP_SECONDS
            self._set_share(min(1.0, self._share + steps * STEP_SHARE))
        per_second = (self.per_minute - self._burst) / 60
        self._tokens = min(self._burst, self._tokens + (now - self._counted_at) * per_second)
        self._counted_at = now
        return (1 - self._tokens) / per_second if self._tokens < 1 else 0.0

    def _set_share(self, share: float) -> None:
        if share != self._share:
            self._share = share
            self._told(self.per_minute)
