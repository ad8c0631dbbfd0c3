"""`python -m tests.faults pauses`: one of two daemons is stopped at a certain word of a dialogue, and goes on later.

A short pause ends before anybody takes over. A long one ends when the other daemon has done the work: so much time has
passed for the database by then that every claim is over. What is left is judged as after kills.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.processes import wait_for
from tests.faults.kills.chance import Outcome, databases, judge
from tests.faults.kills.databases import Databases, pass_leases
from tests.faults.kills.gate import Trap
from tests.faults.kills.pair import PATIENCE, Daemon, Pair, Plan, pair
from tests.faults.section import Row

LIVELY = Plan(tickets=150, arrivals_a_day=1500.0)
SHORT_SECONDS = 2.0
TRIES = 20
LEASE_SECONDS = 310.0
"""A little more than the longest claim."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Where the daemon is stopped, and whether past the end of its claims. A word is one of mail, or of a poll."""

    name: str
    word: bytes
    is_long: bool
    is_mail: bool = True

    @property
    def may_repeat(self) -> bool:
        """Whether a mail was handed over, and another taker cannot know."""
        return self.is_long and self.word == DOT


DOT = b"\r\n.\r\n"
PAUSES = (
    Pause("short, within a poll", b"/system/audittrail", is_long=False, is_mail=False),
    Pause("short, before the server is ready for the mail", b"rcpt to:", is_long=False),
    Pause("short, the mail is handed over", DOT, is_long=False),
    Pause("long, within a poll", b"/system/audittrail", is_long=True, is_mail=False),
    Pause("long, before the server is ready for the mail", b"rcpt to:", is_long=True),
    Pause("long, the mail is handed over", DOT, is_long=True),
)


def run(folder: Path, places: Databases, pauses: Sequence[Pause], *, in_real_time: bool = False) -> Outcome:
    """Make one daemon pause so often, let both come to rest, and judge."""
    folder.mkdir(parents=True)
    url = places.new()
    with pair(folder, url, LIVELY) as both:
        for pause in pauses:
            _pause(both, pause, in_real_time=in_real_time)
        outcome = judge(both, folder, len(pauses), both.settle())
    places.drop(url)
    return outcome


def _pause(both: Pair, pause: Pause, *, in_real_time: bool) -> None:
    """Stop one of the daemons at the word, and let it go on later."""
    for daemon in both.daemons:
        daemon.wait_until_ready()
    stopped = _stop(both, pause)
    if pause.is_long:
        if in_real_time:
            time.sleep(LEASE_SECONDS)
        else:
            pass_leases(both.url)
        moment = both.clock()
        wait_for("a poll of the other one", lambda: both.polled_since(moment), PATIENCE)
        wait_for("an outbox that the other one emptied", lambda: both.waiting() == 0 or None, PATIENCE)
    else:
        time.sleep(SHORT_SECONDS)
    stopped.signal(signal.SIGCONT)


def _stop(both: Pair, pause: Pause) -> Daemon:
    """Stop the daemon that first comes to the word, when none of its threads has a transaction open.

    With one, it would stop everybody else, too: SQLite lets nobody in until it is over, Postgres ends it after two
    minutes.
    """
    gates = both.mail_gates if pause.is_mail else both.source_gates
    for _ in range(TRIES):
        trap = Trap(pause.word, lambda gate: both.daemons[gate].signal(signal.SIGSTOP))
        for gate in gates:
            gate.trap = trap
        assert trap.sprung.wait(PATIENCE), f"{pause.name}: never reached"
        stopped = both.daemons[trap.gate]
        if both.is_free():
            return stopped
        stopped.signal(signal.SIGCONT)
    raise AssertionError(f"{pause.name}: a transaction was open each time")


# --- at length --------------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> list[Row]:
    """Make all pauses on both databases, the long ones by moving claims into the past, or in real time."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults pauses", description=__doc__)
    parser.add_argument("--real", action="store_true", help="long pauses last five minutes")
    asked = parser.parse_args(arguments)
    rows = []
    with tempfile.TemporaryDirectory(prefix="slamon-pauses-") as folder, databases(Path(folder)) as places:
        for place in places:
            for length in ("short", "long"):
                chosen = [pause for pause in PAUSES if pause.is_long == (length == "long")]
                done = run(Path(folder) / f"{place.name}-{length}", place, chosen, in_real_time=asked.real)
                rows.append(_row(place.name, length, chosen, done))
    return rows


def _row(name: str, length: str, pauses: Sequence[Pause], done: Outcome) -> Row:
    for line in done.found.faults:
        sys.stdout.write(f"    {name}, {length}: {line}\n")
    found = done.found
    may_repeat = sum(pause.may_repeat for pause in pauses)
    measured = (
        f"{len(pauses)} pauses, {done.mails} mails: {len(found.lost)} lost, {len(found.labelled)} labelled, "
        f"{len(found.unlabelled) + len(found.again)} unlabelled, {len(found.wrong)} wrong"
    )
    target = f"0 lost, 0 wrong, at most {may_repeat} labelled repetitions"
    is_met = not found.faults and not found.waiting and found.twice <= may_repeat
    return Row(f"SIGSTOP, {length}er than the claim, {name}", target, measured, is_met)
