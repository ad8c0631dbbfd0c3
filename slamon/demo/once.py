"""`slamon demo --once`: one afternoon of the simulated desk, lived through in seconds, and what slamon made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from slamon import __version__
from slamon.comparison import compare_tenant
from slamon.config import load_config
from slamon.demo.folder import TENANT, DemoFolder, working_day
from slamon.errors import SlamonError
from slamon.jobs.reconcile import publish
from slamon.jobs.standing import Standing, read_standing
from slamon.mailbox import Mailbox
from slamon.metrics import Metrics
from slamon.ports import Poll
from slamon.simulator.clock import SimClock
from slamon.simulator.server import SimulatorServer
from slamon.simulator.simulator import Simulator
from slamon.store.migrate import open_store
from slamon.workplace import Workplace

STEP = timedelta(minutes=10)
STEPS = 18
SHOWN = 15  # tickets in the table at the end
CLOSED_FOR_EACH = 5  # closed tickets on the desk for each open one


class _SimulatorTime:
    """The simulator's own now, for the daemon."""

    def __init__(self, clock: SimClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock().replace(microsecond=0)

    def real_seconds(self, span: timedelta) -> float:  # noqa: ARG002  (this time stands until it is moved)
        return 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one demo did."""

    now: datetime
    standing: Standing
    poll: Poll
    polls: int
    mails: list[str]


async def live_once(folder: DemoFolder, *, seed: int, tickets: int, say: Callable[[str], None]) -> Outcome:
    """Live through three hours of the desk; return how it ended.

    Raises:
        SlamonError: A poll of the simulator failed.
    """
    folder.clear()
    clock = SimClock(working_day(datetime.now(UTC)), speed=0)
    simulator = Simulator(seed, tickets, CLOSED_FOR_EACH * tickets, clock=clock)
    async with SimulatorServer(simulator, port=0) as server, Mailbox(folder.mails) as box:
        folder.write_config(
            source=server.url,
            mail_port=box.port,
            port=0,
            speed=1,
            anchor=clock(),
            starts_at=clock(),
            poll_seconds=int(STEP.total_seconds()),
        )
        config = load_config(folder.config, {})
        store = await asyncio.to_thread(open_store, config.store.url.get_secret_value())
        metrics = Metrics(version=__version__, tzdata_version=version("tzdata"))
        workplace = Workplace(config, store, metrics, _SimulatorTime(clock))
        try:
            (watch,) = workplace.watches
            say(f"living through {STEP * STEPS} of a simulated service desk, from {clock():%a %d %b %Y %H:%M} UTC")
            async with workplace.holding(TENANT):
                poll = await watch.cycle()
                for _ in range(STEPS):
                    clock.advance(STEP.total_seconds())
                    poll = await watch.cycle()
                    await _deliver(workplace)
                    if poll.result == "failed":
                        raise SlamonError(f"the simulator could not be polled: {poll.error}")
            for name in config.reports:
                await workplace.report(name)
            now = workplace.wall.now()
            publish(metrics, TENANT, await asyncio.to_thread(compare_tenant, store, watch.deps.settings, now), now)
            await _deliver(workplace)
            folder.metrics.write_bytes(metrics.render()[0])
            standing = await asyncio.to_thread(read_standing, store, TENANT, now, SHOWN)
            subjects = [entry.subject for entry in box.folder.list()]
            return Outcome(now, standing, poll, STEPS + 1, subjects)
        finally:
            await workplace.aclose()
            store.close()


async def _deliver(workplace: Workplace) -> None:
    """Deliver what waits, as the daemon does after each poll."""
    while await asyncio.to_thread(workplace.deliver):
        pass
