"""A simulated desk that stands still at the instant of one cycle, a mailbox, and a database from just before it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from anyio.from_thread import BlockingPortal, start_blocking_portal

from slamon.mailbox import Mailbox
from slamon.simulator import SimClock, Simulator, SimulatorServer
from tests.faults.kills.checker import Kept, Mail, read_database, read_mails
from tests.faults.kills.cycles import Warm
from tests.faults.kills.databases import Databases

START = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
STEP = timedelta(minutes=15)
MAILS = 3
LATER = timedelta(minutes=6)
"""Past the first pause after a mail whose fate is unknown."""

_CONFIG = """\
[store]
url = "{store}"
[mail]
host = "127.0.0.1"
port = {mail}
security = "none"
sender = "slamon@msp.example"
[alerts]
recipients = ["desk@msp.example"]
[tenant.main]
url = "{source}"
company = "training"
public_key = "public"
client_id = "0000"
private_key_file = "key"
requests_per_minute = 60000
"""


@dataclass
class Scene:
    """What every cycle begins with. `before` is the database; the desk stands at `at`, and so much is due."""

    folder: Path
    databases: Databases
    warm: Warm
    source: SimulatorServer
    portal: BlockingPortal
    clock: SimClock
    before: str = ""

    @property
    def at(self) -> datetime:
        return self.clock().replace(microsecond=0)

    @contextmanager
    def take(self, url: str) -> Iterator[Take]:
        """Give a mailbox of its own to the database at *url*, and settings that name both."""
        folder = self.folder / f"take-{time.monotonic_ns()}"
        with self.portal.wrap_async_context_manager(Mailbox(folder / "mails")) as box:
            config = folder / "slamon.toml"
            (folder / "key").write_text("private")
            config.write_text(_CONFIG.format(store=url.replace("%", "%%"), mail=box.port, source=self.source.url))
            yield Take(url, config, box)


@dataclass(frozen=True, slots=True)
class Take:
    """One run through the scene."""

    url: str
    config: Path
    box: Mailbox

    def mails(self) -> list[Mail]:
        """Return what was accepted, once nobody is talking any more."""
        deadline = time.monotonic() + 30
        while self.box._sessions and time.monotonic() < deadline:
            time.sleep(0.01)
        return read_mails(self.box.folder.path)

    def kept(self) -> Kept:
        return read_database(self.url)


@contextmanager
def scene(folder: Path, databases: Databases, warm: Warm, *, seed: int = 8) -> Iterator[Scene]:
    """Set the scene: a small desk known to slamon, and then so much later that `MAILS` mails are due."""
    clock = SimClock(START, speed=0)
    simulator = Simulator(seed, 24, 4, clock=clock, arrivals_a_day=24)
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        server = stack.enter_context(portal.wrap_async_context_manager(SimulatorServer(simulator)))
        ready = Scene(folder, databases, warm, server, portal, clock)
        first = databases.new()
        with ready.take(first) as take:
            warm.rehearse(take.config, ready.at)
        ready.before = first
        _move_on(ready)
        yield ready
        databases.drop(first)


def _move_on(ready: Scene) -> None:
    """Let time pass on the desk until one cycle after the first sends so many mails."""
    sent = 0
    while sent < MAILS:
        ready.clock.advance(STEP.total_seconds())
        probe = ready.databases.copy(ready.before)
        with ready.take(probe) as take:
            assert ready.warm.cycle(take.config, ready.at) == 0
            sent = len(take.mails())
        ready.databases.drop(probe)
