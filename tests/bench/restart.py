"""How long `slamon run` takes from its start until it is ready, with many open tickets already stored.

`python -m tests.bench.restart` prints the table. ConnectWise is the prepared pages of `pages.py`; a `slamon poll`
stores them first. Wall time is that of a process which shares the machine with the server and Postgres.
"""

from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from slamon.core.instants import format_instant
from slamon.store.database import Database
from tests.bench.pages import BASE, START
from tests.bench.poll import MANY, serving
from tests.bench.store import _postgres_urls, _sqlite_urls

ROUNDS = 5
PATIENCE = 120.0
_TICKS = os.sysconf("SC_CLK_TCK")
_CONFIG = """\
[store]
url = "{database}"

[web]
listen = "127.0.0.1:0"

[mail]
host = "127.0.0.1"
port = 25
security = "none"
sender = "slamon@msp.example"

[alerts]
recipients = ["service-desk@msp.example"]

[tenant.main]
url = "{source}"
company = "training"
public_key = "public"
client_id = "00000000-0000-0000-0000-000000000000"
private_key_file = "private_key"
requests_per_minute = 60000

[simulation]
speed = 1
anchor = "{anchor}"
starts_at = "{starts_at}"
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a configuration, whose database holds the tickets."""

    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "slamon", "-c", str(self.folder / "slamon.toml"), *words]


def rows() -> Iterator[tuple[str, float, str]]:
    """Yield (what, value, unit): medians of interleaved rounds."""
    with ExitStack() as stack:
        source = stack.enter_context(serving(MANY))
        places = {
            name: stack.enter_context(filled(source, stack.enter_context(urls())))
            for name, urls in (("sqlite", _sqlite_urls), ("postgres", _postgres_urls))
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in places}
        for turn in range(ROUNDS + 1):
            for name, place in places.items():
                took = until_ready(place)
                if turn:  # the first fills the caches of the machine and the pages of the server
                    times[name].append(took)
        for name, taken in times.items():
            wall, cpu = (statistics.median(column) for column in zip(*taken, strict=True))
            yield f"{name}: a start among {MANY:,} open tickets until ready", wall, "s"
            yield f"{name}: of it the process's own work", cpu, "s"


@contextmanager
def filled(source: str, database: str) -> Iterator[Place]:
    """Store all tickets once, as a poll does."""
    with tempfile.TemporaryDirectory(prefix="slamon-bench-") as folder:
        place = Place(Path(folder))
        times = {"anchor": format_instant(datetime.now(UTC)), "starts_at": format_instant(START)}
        config = _CONFIG.format(database=database, source=f"{source}{BASE}", **times)
        (place.folder / "slamon.toml").write_text(config)
        (place.folder / "private_key").write_text("private")
        done = subprocess.run(place.command("poll"), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        if not database.startswith("sqlite"):
            _analyze(database)
        yield place


def until_ready(place: Place) -> tuple[float, float]:
    """Start the daemon; return the seconds until it is ready, and those of work that it did by then."""
    with place.log.open("w") as log:
        began = time.perf_counter()
        daemon = subprocess.Popen(place.command("run"), stdout=log, stderr=log)
    try:
        while not _is_ready(place.log.read_text()):
            if daemon.poll() is not None or time.perf_counter() - began > PATIENCE:
                raise RuntimeError(place.log.read_text())
            time.sleep(0.02)
        return time.perf_counter() - began, _worked(daemon.pid)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()


def _is_ready(log: str) -> bool:
    """Ask the daemon at the address that it has logged."""
    address = re.search(r'"address": ?"([^"]+)"', log)
    if address is None:
        return False
    try:
        with urllib.request.urlopen(f"{address[1]}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _worked(pid: int) -> float:
    """Return the seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _analyze(url: str) -> None:
    """Have Postgres know its tables, as autovacuum does within a minute."""
    database = Database(url, pooled=False)
    with database.writing() as connection:
        connection.exec_driver_sql("ANALYZE")
    database.close()


def main() -> None:
    for what, value, unit in rows():
        sys.stdout.write(f"{what:<66} {value:>10,.2f} {unit}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
