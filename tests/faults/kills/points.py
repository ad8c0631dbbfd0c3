"""`python -m tests.faults points`: slamon killed before each system call of a cycle, started again, and judged.

The first cycle is only traced; its calls are the points. Each point begins with the same database and the same desk.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests import tools
from tests.faults.kills.checker import Findings, Kept, check, compare
from tests.faults.kills.cycles import CALLS, Point, Warm
from tests.faults.kills.databases import Databases, SqliteFiles, postgres_server
from tests.faults.kills.scene import LATER, Scene, scene
from tests.faults.section import Row

_CALL = re.compile(r"^(?:(?P<thread>[01]) )?(?P<name>\w+)\((?P<rest>.*)")
_PORT = re.compile(r"127\.0\.0\.1:\d+->127\.0\.0\.1:(\d+)|htons\((\d+)\)")
_WAKE_UP = re.compile(r"<UNIX[^>]*->\d+\]>, (\"\\0\", 1,|0x|\"\\0\", 4096)")
_MAIL_SERVER, _CONNECTWISE, _DATABASE = "mail server", "ConnectWise", "database"


@dataclass(frozen=True, slots=True)
class Planned:
    """A point, and what it is about, such as `sendto mail server`."""

    point: Point
    kind: str


@dataclass(frozen=True, slots=True)
class Struck:
    """What came of a kill. Without `line`, strace's last one, the cycle never came to the point."""

    planned: Planned
    line: str | None
    found: Findings
    ambiguous: int


@dataclass(frozen=True, slots=True)
class Survey:
    """A calm cycle: what it leaves, which mails it sends, and the calls it makes."""

    calm: Kept
    due: frozenset[str]
    points: Sequence[Planned]


def survey(ready: Scene, calls: Sequence[str] = CALLS) -> Survey:
    """Live the cycle calmly once; *calls* become points."""
    url = ready.databases.copy(ready.before)
    known = {note.key for note in ready.databases.look(ready.before).notes}
    with ready.take(url) as take:
        trace = ready.warm.traced(take.config, ready.at, calls)
        calm, mails = take.kept(), take.mails()
        due = frozenset(note.key for note in calm.notes) - known
        assert len(mails) == len(due)
        points = list(_points(trace, take.box.port, ready.source.port))
    ready.databases.drop(url)
    return Survey(calm, due, points)


def strike(ready: Scene, calmly: Survey, planned: Planned) -> Struck:
    """Kill a cycle at a point, start again until nothing waits, and judge what that leaves."""
    url = ready.databases.copy(ready.before)
    with ready.take(url) as take:
        line = ready.warm.killed(take.config, ready.at, planned.point)
        ambiguous = sum(note.state == "sending" for note in ready.databases.look(url).notes)
        ready.databases.end_leases(url)
        assert ready.warm.cycle(take.config, ready.at, ready.at + LATER) == 0
        kept = take.kept()
        found = check(kept, take.mails(), calmly.due)
        found.wrong += compare(calmly.calm, kept)
        found.lost += [f"{note.key} still waits" for note in kept.notes if note.waits]
    ready.databases.drop(url)
    return Struck(planned, line, found, ambiguous)


def choose(points: Sequence[Planned], number: int, seed: int) -> list[Planned]:
    """Return *number* of *points*, of as many kinds as there are."""
    random = Random(seed)
    kinds: dict[str, list[Planned]] = defaultdict(list)
    for planned in random.sample(points, len(points)):
        kinds[planned.kind].append(planned)
    rounds = (own[turn] for turn in range(len(points)) for own in kinds.values() if turn < len(own))
    return [planned for planned, _ in zip(rounds, range(number), strict=False)]


