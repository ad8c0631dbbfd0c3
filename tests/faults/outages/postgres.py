"""`python -m tests.faults postgres`: a running daemon whose Postgres is stopped, started and rid of its connections."""

from __future__ import annotations

import argparse
import resource
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen
from typing import Any

import psycopg
from anyio.from_thread import start_blocking_portal

from slamon.mailbox import Mailbox
from slamon.simulator import Simulator, SimulatorServer
from tests.e2e.processes import get, running, sample, slamon, wait_for
from tests.e2e.test_daemon import address, ready
from tests.faults.kills.checker import Findings, check, read_database, read_mails
from tests.faults.section import Row

FAULTS = ("stop immediate", "stop fast", "terminate")
SPEED = 300.0  # five minutes in a second
BEGIN = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)  # a Wednesday's working hours
PATIENCE = 120.0  # real seconds; a busy machine is slow
CUTS = 30
CYCLES = 2  # so many may fail once Postgres is there again

_TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
)
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
recipients = ["desk@msp.example"]
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
poll_seconds = 600
requests_per_minute = 60000
"""


@dataclass
class DeskTime:
    """The desk's time, equal to the daemon's until it is stopped: from then on nothing more happens at the desk."""

    anchor: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    stopped_at: datetime | None = None

    def __call__(self) -> datetime:
        return self.stopped_at or BEGIN + (datetime.now(UTC) - self.anchor) * SPEED

    def stop(self) -> datetime:
        self.stopped_at = self().replace(microsecond=0)
        return self.stopped_at


@dataclass
class Outcome:
    """What the faults did. `late` are cycles that failed after Postgres was back, by fault."""

    late: list[tuple[str, float]] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    found: Findings = field(default_factory=Findings)
    untrue: list[str] = field(default_factory=list)
    breaches: int = 0
    mails: int = 0


@dataclass(frozen=True, slots=True)
class Patient:
    """The daemon's address, and the server that is taken away."""

    web: str
    server: Any

    def page(self) -> str:
        return get(f"{self.web}/metrics")[1]

    def value(self, series: str) -> float:
        return sample(self.page(), series) or 0.0

    def polls(self, more: int) -> None:
        """Wait for *more* good polls."""
        name = 'slamon_polls_total{result="ok",tenant="acme"}'
        before = self.value(name)
        wait_for("good polls", lambda: self.value(name) >= before + more or None, PATIENCE)

    def suffer(self, fault: str) -> float:
        """Go through *fault*; return how many cycles failed once Postgres answered again."""
        if fault == "terminate":
            self._be_cut_off()
        else:
            self._be_without(fault.removeprefix("stop "))
        before = self.value("slamon_db_errors_total")
        self.polls(2)
        wait_for("readiness", lambda: ready(self.web), PATIENCE)
        wait_for("slamon_db_up", lambda: self.value("slamon_db_up") == 1 or None, PATIENCE)
        return self.value("slamon_db_errors_total") - before

    def _be_cut_off(self) -> None:
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            for _ in range(CUTS):  # spread over a poll and more: some come in the middle of a transaction
                connection.execute(_TERMINATE)
                time.sleep(0.1)

    def _be_without(self, mode: str) -> None:
        from pgserver import _commands

        stop = vars(_commands)["pg_ctl"]
        stop(["stop", "-m", mode], pgdata=self.server.pgdata, user=self.server.system_user, timeout=PATIENCE)
        wait_for("the loss", lambda: sample(self.page(), "slamon_db_up") == 0 or None, PATIENCE)
        wait_for("readiness to end", lambda: get(f"{self.web}/-/ready")[0] == 503 or None, PATIENCE)
        assert get(f"{self.web}/-/healthy")[0] == 200
        self.server.ensure_postgres_running()


