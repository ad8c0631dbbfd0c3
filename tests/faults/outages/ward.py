"""A real daemon to which faults may happen: its desk, its mails, its clock; and the judgement of what it leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal

from slamon.mailbox import Mailbox
from slamon.simulator import Simulator, SimulatorServer
from tests.e2e.processes import SLAMON, environment, get, sample, slamon, wait_for
from tests.e2e.test_daemon import address, ready
from tests.faults.kills.checker import Findings, Mail, check, read_database, read_mails
from tests.faults.kills.databases import ask

BEGIN = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)  # a Wednesday's working hours
PATIENCE = 120.0  # real seconds; a busy machine is slow
OPERATOR = "ops@msp.example"

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
{mail_settings}
[alerts]
recipients = ["desk@msp.example"]
operators = ["{operator}"]
[simulation]
speed = {speed}
anchor = "{anchor}"
starts_at = "{begin}"
[tenant.acme]
url = "{source}"
company = "training"
public_key = "public"
client_id = "0000"
private_key_file = "key"
poll_seconds = {poll_seconds}
requests_per_minute = 60000
"""


@dataclass
class DeskTime:
    """The desk's time, equal to the daemon's until it is stopped: from then on nothing more happens at the desk."""

    speed: float
    anchor: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    stopped_at: datetime | None = None

    def __call__(self) -> datetime:
        return self.stopped_at or BEGIN + (datetime.now(UTC) - self.anchor) * self.speed

    def stop(self) -> datetime:
        self.stopped_at = self().replace(microsecond=0)
        return self.stopped_at


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is wrong in the end. `untrue`: breaches that a first look at the same desk, without faults, denies."""

    found: Findings
    untrue: list[str]
    breaches: int
    mails: int

    @property
    def bad(self) -> list[str]:
        return [*self.found.faults, *self.untrue]


@dataclass(frozen=True, slots=True)
class Patient:
    """The daemon, and where it works. `mails` are what its server accepted so far."""

    folder: Path
    url: str
    clock: DeskTime
    daemon: subprocess.Popen[bytes]
    web: str
    mails: Callable[[], Sequence[Mail]]

    def page(self) -> str:
        return get(f"{self.web}/metrics")[1]

    def value(self, series: str) -> float:
        return sample(self.page(), series) or 0.0

    def await_value(self, series: str, wanted: float) -> None:
        wait_for(f"{series} {wanted:g}", lambda: sample(self.page(), series) == wanted or None, PATIENCE)

    def polls(self, more: int) -> None:
        """Wait for *more* good polls."""
        name = 'slamon_polls_total{result="ok",tenant="acme"}'
        before = self.value(name)
        wait_for("good polls", lambda: self.value(name) >= before + more or None, PATIENCE)

    def await_loss(self) -> str:
        """Wait until it shows that it can store nothing; return what it says of that."""
        self.await_value("slamon_db_up", 0)
        why = wait_for("readiness to end", self._unready, PATIENCE)
        assert get(f"{self.web}/-/healthy")[0] == 200
        return why

    def _unready(self) -> str | None:
        status, why = get(f"{self.web}/-/ready")
        return why if status == 503 else None

    def recover(self) -> float:
        """Wait until all is well again; return how many cycles failed meanwhile."""
        before = self.value("slamon_db_errors_total")
        self.polls(2)
        wait_for("readiness", lambda: ready(self.web), PATIENCE)
        self.await_value("slamon_db_up", 1)
        return self.value("slamon_db_errors_total") - before

    def await_empty_outbox(self, until: datetime, seconds: float = PATIENCE) -> None:
        """Wait until all that was put into it by *until* has ended; what the clock alone brings later may wait."""
        waits = "SELECT count(*) FROM notifications WHERE state IN ('pending', 'claimed', 'sending') AND created_at <= "
        waiting = waits + str(int(until.timestamp()))
        wait_for("an empty outbox", lambda: ask(self.url, waiting)[0][0] == 0 or None, seconds)

    def said(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of the log that tell of *event*."""
        lines = (self.folder / "log").read_text().splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return [entry for entry in entries if entry["event"] == event]

    def settle(self) -> Judgement:
        """Let nothing more happen at the desk, and the daemon end its work; judge what there is."""
        until = self.clock.stop()
        self.polls(3)  # a poll counts before what it brought is evaluated
        self.await_value('slamon_trails_waiting{tenant="acme"}', 0)  # a poll reads 200; one that lags brings more
        self.await_empty_outbox(until)
        self.daemon.send_signal(signal.SIGTERM)
        assert self.daemon.wait(timeout=PATIENCE) == 0
        mails = self.mails()
        found = check(read_database(self.url), mails, ())
        fresh = f"sqlite:///{self.folder / 'fresh.db'}"
        _look_first(self.folder, fresh, until)
        seen, true = _breaches(self.url, until), _breaches(fresh, until)
        known = {row[0] for row in true}
        untrue = [f"missing: {row}" for row in sorted(true - seen)]
        untrue += [f"only here: {row}" for row in sorted(seen - true - _used_up(fresh, until)) if row[0] in known]
        return Judgement(found, untrue, len(seen), len(mails))