def _points(trace: str, mail_port: int, source_port: int) -> Iterator[Planned]:
    """Yield the calls of a trace that speak to the outside; what wakes the loop up is within."""
    seen: Counter[tuple[int, str]] = Counter()
    names = {mail_port: _MAIL_SERVER, source_port: _CONNECTWISE}
    for line in trace.splitlines():
        call = _CALL.match(line)
        if call is None or call["thread"] is None:
            continue
        thread, name = int(call["thread"]), call["name"]
        seen[thread, name] += 1
        if not _WAKE_UP.search(line):
            port = _PORT.search(call["rest"])
            peer = names.get(int(port[1] or port[2]), "?") if port else _DATABASE
            yield Planned(Point(thread, name, seen[thread, name]), f"{name} {peer}")


# --- at length --------------------------------------------------------------------------------------------------------


@contextmanager
def scenes(folder: Path) -> Iterator[list[Scene]]:
    """Set the scene on SQLite and on Postgres."""
    with ExitStack() as stack:
        warm = Warm(tools.program("strace"), folder)
        stack.callback(warm.close)
        kinds: list[Databases] = [SqliteFiles(folder / "sqlite"), stack.enter_context(postgres_server())]
        yield [stack.enter_context(scene(folder / kind.name, kind, warm)) for kind in kinds]


def main(arguments: Sequence[str]) -> list[Row]:
    """Kill at every point, or at some, on both databases; print a line for each kind of call."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults points", description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000, help="how many at most on each database")
    parser.add_argument("--seed", type=int, default=1, help="which ones, if not all")
    parser.add_argument("--about", default="", help='only calls about this, such as "mail server" or "fdatasync"')
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="slamon-kills-") as folder, scenes(Path(folder)) as ready:
        return [_row(each.databases.name, _all(each, asked.about, asked.points, asked.seed)) for each in ready]


def _all(ready: Scene, about: str, number: int, seed: int) -> list[Struck]:
    calmly = survey(ready)
    chosen = choose([planned for planned in calmly.points if about in planned.kind], number, seed)
    say = sys.stdout.write
    counted = f"{len(calmly.points)} points in a cycle of {len(calmly.due)} mails"
    say(f"{ready.databases.name}: {counted}, {len(chosen)} tried\n")
    done = []
    for planned in chosen:
        struck = strike(ready, calmly, planned)
        for line in struck.found.faults:
            say(f"    {planned}: {line}\n")
            sys.stdout.flush()
        done.append(struck)
    _show(done)
    return done


_HEAD = ("killed", "lost", "labelled", "unlabelled", "ambiguous", "wrong")


def _numbers(done: Sequence[Struck]) -> tuple[int, ...]:
    return (
        sum(each.line is not None for each in done),
        sum(len(each.found.lost) for each in done),
        sum(len(each.found.labelled) for each in done),
        sum(len(each.found.unlabelled) + len(each.found.again) for each in done),
        sum(each.ambiguous for each in done),
        sum(len(each.found.wrong) for each in done),
    )


def _show(done: Sequence[Struck]) -> None:
    kinds: dict[str, list[Struck]] = defaultdict(list)
    for each in done:
        kinds[each.planned.kind].append(each)
    lines = [("call", "points", *_HEAD)]
    lines += [(kind, len(own), *_numbers(own)) for kind, own in sorted(kinds.items())]  # type: ignore[misc]
    lines.append(("all", len(done), *_numbers(done)))  # type: ignore[arg-type]
    for name, *numbers in lines:
        sys.stdout.write(f"  {name:<24}" + "".join(f"{number:>11}" for number in numbers) + "\n")
    sys.stdout.flush()


def _row(name: str, done: Sequence[Struck]) -> Row:
    numbers = dict(zip(_HEAD, _numbers(done), strict=True))
    most = max((each.found.twice for each in done), default=0)
    measured = f"{numbers.pop('killed')} kills: " + ", ".join(f"{value} {what}" for what, value in numbers.items())
    is_met = not any(each.found.faults for each in done) and most <= 1
    target = "0 lost, 0 wrong, at most one mail twice for each kill and then labelled"
    return Row(f"kill -9 at a system call, {name}", target, f"{measured}; at most {most} twice for one", is_met)
