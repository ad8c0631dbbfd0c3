"""The clock check: this machine's clock beside ConnectWise's, which dates every answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from slamon.core.instants import format_instant
from slamon.errors import ClockDisagreesError
from slamon.ports import Timekeeper, Unmoved


@dataclass(slots=True)
class ClockCheck:
    """What is known of the clock by which one tenant is judged.

    `is_right`: whether ConnectWise's agreed when last asked, None before; `skew`: how far the machine's is ahead.
    """

    tolerance: timedelta = timedelta(minutes=2)
    keeper: Timekeeper = field(default_factory=Unmoved)
    is_right: bool | None = None
    skew: timedelta = timedelta(0)

    def check(self, asked_at: datetime, got_at: datetime, answered_at: datetime) -> None:
        """Hold the time by which was asked and the answer came beside ConnectWise's, *answered_at*.

        The machine's clock is taken as it is as soon as ConnectWise's agrees with it, also after it was moved; while it
        does not, the time that was kept is used as long as ConnectWise's agrees with that. An answer with an old date
        may be a cache's, and says nothing against a clock that was right before.

        Raises:
            ClockDisagreesError: Neither is right; or the time was another until now, so what was begun by it is void.
        """
        moved = self.keeper.moved()
        kept = ahead(asked_at, got_at, answered_at)
        self.skew = ahead(asked_at + moved, got_at + moved, answered_at)
        if abs(self.skew) <= self.tolerance:
            self.keeper.follow()
            self.is_right = True
            if abs(kept) > self.tolerance:
                raise ClockDisagreesError("the machine's clock was put right within the poll")
        elif abs(kept) <= self.tolerance or (kept > timedelta(0) and self.is_right):
            self.is_right = True
        else:
            self.is_right = False
            raise ClockDisagreesError(self._trouble(answered_at))

    def _trouble(self, answered_at: datetime) -> str:
        side = "ahead of" if self.skew > timedelta(0) else "behind"
        return (
            f"this machine's clock is {abs(self.skew)} {side} ConnectWise's, which says {format_instant(answered_at)}; "
            "nothing is judged until the wrong one is put right"
        )


def ahead(asked_at: datetime, got_at: datetime, answered_at: datetime) -> timedelta:
    """Return how far our clock is ahead of one that said *answered_at* between the two; 0 if both may be right."""
    return max(asked_at - answered_at, timedelta(0)) - max(answered_at - got_at, timedelta(0))
