"""How late a mark is told: its instant, against when its row stood in the store and when its mail was taken.

`python -m tests.bench.lag [TICKETS SECONDS]` prints it. A real daemon on SQLite watches a simulated desk in real time,
with a mail server that notes when it accepted what. A ladder with a mark at every second percent lets more than
one goal in a minute and thousand tickets pass one; before each is told its ticket is asked for anew, as ever.
"""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.e2e.processes import get, running, simulator, wait_for
from tests.e2e.test_daemon import address, ready, write_config
from tests.outputs.servers import Inbox, listening

TICKETS, SECONDS = 10_000, 180
LOOK_SECONDS = 0.05
SUBJECT = re.compile(r"Ticket\s+(\d+).*?:\s+(respond|plan|resolve)\s", re.DOTALL)
STAGES = ("respond", "plan", "resolve")
RUNG = '[[ladder.fine.rung]]\nat = "{percent}%"\ntell = ["desk@msp.example"]\n'
SETTINGS = """
[mail]
host = "127.0.0.1"
port = {port}
security = "none"
digest_above = 0
[alerts]
ladder = "fine"
[[policy]]
name = "Always open"
match = {{ priority_rank = [1, 2, 3, 4], before_source = true }}
calendar = "AllHours"
goals = {{ respond = 4, plan = 24, resolve = 72 }}
[ladder.fine]
"""
Goal = tuple[int, str]  # of a ticket: its stage
Marks = dict[tuple[int, int, str], tuple[int, float]]  # by ticket, stage and mark: its instant, and when it was seen


class Noting(Inbox):
    """Notes when it accepted a mail on which goal."""

    def __init__(self) -> None:
        super().__init__()
        self.accepted: list[tuple[Goal, float]] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        found = SUBJECT.search(envelope.content[:2000].decode("ascii", "replace"))
        if found:
            self.accepted.append(((int(found[1]), found[2]), time.time()))
        return "250 OK"


def rows(tickets: int = TICKETS, seconds: int = SECONDS) -> Iterator[tuple[str, float, str]]:
    """Yield (what, value, unit)."""
    inbox = Noting()
    with tempfile.TemporaryDirectory(prefix="slamon-lag-") as name, listening(inbox) as port:
        folder = Path(name)
        with simulator(folder, "--tickets", str(tickets), "--closed", "0", "--speed", "1") as desk:
            ladder = "".join(RUNG.format(percent=percent) for percent in range(2, 100, 2))
            write_config(folder, desk, extra=SETTINGS.format(port=port) + ladder)
            log = folder / "log"
            with running("run", cwd=folder, log=log) as daemon:
                url = wait_for("the daemon's address", lambda: address(log), 300)
                wait_for("readiness", lambda: ready(url), 1800)
                wait_for("all trails", lambda: _no_trail_waits(url), 3600)
                began, cpu = time.time(), _cpu_seconds(daemon.pid)
                seen = _watch(folder / "slamon.db", began, seconds)
                load = (_cpu_seconds(daemon.pid) - cpu) / (time.time() - began)
    yield from _lags(f"{tickets:,} open tickets", seen, inbox.accepted)
    yield "processor time of the daemon meanwhile, of one processor", load * 100, "%"
    yield "load of the machine, programs that want a processor", os.getloadavg()[0], ""


def _no_trail_waits(url: str) -> bool | None:
    lines = [line for line in get(f"{url}/metrics")[1].splitlines() if line.startswith("slamon_trails_waiting{")]
    return (bool(lines) and all(line.endswith(" 0.0") for line in lines)) or None


def _watch(database: Path, began: float, seconds: int) -> Marks:
    """Return the marks passed from *began* on, each with when its row was first found by looking all the time."""
    seen: Marks = {}
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=60)) as store:
        while time.time() < began + seconds + 10:  # what comes last has time to be told
            rows = store.execute("SELECT ticket_id, stage, mark, at FROM rungs WHERE at > ?", (int(began),)).fetchall()
            now = time.time()
            for ticket, stage, mark, at in rows:
                seen.setdefault((ticket, stage, mark), (at, now))
            threading.Event().wait(LOOK_SECONDS)
    return {key: (at, found) for key, (at, found) in seen.items() if at <= began + seconds}


def _lags(title: str, seen: Marks, accepted: list[tuple[Goal, float]]) -> Iterator[tuple[str, float, str]]:
    stored = [found - at for at, found in seen.values()]
    mailed, missing = [], 0
    for (ticket, stage, _), (at, _found) in seen.items():
        taken = [when - at for goal, when in accepted if goal == (ticket, STAGES[stage]) and when >= at]
        mailed += [min(taken)] if taken else []
        missing += not taken
    yield f"{title}: marks passed", len(seen), ""
    for what, lags in (("its row stands", stored), ("its mail is accepted", mailed)):
        yield f"from a mark until {what}, median", median(lags), "s"
        yield f"from a mark until {what}, 99th of 100", quantiles(lags, n=100)[-1], "s"
        yield f"from a mark until {what}, longest", max(lags), "s"
        yield f"{what} within 2 s", 100 * sum(lag < 2 for lag in lags) / len(lags), "%"
    yield "marks without a mail", missing, ""


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    for what, value, unit in rows(*(int(word) for word in sys.argv[1:])):
        sys.stdout.write(f"{what:<66} {value:>14,.2f} {unit}\n")


if __name__ == "__main__":
    main()
