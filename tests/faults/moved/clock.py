"""`python -m tests.faults clock`: the wall clock of a daemon is wrong at its start, and moved again and again.

What it leaves is judged as after kills, beside the same desk watched calmly; and its reports, by their periods.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.e2e.processes import get, sample, wait_for
from tests.faults.kills.chance import Outcome, databases, judge
from tests.faults.kills.checker import check
from tests.faults.kills.databases import Databases
from tests.faults.kills.pair import PATIENCE, POLL, RECIPIENTS, SPEED, Daemon, Pair, Plan, desk
from tests.faults.moved.faketime import WallClock
from tests.faults.section import Row

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS = (HOUR, -HOUR, DAY, -DAY)
POLLS = 3
"""Good polls after each step, before the clock is put right."""

EVERY = timedelta(minutes=15)
"""From report to report, on the desk's time."""

GAP_SECONDS = POLL.total_seconds() / SPEED + 5
_REPORTS = """\
[[report]]
name = "often"
cron = "*/15 * * * *"
"""


@dataclass
class Mover:
    """One daemon on a clock that can be moved. `unready`: where it was not ready, though its time was right."""

    here: Pair
    clock: WallClock
    unready: list[str]

    @property
    def daemon(self) -> Daemon:
        return self.here.daemons[0]

    def page(self) -> str:
        return get(f"{self.daemon.wait_for_address()}/metrics")[1]

    def value(self, name: str, **labels: str) -> float | None:
        shown = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        return sample(self.page(), f"{name}{{{shown}}}" if labels else name)

    def skew(self) -> float | None:
        """Return how far the daemon finds its machine's clock ahead, in real seconds."""
        found = self.value("slamon_clock_skew_seconds", tenant="main")
        return None if found is None else found / SPEED

    def polls(self, more: int, result: str = "ok") -> None:
        def count() -> int:
            found: int = self.here.ask(f"SELECT count(*) FROM polls WHERE result = '{result}'")[0][0]
            return found

        before = count()
        wait_for(f"{more} polls", lambda: count() >= before + more or None, PATIENCE)

    def start_wrong(self, ahead: timedelta) -> None:
        """Start with a clock that is wrong, see that nothing is told, and put it right."""
        self.clock.set(ahead)
        self.daemon.start()
        url = self.daemon.wait_for_address()
        wait_for("a wrong clock", lambda: "clock is" in get(f"{url}/-/ready")[1] or None, PATIENCE)
        self.polls(2, "failed")
        assert self.value("slamon_up", tenant="main") == 0
        self.clock.set(timedelta(0))
        self.daemon.wait_until_ready()

    def move(self, ahead: timedelta) -> None:
        """Move the clock, let it go on so for some polls, and put it right."""
        self._move(ahead, POLLS)
        self._move(timedelta(0), 1)

    def _move(self, ahead: timedelta, polls: int) -> None:
        steps = self.value("slamon_clock_steps_total") or 0
        self.clock.set(ahead)
        wait_for("the step", lambda: (self.value("slamon_clock_steps_total") or 0) > steps or None, PATIENCE)
        wait_for("the skew", lambda: abs((self.skew() or 0) - ahead.total_seconds()) < 120 or None, PATIENCE)
        self.polls(polls)
        _, why = get(f"{self.daemon.wait_for_address()}/-/ready")
        if "clock" in why:  # on a busy machine a poll may be late
            self.unready.append(f"{ahead} ahead: {why.strip()}")

    def finish(self) -> datetime:
        """Wait for a report of now and end the daemon; return the instant of its last poll."""
        moment = self.here.clock()
        wait_for("a report", lambda: any(end > moment for end in self.reports()) or None, PATIENCE)
        self.polls(1)
        self.daemon.stop()
        last = self.here.ask("SELECT max(started_at) FROM polls WHERE result = 'ok'")[0][0]
        return datetime.fromtimestamp(last, UTC)

    def reports(self) -> list[datetime]:
        """Return the ends of the periods that were reported."""
        return [
            datetime.fromisoformat(row[0])
            for row in self.here.ask("SELECT period FROM job_runs WHERE job = 'report/often' ORDER BY period")
        ]


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it. `trouble`: what is wrong with the reports, and where it was not ready although it was right."""

    outcome: Outcome
    reports: int
    trouble: Sequence[str]


Judge = Callable[[Pair, Path, int, datetime], Outcome]


def run(folder: Path, places: Databases, steps: Sequence[timedelta], judged: Judge = judge) -> Found:
    """Start a daemon with a wrong clock, move it so often, and have *judged* what it leaves."""
    folder.mkdir(parents=True)
    clock, url = WallClock(folder / "clock"), places.new()
    daemons = [Daemon(folder / "one", clock.environment())]
    with desk(folder, url, Plan(), daemons, _REPORTS) as here:
        mover = Mover(here, clock, [])
        mover.start_wrong(DAY)
        for step in steps:
            mover.move(step)
        end = mover.finish()
        outcome = judged(here, folder, len(steps), end)
        found = Found(outcome, len(mover.reports()), [*_amiss(mover), *mover.unready])
    places.drop(url)
    return found


def judge_alone(here: Pair, _folder: Path, steps: int, _end: datetime) -> Outcome:
    """Judge without a calm life beside it, which takes as long again; nothing that happened may lie in the future."""
    mails = here.mails()
    found = check(here.kept(), mails, ())
    now = int(here.clock().timestamp())
    late = f"at > {now} OR seen_at > {now}"
    found.wrong += [f"{row} is of the future" for row in here.ask(f"SELECT * FROM transitions WHERE {late}")]
    return Outcome(steps, len(mails), found, 0.0)


def _amiss(mover: Mover) -> list[str]:
    """Return what is wrong with the reports: periods that are none or to come, mails that are missing."""
    made, now = mover.reports(), mover.here.clock()
    strange = [f"a report until {at}" for at in made if at.timestamp() % EVERY.total_seconds() or at > now]
    mails = Counter(row[0] for row in mover.here.ask("SELECT recipient FROM notifications WHERE kind = 'report'"))
    return strange + [f"{who}: {mails[who]} of {len(made)} reports" for who in RECIPIENTS if mails[who] < len(made)]


# --- at length --------------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> list[Row]:
    """Move the clock on both databases."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults clock", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each of the four steps is made")
    asked = parser.parse_args(arguments)
    rows = []
    with tempfile.TemporaryDirectory(prefix="slamon-clock-") as folder, databases(Path(folder)) as places:
        for place in places:
            done = run(Path(folder) / place.name, place, STEPS * asked.rounds)
            rows.append(_row(place.name, done))
    return rows


def _row(name: str, done: Found) -> Row:
    found = done.outcome.found
    for line in (*found.faults, *done.trouble):
        sys.stdout.write(f"    {name}: {line}\n")
    measured = (
        f"{done.outcome.kills} steps and back, {done.outcome.mails} mails, {done.reports} reports: "
        f"{len(found.lost)} lost, {found.twice + len(found.again)} twice, {len(found.wrong)} wrong, "
        f"longest {done.outcome.gap:.1f} s without a poll"
    )
    target = f"0 lost, 0 twice, 0 wrong, every report once, ready, at most {GAP_SECONDS:.0f} s without a poll"
    is_met = not (found.faults or found.twice or done.trouble) and done.outcome.gap <= GAP_SECONDS
    return Row(f"wall clock moved by an hour and a day, {name}", target, measured, is_met)
