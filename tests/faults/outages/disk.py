"""`python -m tests.faults disk`: a running daemon whose disk is full or broken for a while.

No file may grow (RLIMIT_FSIZE), calls of the daemon fail (strace); for root, a small file system is really full.
"""

from __future__ import annotations

import argparse
import errno
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

from tests import tools
from tests.e2e.processes import wait_for
from tests.faults.kills.cycles import Warm
from tests.faults.kills.databases import SqliteFiles
from tests.faults.kills.scene import scene
from tests.faults.outages import calls
from tests.faults.outages.ward import OPERATOR, PATIENCE, Judgement, Patient, patient
from tests.faults.section import Row

Fault = Callable[[Patient], AbstractContextManager[None]]

SMALL = 4096  # bytes: no file of a database ends so early
CYCLES = 2  # so many may fail once the disk is well again
SIZE = "48m"  # of the file system that gets full
HOLD_SECONDS = 4.0  # of real time; twenty minutes of the daemon's


@dataclass(frozen=True, slots=True)
class Suffered:
    """What a fault did: `why` the daemon was not ready, and how many cycles failed afterwards."""

    fault: str
    why: str
    late: float


@contextmanager
def no_growth(pid: int) -> Iterator[None]:
    """Let no file of process *pid* be written behind its first page."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (SMALL, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def failing(calls: str, error: str, when: str, pid: int) -> Iterator[None]:
    """Let the system *calls* of process *pid* fail with *error*: all of them, or by strace's rule *when*."""
    rule = f"inject={calls}:error={error}" + (f":when={when}" if when else "")
    command = [tools.program("strace"), "-f", "-o", os.devnull, "-e", f"trace={calls}", "-e", rule, "-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        said = strace.stderr.readline()
        assert "attached" in said, said
        try:
            yield
        finally:
            strace.send_signal(signal.SIGINT)
            strace.stderr.read()


@contextmanager
def no_room(folder: Path) -> Iterator[None]:
    """Fill the file system of *folder* to the last byte."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            while _write(file.fileno(), size):
                pass
    try:
        yield
    finally:
        ballast.unlink()


def _write(file: int, size: int) -> bool:
    try:
        return os.write(file, bytes(size)) > 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False


def _of_daemon(fault: Callable[[int], AbstractContextManager[None]]) -> Fault:
    return lambda one: fault(one.daemon.pid)


GROWTH = "no file may grow"
FAULTS: dict[str, Fault] = {
    GROWTH: _of_daemon(no_growth),
    "every write ENOSPC": _of_daemon(partial(failing, "pwrite64", "ENOSPC", "")),
    "every third write EIO": _of_daemon(partial(failing, "pwrite64", "EIO", "3+3")),
    "every sync EIO": _of_daemon(partial(failing, "fdatasync,fsync", "EIO", "")),
    "every read EIO": _of_daemon(partial(failing, "pread64", "EIO", "")),
}
FULL = "file system full"


def suffer(one: Patient, name: str, fault: Fault) -> Suffered:
    """Go through a fault that lasts until the daemon shows it, and a while longer."""
    with fault(one):
        why = one.await_loss()
        time.sleep(HOLD_SECONDS)
    return Suffered(name, why, one.recover())


def suffer_until_told(one: Patient, fault: Fault) -> str:
    """Go through a fault that lasts until the operator has had mail of it; return why the daemon was not ready."""
    with fault(one):
        why = one.await_loss()
        wait_for("mail past the outbox", lambda: any(mail.past_outbox for mail in one.mails()) or None, PATIENCE)
    one.recover()
    return why


def gaps(one: Patient) -> list[float]:
    """Return the real seconds between two lines of the log that say that nothing can be stored."""
    times = [datetime.fromisoformat(entry["timestamp"]) for entry in one.said("nothing can be stored")]
    return [(after - before).total_seconds() for before, after in pairwise(times)]


# --- at length --------------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small file system at *folder*; only root may."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def main(arguments: Sequence[str]) -> list[Row]:
    """Let each fault come in turn, several times; then one full file system; then one call after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults disk", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="how often each fault comes")
    parser.add_argument("--points", type=int, default=1_000_000, help="how many calls at most fail within a cycle")
    parser.add_argument("--seed", type=int, default=1, help="which ones, if not all")
    asked = parser.parse_args(arguments)
    rounds, rows = asked.rounds, list[Row]()
    with tempfile.TemporaryDirectory(prefix="slamon-disk-") as name:
        folder = Path(name)
        faults = [each for _ in range(rounds) for each in FAULTS.items()]
        rows.append(_row("the disk of a running daemon fails, SQLite", folder / "calls", folder, faults))
        if os.geteuid() == 0:
            small = folder / "small"
            full: list[tuple[str, Fault]] = [(FULL, lambda _one: no_room(small))] * rounds
            with small_disk(small):
                rows.append(_row("the file system of a running daemon is full, SQLite", folder / "full", small, full))
        else:
            sys.stdout.write("    a file system that is really full is tried by root only: it has to be mounted\n")
        warm = Warm(tools.program("strace"), folder)
        with closing(warm), scene(folder / "cycles", SqliteFiles(folder / "sqlite"), warm) as ready:
            rows += calls.rows(ready, asked.points, asked.seed)
    return rows


def _row(title: str, folder: Path, disk: Path, faults: Sequence[tuple[str, Fault]]) -> Row:
    folder.mkdir()
    with patient(folder, f"sqlite:///{disk / 'slamon.db'}") as one:
        done = [suffer(one, *fault) for fault in faults]
        told = sum(mail.past_outbox and mail.recipient == OPERATOR for mail in one.mails())
        judged = one.settle()
        fewest = min(gaps(one), default=0.0)
    for name in dict(faults):
        own = [each for each in done if each.fault == name]
        reasons = ", ".join(sorted({each.why.rpartition("slamon.db: ")[2].strip() for each in own}))
        sys.stdout.write(f"  {name:<24}{len(own):>4} times, most cycles failed after it {_late(own):.0f}: {reasons}\n")
    for line in judged.bad:
        sys.stdout.write(f"    {line}\n")
    sys.stdout.flush()
    return Row(title, _TARGET, _measured(done, judged, told, fewest), not judged.bad and _late(done) <= CYCLES)


_TARGET = f"0 lost, wrong or twice unlabelled, integrity ok, at most {CYCLES} cycles failed once it is well again"


def _late(done: Sequence[Suffered]) -> float:
    return max(each.late for each in done)


def _measured(done: Sequence[Suffered], judged: Judgement, told: int, fewest: float) -> str:
    return (
        f"{len(done)} outages, {judged.breaches} breaches, {judged.mails} mails: {len(judged.bad)} faults or untrue, "
        f"{judged.found.twice} labelled repetitions, {told} mails past the outbox, {_late(done):.0f} cycles failed "
        f"afterwards, at least {fewest:.1f} s between two lines of the log"
    )
