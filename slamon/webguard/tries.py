"""How often an address may guess: a window of failed tries for each, bounded in number."""

from __future__ import annotations

from collections import OrderedDict, deque

WINDOW_SECONDS = 60.0
MOST_TRIES = 10
MOST_ADDRESSES = 10_000


class Tries:
    """Failed tries of the last minute by address; the address seen longest ago is forgotten first."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_seconds(self, address: str, now: float) -> float:
        """Return how long *address* has to wait for its next try: 0 for not at all."""
        failed = self._failed.get(address)
        if failed is None:
            return 0.0
        while failed and failed[0] <= now - WINDOW_SECONDS:
            failed.popleft()
        return failed[0] + WINDOW_SECONDS - now if len(failed) >= MOST_TRIES else 0.0

    def began(self, address: str, now: float) -> None:
        """Count a try as failed before it is known: tries side by side are as many as tries in turn."""
        self._failed.setdefault(address, deque(maxlen=MOST_TRIES)).append(now)
        self._failed.move_to_end(address)
        if len(self._failed) > MOST_ADDRESSES:
            self._failed.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Take the last try of *address* back."""
        failed = self._failed.get(address)
        if failed:
            failed.pop()
