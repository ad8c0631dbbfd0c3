"""`python -m tests.faults kills`: two daemons on one database; one of them is killed at a random time, again and again.

What they leave is judged beside the same desk watched calmly.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from slamon.simulator import SimClock, SimulatorServer
from tests.faults.desk import watching
from tests.faults.kills.checker import TOLD, Findings, check
from tests.faults.kills.databases import Databases, SqliteFiles, ask, postgres_server
from tests.faults.kills.pair import POLL, SPEED, START, Pair, Plan, pair
from tests.faults.section import Row

SHORTEST, LONGEST = 0.2, 3.0
"""Real seconds between two kills: a daemon may be starting, or at work since a while."""

Key = tuple[int, int, str]
"""(ticket, stage, change)"""

FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Told:
    """When a change was, when it was seen, and until when the clock stood as it did then; in epoch seconds."""

    at: int
    seen: int
    until: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `gap` is the longest time without a good poll, in real seconds."""

    kills: int
    mails: int
    found: Findings
    gap: float


def run(folder: Path, databases: Databases, kills: int, seed: int) -> Outcome:
    """Kill so often, let the daemons come to rest, and judge."""
    folder.mkdir(parents=True)
    url, random = databases.new(), Random(seed)
    with pair(folder, url, Plan()) as both:
        for _ in range(kills):
            time.sleep(random.uniform(SHORTEST, LONGEST))
            victim = random.choice(both.daemons)
            victim.kill()
            victim.start()
        end = both.settle()
        outcome = judge(both, folder, kills, end)
    databases.drop(url)
    return outcome


def judge(both: Pair, folder: Path, kills: int, end: datetime) -> Outcome:
    """Judge what two daemons left, beside the same desk watched calmly until *end*."""
    kept, mails = both.kept(), both.mails()
    found = check(kept, mails, ())
    polls = both.ask("SELECT started_at, finished_at FROM polls WHERE result = 'ok' ORDER BY started_at")
    looks = [row[0] for row in polls]
    calm = asyncio.run(_calm(folder / "calm", both.plan, end))
    rough = _told(both.url)
    judged = [row[0] for row in both.ask("SELECT DISTINCT as_of FROM readings")]
    for key, told in calm.items():
        # Whoever looked and judged while it was so must have told it.
        if key not in rough and _came_up(told, polls, judged):
            found.lost.append(f"{key} at {told.at} was never told")
    for key, told in rough.items():
        if key in calm and told.at != calm[key].at:
            found.wrong.append(f"{key} at {told.at}, in truth at {calm[key].at}")
        if key not in calm and key[2] == "breached" and any(told.at <= look <= told.seen for look in looks):
            found.wrong.append(f"{key} at {told.at} never was")
    found.wrong += _stale(both)
    gap = max(after - before for before, after in pairwise(looks)) / SPEED
    return Outcome(kills, len(mails), found, gap)


def _came_up(told: Told, polls: Sequence[Sequence[int]], judged: Sequence[int]) -> bool:
    """Say whether all tickets were judged, soon after two polls, while a change stood as it was told calmly.

    The first poll of a daemon leaves trails to its second, and tickets may be judged while a poll goes on.
    """
    fresh = 2 * int(POLL.total_seconds())
    later = [ended for (before, _), (_, ended) in pairwise(polls) if told.seen < before]
    return any(ended <= at < min(told.until, ended + fresh) for ended in later for at in judged)


def _stale(both: Pair) -> list[str]:
    """Return the polls that were stored after one that had begun later: who has lost the tenant must not write."""
    later = "SELECT 1 FROM polls q WHERE q.id < p.id AND q.started_at > p.started_at"
    return [f"poll {row[0]} is stale" for row in both.ask(f"SELECT id FROM polls p WHERE EXISTS ({later})")]


def _told(url: str) -> dict[Key, Told]:
    """Return what was told first under each key, and until when the reading that told it was the newest."""
    newer = "SELECT min(as_of) FROM readings r WHERE r.ticket_id = t.ticket_id AND r.as_of > t.seen_at"
    rows = ask(url, f"SELECT ticket_id, stage, change, at, seen_at, ({newer}) FROM transitions t ORDER BY seen_at DESC")
    return {tuple(row[:3]): Told(row[3], row[4], row[5] or FOREVER) for row in rows if row[2] in TOLD}


async def _calm(folder: Path, plan: Plan, end: datetime) -> dict[Key, Told]:
    """Watch the same desk once more, poll by poll, until *end*."""
    clock = SimClock(START, speed=0)
    async with (
        SimulatorServer(plan.desk(clock)) as server,
        watching(server.url, clock, folder, poll_every=POLL, sweep_every=timedelta(hours=1)) as desk,
    ):
        while clock() <= end:
            assert (await desk.cycle(POLL)).result == "ok"
    return _told(f"sqlite:///{folder / 'slamon.db'}")


# --- at length --------------------------------------------------------------------------------------------------------


@contextmanager
def databases(folder: Path) -> Iterator[list[Databases]]:
    """Give places for databases of both kinds."""
    with postgres_server() as server:
        yield [server, SqliteFiles(folder / "sqlite")]


def main(arguments: Sequence[str]) -> list[Row]:
    """Kill on Postgres, and a quarter as often on SQLite."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how many on Postgres")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    rows = []
    with tempfile.TemporaryDirectory(prefix="slamon-kills-") as folder, databases(Path(folder)) as places:
        for place, kills in zip(places, (asked.kills, max(1, asked.kills // 4)), strict=True):
            done = run(Path(folder) / place.name, place, kills, asked.seed)
            rows.append(_row(place.name, done))
    return rows


def _row(name: str, done: Outcome) -> Row:
    for line in done.found.faults:
        sys.stdout.write(f"    {name}: {line}\n")
    found = done.found
    measured = (
        f"{done.kills} kills, {done.mails} mails: {len(found.lost)} lost, {len(found.labelled)} labelled, "
        f"{len(found.unlabelled) + len(found.again)} unlabelled, {len(found.wrong)} wrong, "
        f"longest {done.gap:.0f} s without a poll"
    )
    target = "0 lost, 0 wrong, at most one labelled repetition for each kill, at most 60 s without a poll"
    is_met = not found.faults and not found.waiting and found.twice <= done.kills and done.gap <= 60
    return Row(f"kill -9 of one of two daemons, {name}", target, measured, is_met)
