"""The open tickets of all tenants in the order to look at them: read when somebody asks, and kept for a while.

Reading fifty thousand clocks takes seconds, serving from what was read takes milliseconds: whoever comes gets what is
kept, and a thread reads it anew where it has grown old. Where nobody has looked for long, whoever comes waits for a new
reading. What is shown says when it was read.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from slamon.clean import clean_line
from slamon.core.reading import Reading, StageReading
from slamon.core.ticket import STAGES, Stage, Ticket
from slamon.errors import SlamonError
from slamon.jobs.standing import read_standing, urgency, urgent_stage
from slamon.log import get_logger
from slamon.metrics.snapshot import read_state
from slamon.pages.house import House, Room

log = get_logger(__name__)

FRESH_SECONDS = 5.0  # real time; what is kept is served so long without another look
SHARE = 10  # of the time at most a tenth goes into reading anew, however long one reading takes
STALE_SECONDS = 60.0  # what was kept for longer, because nobody looked, is not shown: a new reading is waited for
EVERYTHING = 1_000_000
MOST_NAMES = 200  # in one list to choose from


@dataclass(frozen=True, slots=True)
class Listed:
    """A ticket with a goal that is still to be reached: *stage* is the one to look at first.

    `states` says how each of its open goals stands, in the words of the metrics.
    """

    tenant: str
    ticket: Ticket
    reading: Reading
    stage: Stage
    states: tuple[tuple[Stage, str], ...]

    @property
    def goal(self) -> StageReading:
        return self.reading.stage(self.stage)

    @property
    def state(self) -> str:
        """How the goal to look at first stands."""
        return dict(self.states)[self.stage]

    @property
    def lost(self) -> list[str]:
        """The other goals that are breached already."""
        return [stage.label for stage, state in self.states if state == "breached" and stage is not self.stage]

    @property
    def board(self) -> str:
        return clean_line(self.ticket.board.name)

    @property
    def priority(self) -> str:
        return clean_line(self.ticket.priority.name) if self.ticket.priority else "none"

    @property
    def company(self) -> str:
        return clean_line(self.ticket.company.name) if self.ticket.company else "none"

    @property
    def owner(self) -> str:
        return clean_line(self.ticket.owner) or "nobody"

    @property
    def wall_left(self) -> timedelta | None:
        """Wall time to the deadline, negative once past; None for a goal that is paused."""
        due_at = self.goal.due_at or self.goal.breached_at
        return None if due_at is None else due_at - self.reading.as_of


@dataclass(frozen=True, slots=True)
class View:
    """All tenants at one time. `version` grows with each reading; `read_at` is when each tenant's clocks were read.

    `names` are those of boards, priorities, companies and owners that there are to choose from.
    """

    version: int
    listed: tuple[Listed, ...]
    read_at: Mapping[str, datetime]
    names: Mapping[str, Sequence[str]]


class Desk:
    """Keeps the newest view of a house. Any thread may ask."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._view: View | None = None
        self._began = float("-inf")  # monotonic: when reading the view began, and when it was done
        self._read = float("-inf")
        self._changed = float("-inf")  # monotonic: what was read before is not shown any more
        self._took = 0.0
        self._busy = threading.Lock()

    def view(self) -> View:
        """Return what is kept, and have it read anew if it is old; where there is none or a stale one, wait for it.

        Raises:
            StoreError: There is nothing kept, and the database did not answer.
        """
        view = self._usable()
        if view is None:
            with self._busy:
                return self._usable() or self._renew()  # who waited longest has read it for all
        age, rest = time.monotonic() - self._read, max(FRESH_SECONDS, SHARE * self._took)
        if age > max(STALE_SECONDS, 2 * rest):
            with self._busy:
                if time.monotonic() - self._read > rest:  # nobody else has read it meanwhile, nor tried
                    self._renew_if_possible()
                return self._view or view
        if age > rest and self._busy.acquire(blocking=False):
            threading.Thread(target=self._renew_and_release, name="pages", daemon=True).start()
        return view

    def _usable(self) -> View | None:
        view, is_newer = self._view, self._began > self._changed
        return view if view is not None and is_newer and view.read_at.keys() == self._house.rooms().keys() else None

    def forget(self) -> None:
        """Have the next one who asks wait for a new reading: something was changed by hand."""
        self._changed = time.monotonic()

    def settle(self) -> None:
        """Wait until nobody reads."""
        with self._busy:
            pass

    def _renew_and_release(self) -> None:
        try:
            self._renew_if_possible()
        finally:
            self._busy.release()

    def _renew_if_possible(self) -> None:
        try:
            self._renew()
        except SlamonError as error:
            self._read = time.monotonic()  # the database is not asked by every visitor while it is away
            log.warning("the list of tickets is not read anew; an older one is shown", error=str(error))
        except Exception:  # a thread has nobody to raise to
            log.exception("the list of tickets could not be read")

    def _renew(self) -> View:
        began = time.monotonic()
        rooms = self._house.rooms()
        parts = [self._read_room(name, room) for name, room in rooms.items()]
        number = 1 if self._view is None else self._view.version + 1
        listed = tuple(heapq.merge(*parts, key=lambda each: urgency(each.reading)))
        read_at = {name: room.read_at for name, room in rooms.items()}
        self._view = view = View(number, listed, read_at, _names(listed))
        self._began, self._read = began, time.monotonic()
        self._took = self._read - began
        return view

    def _read_room(self, name: str, room: Room) -> list[Listed]:
        standing = read_standing(self._house.store, name, room.read_at, EVERYTHING)
        return list(_list(name, standing.readings, standing.tickets))


def _list(tenant: str, readings: Iterable[Reading], tickets: Mapping[int, Ticket]) -> Iterable[Listed]:
    for reading in readings:
        stage, ticket = urgent_stage(reading), tickets.get(reading.ticket_id)
        if stage is not None and ticket is not None:
            yield Listed(tenant, ticket, reading, stage, _states(reading))


def _states(reading: Reading) -> tuple[tuple[Stage, str], ...]:
    goals = zip(STAGES, reading.stages, strict=True)
    return tuple((stage, state) for stage, goal in goals if goal.is_open and (state := read_state(goal)))


_WAYS = {
    "board": attrgetter("board"),
    "priority": attrgetter("priority"),
    "company": attrgetter("company"),
    "owner": attrgetter("owner"),
}


def _names(listed: Sequence[Listed]) -> dict[str, Sequence[str]]:
    return {name: sorted({way(each) for each in listed})[:MOST_NAMES] for name, way in _WAYS.items()}