def _look_first(folder: Path, url: str, at: datetime) -> None:
    """Poll once into the database at *url*, by a clock that all but stands at *at*, since the desk's does."""
    slamon(
        "poll",
        cwd=folder,
        SLAMON_STORE__URL=url,
        SLAMON_TENANT__ACME__TRAILS_PER_POLL="10000",
        SLAMON_SIMULATION__SPEED="0.01",
        SLAMON_SIMULATION__ANCHOR=datetime.now(UTC).isoformat(),
        SLAMON_SIMULATION__STARTS_AT=at.isoformat(),
    )


def _breaches(url: str, until: datetime) -> set[tuple[int, ...]]:
    """Return ticket, stage, instant and deadline of each breach that was told and the newest reading shows.

    The instants are the reading's, since one deadline is told of once: a breach told before it was seen that the ticket
    had begun to wait is not told again when it comes after all. (A look counts as fresh for five real seconds, which
    are as much as hours on a clock as fast as the daemon's here.) What holds no more, as of a deadline before the
    ticket became more urgent, is left out: it was told rightly, and a first look never knew it.
    """
    return {
        tuple(row)
        for number, name in enumerate(("respond", "plan", "resolve"))
        for row in ask(
            url,
            f"SELECT t.ticket_id, t.stage, r.{name}_breached_at, r.{name}_due_at FROM transitions t"
            " JOIN clocks c ON c.tenant = t.tenant AND c.ticket_id = t.ticket_id"
            " JOIN readings r ON r.tenant = c.tenant AND r.ticket_id = c.ticket_id AND r.as_of = c.read_at"
            f" WHERE t.change = 'breached' AND t.stage = {number} AND t.version = r.{name}_version"
            f" AND r.{name}_breached_at <= {int(until.timestamp())}",
        )
    }


def _used_up(url: str, until: datetime) -> set[tuple[int, ...]]:
    """Return, as breaches, the goals whose time was used up just when the calendar closed: they break as it opens."""
    return {
        tuple(row)
        for number, name in enumerate(("respond", "plan", "resolve"))
        for row in ask(
            url,
            f"SELECT ticket_id, {number}, {name}_due_at, {name}_due_at FROM readings"
            f" WHERE {name}_verdict = 'outside_hours' AND {name}_due_at <= {int(until.timestamp())}",
        )
    }


@contextmanager
def patient(
    folder: Path,
    url: str,
    *,
    speed: float = 300.0,  # five minutes in a second
    poll_every: timedelta = timedelta(minutes=10),
    arrivals_a_day: int = 200,
    mail_port: int | None = None,
    mails: Callable[[], Sequence[Mail]] | None = None,
    mail_settings: str = "",
) -> Iterator[Patient]:
    """Give a daemon that has polled twice. Its mails go to *mail_port*, and *mails* tells of them; or to a mailbox."""
    clock = DeskTime(speed)
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        desk = Simulator(8, 40, 4, clock=clock, arrivals_a_day=arrivals_a_day)
        source = stack.enter_context(portal.wrap_async_context_manager(SimulatorServer(desk)))
        if mail_port is None:
            box = stack.enter_context(portal.wrap_async_context_manager(Mailbox(folder / "mails")))
            mail_port, mails = box.port, lambda: read_mails(folder / "mails")
        assert mails is not None
        (folder / "key").write_text("private")
        text = _CONFIG.format(
            store=url.replace("%", "%%"),
            mail=mail_port,
            mail_settings=mail_settings,
            operator=OPERATOR,
            source=source.url,
            speed=speed,
            anchor=clock.anchor.isoformat(),
            begin=BEGIN.isoformat(),
            poll_seconds=int(poll_every.total_seconds()),
        )
        (folder / "slamon.toml").write_text(text)
        daemon = stack.enter_context(_running(folder))
        web = wait_for("address", lambda: address(folder / "log"), PATIENCE)
        one = Patient(folder, url, clock, daemon, web, mails)
        one.polls(2)
        yield one


@contextmanager
def _running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the daemon; what it says goes through a pipe, since a full disk must not keep us from reading it."""
    log = folder / "log"
    log.touch()
    command = [*SLAMON, "run"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        copier = threading.Thread(target=_copy, args=(process, log))
        copier.start()
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            copier.join()


def _copy(process: subprocess.Popen[bytes], log: Path) -> None:
    assert process.stdout is not None
    with log.open("ab", buffering=0) as output:
        for line in process.stdout:
            output.write(line)


def resident_pages(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
