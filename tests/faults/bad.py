"""`python -m tests.faults bad`: lives watched through bad answers until there were enough of them, as a table.

Each row is a life of its own: the desk's seed, the chaos' seed, and what differs from the same life watched calmly.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

from slamon import log
from slamon.simulator import Chaos, Fault
from tests.faults.compare import Verdicts, compare
from tests.faults.life import Life, Plan, live
from tests.faults.section import Row
from tests.faults.test_proof import ANY, LYING, NO_WAIT

CYCLES = 120
LIVES_OF_A_DESK = 6
HEAD = (
    "desk",
    "chaos",
    "requests",
    "bad",
    "failed",
    "refused",
    "differ",
    "lost",
    "closes",
    "deletes",
    "breaches",
    "blind",
)


@dataclass(frozen=True, slots=True)
class Run:
    """One life through chaos, and what came of it."""

    desk: int
    seed: int
    life: Life
    found: Verdicts

    def row(self) -> tuple[int, ...]:
        found, life = self.found, self.life
        return (
            *(self.desk, self.seed, life.requests, life.bad.total(), life.failed_polls, life.refused_sweeps),
            len(found.facts) + len(found.events) + len(found.readings),
            *(len(found.lost), len(found.false_closes), len(found.false_deletes), len(found.false_breaches)),
            len(found.blind_breaches),
        )


def run(seed: int) -> Run:
    """Live one life; every third one meets only lists that lie."""
    log.configure("critical", "text", sys.stderr)
    desk = 7 + seed // LIVES_OF_A_DESK
    weights = dict.fromkeys(LYING, 1.0) if seed % 3 == 2 else ANY
    with tempfile.TemporaryDirectory(prefix="slamon-chaos-") as folder:
        life = asyncio.run(live(_plan(desk), Path(folder), Chaos(seed, 0.3, weights, **NO_WAIT)))  # type: ignore[arg-type]
    return Run(desk, seed, life, compare(_calm(desk), life))


def _plan(desk: int) -> Plan:
    return Plan(seed=desk, cycles=CYCLES)


@cache
def _calm(desk: int) -> Life:
    with tempfile.TemporaryDirectory(prefix="slamon-chaos-") as folder:
        return asyncio.run(live(_plan(desk), Path(folder)))


def runs(wanted: int, first: int, width: int) -> Iterator[Run]:
    """Yield runs, *width* of them side by side, until *wanted* answers were bad."""
    bad = 0
    with ProcessPoolExecutor(width) as pool:
        for wave in count():
            seeds = range(first + wave * width, first + (wave + 1) * width)
            for done in pool.map(run, seeds):
                bad += done.life.bad.total()
                yield done
            if bad >= wanted:
                return


def main(arguments: Sequence[str]) -> list[Row]:
    """Print the table; return it in one row."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults bad", description="Bad answers must change nothing.")
    parser.add_argument("--bad", type=int, default=10_000, help="how many bad answers at least")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    usual = 2 * (os.cpu_count() or 1)  # half of a life is waiting
    parser.add_argument("--at-once", type=int, default=usual, help="how many lives are lived side by side")
    asked = parser.parse_args(arguments)
    say = sys.stdout.write
    say("".join(f"{name:>9}" for name in HEAD) + "\n")
    kinds: Counter[Fault] = Counter()
    total = [0] * (len(HEAD) - 2)
    for done in runs(asked.bad, asked.first, asked.at_once):
        row = done.row()
        total = [one + other for one, other in zip(total, row[2:], strict=True)]
        kinds += done.life.bad
        say("".join(f"{value:>9,}" for value in row) + "\n")
        for line in done.found.wrong:
            say(f"    {line}\n")
        sys.stdout.flush()
    say(
        "".join(f"{value:>9}" for value in ("all", "", *(f"{value:,}" for value in total)))
        + "\n\nbad answers by kind\n"
    )
    for kind, times in kinds.most_common():
        say(f"  {kind:<14}{times:>7,}\n")
    named = zip(HEAD[6:], total[4:], strict=True)
    measured = f"{kinds.total():,} bad answers: " + ", ".join(f"{value} {name}" for name, value in named)
    return [Row("three answers of ten are bad", "0 everywhere", measured, not any(total[4:]))]
