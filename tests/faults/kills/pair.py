"""Two daemons, real processes, that share a database and watch a simulated desk whose time runs fast."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal

from slamon.mailbox import Mailbox
from slamon.simulator import SimClock, Simulator, SimulatorServer
from tests.e2e.processes import SLAMON, environment, get, wait_for
from tests.faults.kills.checker import ENDED, Kept, Mail, read_database, read_mails
from tests.faults.kills.databases import ask, pass_leases
from tests.faults.kills.gate import Gate

START = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
SPEED = 60
POLL = timedelta(minutes=1)
RECIPIENTS = ("desk@msp.example", "lead@msp.example", "noc@msp.example")
PATIENCE = 300.0
"""Real seconds for whatever must come: on a busy machine a start alone may take twenty."""

_CONFIG = """\
[store]
url = "{store}"
[web]
listen = "127.0.0.1:0"
[mail]
host = "127.0.0.1"
port = {mail}
security = "none"
sender = "slamon@msp.example"
[alerts]
recipients = {recipients}
[tenant.main]
url = "{source}"
company = "training"
public_key = "public"
client_id = "0000"
private_key_file = "key"
poll_seconds = {poll}
requests_per_minute = 60000
[simulation]
speed = {speed}
anchor = "{anchor}"
starts_at = "{starts_at}"
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """The desk that is watched; the same plan gives the same one."""

    seed: int = 7
    tickets: int = 60
    closed: int = 20
    arrivals_a_day: float = 400.0

    def desk(self, clock: SimClock) -> Simulator:
        return Simulator(self.seed, self.tickets, self.closed, clock=clock, arrivals_a_day=self.arrivals_a_day)


@dataclass
class Daemon:
    """`slamon run` in *folder*, with *extra* in its environment, started anew as often as one likes."""

    folder: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.starts += 1
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*SLAMON, "run"],
                cwd=self.folder,
                env=environment(**self.extra),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> Path:
        return self.folder / f"log{self.starts}"

    def signal(self, number: int) -> None:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it without a word."""
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def stop(self) -> None:
        """Let it end as an operator does."""
        self.signal(signal.SIGTERM)
        assert self.process is not None
        assert self.process.wait(timeout=PATIENCE) == 0, self.log.read_text()[-2000:]

    def address(self) -> str | None:
        """Return where it listens, once it does."""
        for line in self.log.read_text().splitlines():
            if '"event":"started"' in line.replace('": "', '":"'):
                return str(json.loads(line)["address"])
        return None

    def wait_until_ready(self) -> None:
        url = self.wait_for_address()
        wait_for("readiness", lambda: get(f"{url}/-/ready")[0] == 200 or None, PATIENCE)

    def wait_for_address(self) -> str:
        return wait_for("the daemon's address", self.address, PATIENCE)


@dataclass
class Pair:
    """Daemons, mostly two, what they watch, and where their mail goes. Each has its own gates before both servers."""

    url: str
    plan: Plan
    clock: SimClock
    box: Mailbox
    daemons: list[Daemon]
    mail_gates: list[Gate]
    source_gates: list[Gate]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return ask(self.url, sql)

    def polled_since(self, moment: datetime) -> bool | None:
        """Say whether a poll that began after *moment* was good."""
        asked = f"SELECT 1 FROM polls WHERE result = 'ok' AND started_at > {int(moment.timestamp())} LIMIT 1"
        return bool(self.ask(asked)) or None

    def waiting(self) -> int:
        ended = ", ".join(f"'{state}'" for state in ENDED)
        count: int = self.ask(f"SELECT count(*) FROM notifications WHERE state NOT IN ({ended})")[0][0]
        return count

    def is_free(self) -> bool:
        """Say whether nobody holds a lock that would make a writer wait."""
        try:
            self.ask("UPDATE leases SET token = token")
        except sqlite3.OperationalError:
            return False
        open_ones = (
            "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()"
        )
        return self.url.startswith("sqlite") or not self.ask(open_ones)

    def settle(self) -> datetime:
        """Let both come to rest, end them, deliver what is left; return the instant of the last poll."""
        for daemon in self.daemons:
            daemon.wait_until_ready()
        moment = self.clock()
        wait_for("a poll of those who are left", lambda: self.polled_since(moment), PATIENCE)
        for daemon in self.daemons:
            daemon.stop()
        pass_leases(self.url)
        last = self.daemons[0]
        last.start()
        last.wait_until_ready()
        wait_for("an empty outbox", lambda: self.waiting() == 0 or None, PATIENCE)
        last.stop()
        return datetime.fromtimestamp(self.ask("SELECT max(started_at) FROM polls WHERE result = 'ok'")[0][0], UTC)

    def kept(self) -> Kept:
        return read_database(self.url)

    def mails(self) -> list[Mail]:
        return read_mails(self.box.folder.path)


@contextmanager
def pair(folder: Path, url: str, plan: Plan) -> Iterator[Pair]:
    """Run two daemons on the database at *url*; both are ended with the block, however it ends."""
    with desk(folder, url, plan, [Daemon(folder / name) for name in ("one", "other")]) as both:
        for daemon in both.daemons:
            daemon.start()
        for daemon in both.daemons:
            daemon.wait_until_ready()
        yield both


@contextmanager
def desk(folder: Path, url: str, plan: Plan, daemons: Sequence[Daemon], settings: str = "") -> Iterator[Pair]:
    """Give *daemons* all that they need but a start; *settings* are more than the usual ones."""
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        clock, anchor = SimClock(START, speed=SPEED), datetime.now(UTC)
        server = stack.enter_context(portal.wrap_async_context_manager(SimulatorServer(plan.desk(clock))))
        box = stack.enter_context(portal.wrap_async_context_manager(Mailbox(folder / "mails")))
        mail_gates, source_gates = (
            [stack.enter_context(portal.wrap_async_context_manager(Gate(at, port))) for at in range(len(daemons))]
            for port in (box.port, server.port)
        )
        both = Pair(url, plan, clock, box, list(daemons), mail_gates, source_gates)
        stack.callback(_end, daemons)
        for daemon, mail, source in zip(daemons, mail_gates, source_gates, strict=True):
            _write(daemon.folder, both, anchor, mail.port, f"http://127.0.0.1:{source.port}", settings)
        yield both


def _write(folder: Path, both: Pair, anchor: datetime, mail_port: int, source: str, settings: str) -> None:
    folder.mkdir()
    (folder / "key").write_text("private")
    text = _CONFIG.format(
        store=both.url,
        mail=mail_port,
        source=source,
        recipients=json.dumps(RECIPIENTS),
        poll=int(POLL.total_seconds()),
        speed=SPEED,
        anchor=anchor.isoformat(),
        starts_at=START.isoformat(),
    )
    (folder / "slamon.toml").write_text(text + settings)


def _end(daemons: Sequence[Daemon]) -> None:
    for daemon in daemons:
        if daemon.process is not None and daemon.process.poll() is None:
            os.kill(daemon.process.pid, signal.SIGCONT)
            daemon.process.kill()
            daemon.process.wait()