def suffer(folder: Path, faults: Sequence[str]) -> Outcome:
    """Run a daemon through *faults*, one after the other; judge the mails and the database it leaves behind."""
    outcome, clock = Outcome(), DeskTime()
    desk = Simulator(8, 40, 4, clock=clock, arrivals_a_day=200)
    with ExitStack() as stack:
        server = stack.enter_context(_server())
        portal = stack.enter_context(start_blocking_portal())
        source = stack.enter_context(portal.wrap_async_context_manager(SimulatorServer(desk)))
        box = stack.enter_context(portal.wrap_async_context_manager(Mailbox(folder / "mails")))
        url = server.get_uri()
        _configure(folder, url, box.port, source.url, clock.anchor)
        with running("run", cwd=folder, log=folder / "log") as daemon:
            patient = Patient(wait_for("address", lambda: address(folder / "log"), PATIENCE), server)
            patient.polls(2)
            for fault in faults:
                outcome.late.append((fault, patient.suffer(fault)))
                outcome.memory.append(_resident_pages(daemon.pid))
            until = clock.stop()
            patient.polls(2)
            wait_for("an empty outbox", lambda: _is_empty(patient), PATIENCE)
            _end(daemon)
        _judge(outcome, folder, url, until)
        outcome.mails = box.folder.count()
    return outcome


def _resident_pages(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1])


def _is_empty(patient: Patient) -> bool | None:
    return sample(patient.page(), 'slamon_outbox_pending{channel="mail"}') == 0 or None


def _end(daemon: Popen[bytes]) -> None:
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(timeout=PATIENCE) == 0


def _judge(outcome: Outcome, folder: Path, url: str, until: datetime) -> None:
    """Compare with what a first look at the same desk finds, which had no fault and saw nothing happen."""
    outcome.found = check(read_database(url), read_mails(folder / "mails"), ())
    fresh = f"sqlite:///{folder / 'fresh.db'}"
    slamon("poll", cwd=folder, SLAMON_STORE__URL=fresh)
    seen, true = _breaches(url, until), _breaches(fresh, until)
    known = {row[0] for row in true}
    outcome.breaches = len(seen)
    outcome.untrue = [f"missing: {row}" for row in sorted(true - seen)]
    outcome.untrue += [f"only here: {row}" for row in sorted(seen - true) if row[0] in known]


def _breaches(url: str, until: datetime) -> set[tuple[int, ...]]:
    """Return ticket, stage, instant and deadline of each breach, as the database numbers them."""
    kept = read_database(url).rows["transitions"]
    return {(row[1], row[2], row[5], row[9]) for row in kept if row[3] == "breached" and row[5] <= until.timestamp()}


def _configure(folder: Path, store: str, mail: int, source: str, anchor: datetime) -> None:
    times = {"speed": SPEED, "anchor": anchor.isoformat(), "begin": BEGIN.isoformat()}
    (folder / "key").write_text("private")
    text = _CONFIG.format(store=store.replace("%", "%%"), mail=mail, source=source, **times)
    (folder / "slamon.toml").write_text(text)


@contextmanager
def _server() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
        from pgserver.postgres_server import get_server
    folder = tempfile.mkdtemp(prefix="slamon-pg-")  # postgres must not be root, nor locked out of it
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: Sequence[str]) -> list[Row]:
    """Print what each fault cost; return it in one row."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults postgres", description="Postgres goes and comes.")
    parser.add_argument("--rounds", type=int, default=10, help="how often each fault comes")
    faults = FAULTS * parser.parse_args(arguments).rounds
    with tempfile.TemporaryDirectory(prefix="slamon-outage-") as folder:
        found = suffer(Path(folder), faults)
    bad = [*found.found.faults, *found.untrue]
    for line in bad:
        sys.stdout.write(f"    {line}\n")
    late = max(cycles for _, cycles in found.late)
    first, last = (pages * resource.getpagesize() / 2**20 for pages in (found.memory[0], found.memory[-1]))
    memory = f"memory {first:.0f}, at the end {last:.0f} MiB"
    measured = (
        f"{len(faults)} outages, {found.breaches} breaches, {found.mails} mails: {len(bad)} faults or untrue; "
        f"{found.found.twice} labelled repetitions; {late:.0f} cycles failed afterwards; {memory}"
    )
    target = f"0 of each, at most {CYCLES} cycles"
    return [Row("Postgres stopped, killed, connections ended", target, measured, not bad and late <= CYCLES)]
