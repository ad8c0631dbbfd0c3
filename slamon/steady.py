"""The machine's wall clock, kept at its pace when it is moved, until somebody confirms the new time."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from slamon.boottime import seconds_since_boot
from slamon.log import get_logger
from slamon.ports import Observer

log = get_logger(__name__)

STEP = 1.0  # seconds; whatever sets the pace of the wall clock sets that of the other too, so only steps show
AT_ONCE = 0.05  # seconds between two looks that count as one


class SteadyClock:
    """Epoch seconds that neither jump nor stand still. Any thread may ask.

    They are the wall clock's until that is moved, and from then on go by the time since boot, in which a machine
    that sleeps grows older too: only a clock that was set is a step. `follow` takes the wall clock as it is.
    """

    def __init__(
        self,
        observer: Observer,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = seconds_since_boot,
    ) -> None:
        self._observer = observer
        self._wall = wall
        self._steady = steady
        self._lock = Lock()
        self._offset = self._read()
        self._moved = 0.0
        self.steps = 0

    def __call__(self) -> float:
        """Return the kept time."""
        with self._lock:
            self._look()
            return self._steady() + self._offset - self._moved

    def moved(self) -> float:
        """Return by how many seconds the wall clock is ahead of the kept time; 0 unless it was moved."""
        with self._lock:
            self._look()
            return self._moved

    def follow(self) -> None:
        """Go by the wall clock again."""
        with self._lock:
            self._look()
            by, self._moved = self._moved, 0.0
        if by:
            log.warning("going by the machine's clock again: ConnectWise's agrees with it", moved_seconds=round(by))

    def _look(self) -> None:
        """Notice a step; what is less than one is taken as it comes."""
        before, self._offset = self._offset, self._read()
        by = self._offset - before
        if abs(by) < STEP:
            return
        self._moved += by
        if abs(self._moved) < STEP:
            self._moved = 0.0  # it was put right
        self.steps += 1
        self._observer.count("slamon_clock_steps_total")
        log.warning("the machine's clock was moved; the time is kept until ConnectWise's agrees", seconds=round(by))

    def _read(self) -> float:
        """Return the wall time at boot, read so that a process that is stopped within the reading makes no step."""
        while True:
            before = self._steady()
            wall = self._wall()
            if self._steady() - before < AT_ONCE:
                return wall - before
