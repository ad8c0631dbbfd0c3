"""`python -m tests.faults mail`: the mail server of a running daemon fails in each way at each step, then for a day.

A server that hangs does so until it is told to let go, while the daemon must go on to poll.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

from tests.e2e.processes import wait_for
from tests.faults.kills.databases import ask
from tests.faults.outages.mailserver import DRIP, HANG, RESET, STEPS, MailServer, Once, mail_server, well
from tests.faults.outages.ward import PATIENCE, Judgement, Patient, patient
from tests.faults.section import Row

ANSWERS = ("421 not now", "450 come later", "550 never", HANG, RESET, DRIP)
ENDLESS = 'timeout_seconds = 600\nfallback = "fallback@msp.example"'
MANY = 500  # tickets a day, so that there is always something to be mailed
DAY = timedelta(days=1)
LONGEST_PAUSE = 300.0  # real seconds in which a server that was down is left alone, at most


@dataclass(frozen=True, slots=True)
class Ward:
    """A daemon, and the server that its mails go to."""

    one: Patient
    server: MailServer

    def fail_once(self, step: str, answer: str, polls: int = 2) -> None:
        """Let the server fail once; let it go once so many polls went on beside it."""
        fault = self.server.habit = Once(step, answer)
        wait_for(f"{answer} at {step}", lambda: fault.has_come or None, 4 * PATIENCE)
        self.one.polls(polls)
        if answer in (HANG, DRIP):
            self.server.let_go()

    def await_mails(self, more: int) -> None:
        """Wait until the server has taken *more* mails."""
        before = len(self.server.accepted)
        wait_for("mails", lambda: len(self.server.accepted) >= before + more or None, 4 * PATIENCE)

    def be_greylisted(self) -> None:
        """Let the server say "later" to every recipient that it has not heard of a while ago, and take three mails."""
        heard: dict[str, float] = {}

        def grey(step: str, line: str) -> str:
            if step == "RCPT" and time.monotonic() - heard.setdefault(line, time.monotonic()) < 1:
                return "450 4.2.0 greylisted"
            return ""

        self.server.habit = grey
        self.await_mails(3)

    def settle(self) -> Judgement:
        self.server.habit = well
        return self.one.settle()

    def longest_gap(self) -> float:
        """Return the longest time between two polls that worked, in real seconds."""
        looks = [row[0] for row in ask(self.one.url, "SELECT started_at FROM polls WHERE result = 'ok' ORDER BY 1")]
        longest: int = max(after - before for before, after in pairwise(looks))
        return longest / self.one.clock.speed


@contextmanager
def ward(folder: Path, settings: str = ENDLESS, *, arrivals_a_day: int = MANY, speed: float = 300.0) -> Iterator[Ward]:
    """Give a daemon that has polled twice, and its mail server, which is well."""
    url = f"sqlite:///{folder / 'slamon.db'}"
    with mail_server() as server:
        begin = partial(patient, folder, url, speed=speed, arrivals_a_day=arrivals_a_day, mail_settings=settings)
        with begin(mail_port=server.port, mails=lambda: server.accepted) as one:
            yield Ward(one, server)


# --- at length --------------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> list[Row]:
    """Fail in each way at each step; then be down for a day."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults mail", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="how often each failure comes")
    parser.add_argument("--hours", type=int, default=24, help="how long the server is down, in simulated hours")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="slamon-mail-") as name:
        return [_failures(Path(name), asked.rounds), _down(Path(name), asked.hours)]


def _failures(folder: Path, rounds: int) -> Row:
    folder = folder / "failures"
    folder.mkdir()
    faults = [(step, answer) for _ in range(rounds) for step in STEPS for answer in ANSWERS]
    with ward(folder) as here:
        here.server.keeps_unanswered = True
        for step, answer in faults:
            here.fail_once(step, answer)
            here.await_mails(1)  # else the pauses after a server that takes nothing grow to five minutes
            sys.stdout.write(f"  {answer:<16} at {step}\n")
            sys.stdout.flush()
        here.be_greylisted()
        judged, gap = here.settle(), here.longest_gap()
    _show(judged)
    unanswered = sum(step == "." and answer in (HANG, RESET, DRIP) for step, answer in faults)
    measured = f"{len(faults)} failures and greylisting, {_counted(judged)}; longest {gap:.1f} s without a poll"
    target = f"0 lost, wrong or twice unlabelled; at most {unanswered} labelled; polls go on while the server hangs"
    is_met = not judged.bad and judged.found.twice <= unanswered
    return Row("the mail server of a running daemon fails", target, measured, is_met)


def _down(folder: Path, hours: int) -> Row:
    folder = folder / "down"
    folder.mkdir()
    with ward(folder, arrivals_a_day=400, speed=1800) as here:
        here.server.down()
        began_at = here.one.clock()
        wait_for(f"{hours} hours", lambda: here.one.clock() > began_at + timedelta(hours=hours) or None, 86_400)
        waited = here.one.value('slamon_outbox_pending{channel="mail"}')
        here.server.up()
        began = time.monotonic()
        here.one.await_empty_outbox(here.one.clock(), 4 * LONGEST_PAUSE)
        took = time.monotonic() - began
        judged = here.settle()
        merged = ask(here.one.url, "SELECT merged_into, count(*) FROM notifications WHERE state = 'merged' GROUP BY 1")
    _show(judged)
    digests = f"{len(merged)} digests of {sum(row[1] for row in merged)} alerts"
    measured = f"{waited:.0f} waited, {digests}, all there {took:.0f} s after its return; {_counted(judged)}"
    target = f"0 lost, wrong or twice; all there within {LONGEST_PAUSE:.0f} s, more than 50 alerts as digests"
    is_met = not judged.bad and not judged.found.twice and took <= LONGEST_PAUSE and (waited <= 50 or len(merged) > 0)
    return Row(f"the mail server is down for {hours} hours", target, measured, is_met)


def _show(judged: Judgement) -> None:
    for line in judged.bad:
        sys.stdout.write(f"    {line}\n")
    sys.stdout.flush()


def _counted(judged: Judgement) -> str:
    return (
        f"{judged.breaches} breaches, {judged.mails} mails: {len(judged.found.faults)} lost, wrong or twice "
        f"unlabelled, {len(judged.untrue)} breaches unlike a first look's, {judged.found.twice} labelled repetitions"
    )
