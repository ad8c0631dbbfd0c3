"""`python -m tests.faults postgres`: a running daemon whose Postgres is stopped, cut off, out of space."""

from __future__ import annotations

import argparse
import contextlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.outages.ward import PATIENCE, Judgement, Patient, patient, resident_pages
from tests.faults.section import Row

FAULTS = ("stop immediate", "stop fast", "terminate")
FULL = "disk full"  # it ends itself then, which takes a while
CUTS = 30
CYCLES = 2  # so many may fail once Postgres is there again
SMALL = 4096  # bytes

_TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the faults did. `late` are cycles that failed after Postgres was back, by fault; `memory` is in pages."""

    late: list[tuple[str, float]]
    memory: list[int]
    judged: Judgement


def suffer(folder: Path, faults: Sequence[str]) -> Outcome:
    """Run a daemon through *faults*, one after the other; judge the mails and the database it leaves behind."""
    late, memory = [], []
    with postgres() as server, patient(folder, server.get_uri()) as one:
        for fault in faults:
            if fault == "terminate":
                _cut_off(server)
            elif fault == FULL:
                with _no_growth(server):
                    one.await_loss()
                server.ensure_postgres_running()
            else:
                _stop(server, one, fault.removeprefix("stop "))
            late.append((fault, one.recover()))
            memory.append(resident_pages(one.daemon.pid))
        return Outcome(late, memory, one.settle())


def _cut_off(server: Any) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for _ in range(CUTS):  # spread over a poll and more: some come in the middle of a transaction
            connection.execute(_TERMINATE)
            time.sleep(0.1)


def _stop(server: Any, one: Patient, mode: str) -> None:
    from pgserver import _commands

    stop = vars(_commands)["pg_ctl"]
    stop(["stop", "-m", mode], pgdata=server.pgdata, user=server.system_user, timeout=PATIENCE)
    one.await_loss()
    server.ensure_postgres_running()


@contextmanager
def _no_growth(server: Any) -> Iterator[None]:
    """Let none of the server's processes write a file behind its first page."""
    _limit(server, str(SMALL))
    try:
        yield
    finally:
        _limit(server, "unlimited")


def _limit(server: Any, size: str) -> None:
    """Set how long the files of the postmaster may become, then those of its children: later ones inherit it."""
    file = Path(server.pgdata) / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError):  # it may have ended itself
        postmaster = file.read_text().split()[0]
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children")
        for process in [postmaster, *children.read_text().split()]:
            # By a program, since only the owner of a process may do it.
            command = ["prlimit", "--pid", process, f"--fsize={size}:"]
            subprocess.run(command, user=server.system_user, check=False, stderr=subprocess.DEVNULL)


@contextmanager
def postgres() -> Iterator[Any]:
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
    faults = (*FAULTS, FULL) * parser.parse_args(arguments).rounds
    with tempfile.TemporaryDirectory(prefix="slamon-outage-") as folder:
        found = suffer(Path(folder), faults)
    judged = found.judged
    for line in judged.bad:
        sys.stdout.write(f"    {line}\n")
    late = max(cycles for _, cycles in found.late)
    first, last = (pages * resource.getpagesize() / 2**20 for pages in (found.memory[0], found.memory[-1]))
    memory = f"memory {first:.0f}, at the end {last:.0f} MiB"
    measured = (
        f"{len(faults)} outages, {judged.breaches} breaches, {judged.mails} mails: {len(judged.bad)} faults or untrue; "
        f"{judged.found.twice} labelled repetitions; {late:.0f} cycles failed afterwards; {memory}"
    )
    target = f"0 of each, at most {CYCLES} cycles"
    return [
        Row(
            "Postgres stopped, killed, out of space, connections ended",
            target,
            measured,
            not judged.bad and late <= CYCLES,
        )
    ]
