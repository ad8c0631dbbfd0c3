"""The simulated server's inside, without HTTP: world, clock and life behind one object."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from slamon.simulator import catalog, people, system
from slamon.simulator.clock import Clock, SimClock
from slamon.simulator.life import Life
from slamon.simulator.limit import Limit
from slamon.simulator.seed import populate
from slamon.simulator.world import World


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client must send; fixed for demonstrations, so it is no secret."""

    company: str = "training"
    public_key: str = "public"
    private_key: str = "private"


class Simulator:
    """
    A seeded desk that lives in simulated time.

    *tickets* open and *closed* closed ones stand on it at *start_at* (aware; default: the real now). *speed* is
    simulated seconds per real second. A *clock* of one's own (any callable that gives an aware datetime) replaces both.
    New tickets come in at a rate of a quarter of *tickets* a day, unless *arrivals_a_day* says otherwise. With *compat*
    the forms of older notes on the API are answered, too. More than *requests_per_minute* of real time are
    answered 429; 0 is no limit.
    """

    def __init__(
        self,
        seed: int = 7,
        tickets: int = 400,
        closed: int = 2_000,
        start_at: datetime | None = None,
        speed: float = 1.0,
        *,
        clock: Clock | None = None,
        credentials: Credentials | None = None,
        arrivals_a_day: float | None = None,
        compat: bool = False,
        requests_per_minute: int = 0,
    ) -> None:
        self.credentials = credentials or Credentials()
        self.clock: Clock = clock or SimClock(start_at, speed)
        began = self.clock()
        self._now = int(began.timestamp())
        self.compat = compat
        self.limit = Limit(requests_per_minute)
        self.world = World(self.credentials.company, "America/New_York", "America/Chicago", compat=compat)
        catalog.fill(self.world, range(began.year - 1, began.year + 2))
        people.fill(self.world, Random(seed))
        catalog.staff_boards(self.world)
        system.fill(self.world)
        rate = tickets / 4 if arrivals_a_day is None else arrivals_a_day
        self.life = Life(self.world, seed, rate)
        populate(self.world, self.life, self._now, tickets, closed)
        self.life.start(self._now)

    @property
    def now(self) -> int:
        """Return the simulated now in epoch seconds, after everything due by then has happened."""
        self._now = max(self._now, int(self.clock().timestamp()))
        self.life.advance(self._now)
        return self._now

    @property
    def lived(self) -> int:
        """Return the instant up to which the desk has lived; what a reader sees is the state of this second."""
        return self._now

    def advance(self, seconds: float) -> int:
        """Push simulated time *seconds* ahead by hand and live through them; return the new now."""
        if not isinstance(self.clock, SimClock):
            raise TypeError("only a SimClock can be advanced by hand; advance your own clock instead")
        self.clock.advance(seconds)
        return self.now
