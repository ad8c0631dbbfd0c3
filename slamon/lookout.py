"""What one daemon knows of how well it sees a tenant: at hand when the database is away, right when it is asked."""

from __future__ import annotations

import time
from datetime import timedelta

from slamon.core.instants import format_instant
from slamon.core.sight import Outlook, Pace, Sight
from slamon.jobs.sight import sight_of_polls
from slamon.ports import Observer, Poll, WallTime

_HOUR = timedelta(hours=1)
NOT_YET = "not polled yet since the start"


class Lookout:
    """Remembers the polls of one tenant. Any thread may ask.

    Age is counted on the wall clock and on the monotonic one, and the older counts: a wall clock that was set
    back makes nothing younger, and a machine that slept is found out by the other.
    """

    def __init__(self, tenant: str, pace: Pace, wall: WallTime) -> None:
        self.tenant = tenant
        self.pace = pace
        self._wall = wall
        self._good: tuple[Poll, float] | None = None  # with when it was heard of, monotonic
        self._last: Poll | None = None
        self._trouble = NOT_YET
        self._is_in_store = False

    def remember(self, good: Poll | None, last: Poll | None) -> None:
        """Take what is stored; it does not make the tenant seen, since nothing is shown yet."""
        self._good = None if good is None else (good, time.monotonic())
        self._last = last

    def take_over(self, before: Lookout) -> None:
        """Go on where *before* stopped, as after a reload."""
        self._good, self._last, self._trouble = before._good, before._last, before._trouble
        self._is_in_store = before._is_in_store

    def polled(self, poll: Poll) -> None:
        """Note a poll that is stored, and what came of it shown."""
        if poll.result != "failed":
            self._good = (poll, time.monotonic())
        self._last, self._trouble, self._is_in_store = poll, "", False

    def follow(self, good: Poll | None, last: Poll | None) -> None:
        """Note what another daemon has stored, and this one shows."""
        if good is not None and (self._good is None or self._good[0] != good):
            self._good = (good, time.monotonic())
        self._last, self._trouble, self._is_in_store = last, "", False

    def lost(self, trouble: str, *, in_store: bool = False) -> None:
        """Note why nothing could be stored or shown; it holds until the next poll. *in_store*: it is the database."""
        self._trouble, self._is_in_store = trouble, in_store

    @property
    def trouble(self) -> str:
        """What the last try to store or to show something brought; empty if it went well."""
        return self._trouble

    @property
    def store_trouble(self) -> str:
        """Why the database took nothing; empty if it is not to blame, as far as is known."""
        return self._trouble if self._is_in_store else ""

    def sight(self) -> Sight:
        """Return what can be seen now."""
        now, good = self._wall.now(), None
        if self._good is not None:
            good, heard = self._good
            hour = self._wall.real_seconds(_HOUR)
            speed = 3600 / hour if hour else 0.0  # a clock that is moved by hand does not run
            now = max(now, good.finished_at + timedelta(seconds=int((time.monotonic() - heard) * speed)))
        return sight_of_polls(now, self.pace, good, self._last)

    def reason(self) -> str:
        """Return why the tenant is not ready, in one line; empty if it is. One poll that failed is no reason."""
        sight = self.sight()
        if sight.outlook is Outlook.UNSEEN:
            why = "no successful poll yet"
        elif sight.blind_since is not None and sight.age is not None:
            since = format_instant(sight.blind_since)
            why = f"blind since {since}: no successful poll for {sight.age.total_seconds():.0f} s"
        else:
            return f"tenant {self.tenant}: {self._trouble}" if self._trouble else ""
        also = f"; {self._trouble}" if self._trouble and self._trouble != NOT_YET else ""
        return f"tenant {self.tenant}: {why}{also}"

    def show(self, observer: Observer) -> None:
        """Set what the metrics say of the sight, as of now."""
        sight = self.sight()
        since = sight.blind_since.timestamp() if sight.blind_since else 0.0
        seen = sight.seen_at.timestamp() if sight.seen_at else 0.0
        observer.set("slamon_up", float(sight.is_up and not self._trouble), tenant=self.tenant)
        observer.set("slamon_blind_since_timestamp_seconds", since, tenant=self.tenant)
        observer.set("slamon_last_successful_poll_timestamp_seconds", seen, tenant=self.tenant)
