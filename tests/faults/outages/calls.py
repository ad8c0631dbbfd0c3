"""Single calls to the disk that fail within a cycle: the same process goes on, and what it leaves is judged."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.kills.checker import Findings, check, compare
from tests.faults.kills.points import Planned, Survey, choose, survey
from tests.faults.kills.scene import LATER, Scene
from tests.faults.section import Row

CALLS = ("pwrite64", "fsync", "fdatasync", "ftruncate", "unlink", "pread64")
ERRORS = ("EIO", "ENOSPC")


@dataclass(frozen=True, slots=True)
class Failed:
    """What came of a call that failed with *error*. Without `line` the cycle never came to it."""

    planned: Planned
    error: str
    line: str | None
    found: Findings


def disk_calls(ready: Scene) -> Survey:
    """Live the cycle calmly once; its points are the calls to the disk."""
    return survey(ready, CALLS)


def fail(ready: Scene, calmly: Survey, planned: Planned, error: str) -> Failed:
    """Let a call fail in a process that then goes on; let another finish what still waits; judge what that leaves."""
    url = ready.databases.copy(ready.before)
    with ready.take(url) as take:
        status, line = ready.warm.failing(take.config, ready.at, planned.point, error)
        sent_by_itself = len({mail.message_id for mail in take.mails()})
        ready.databases.end_leases(url)
        again = ready.warm.cycle(take.config, ready.at, ready.at + LATER)
        kept = take.kept()
        found = check(kept, take.mails(), calmly.due)
        found.wrong += compare(calmly.calm, kept)
        found.lost += [f"{note.key} still waits" for note in kept.notes if note.waits]
        if status or again:
            found.wrong.append(f"the cycle ended with {status}, the next one with {again}")
        elif sent_by_itself < len(calmly.due):
            found.wrong.append(f"only {sent_by_itself} of {len(calmly.due)} mails went before the next process began")
    ready.databases.drop(url)
    return Failed(planned, error, line, found)


def rows(ready: Scene, number: int, seed: int) -> list[Row]:
    """Let each of up to *number* calls fail with each error, and say what came of it."""
    calmly = disk_calls(ready)
    chosen = choose(calmly.points, number, seed)
    sys.stdout.write(
        f"  {len(calmly.points)} calls to the disk in a cycle of {len(calmly.due)} mails, {len(chosen)} tried\n"
    )
    done = []
    for planned in chosen:
        for error in ERRORS:
            failed = fail(ready, calmly, planned, error)
            for line in failed.found.faults:
                sys.stdout.write(f"    {planned} {error}: {line}\n")
                sys.stdout.flush()
            done.append(failed)
    return [_row(done)]


def _row(done: Sequence[Failed]) -> Row:
    kinds: dict[str, list[Failed]] = defaultdict(list)
    for each in done:
        kinds[f"{each.planned.point.name} {each.error}"].append(each)
    for kind, own in sorted(kinds.items()):
        sys.stdout.write(f"  {kind:<24}{_counted(own)}\n")
    target = "0 lost, 0 wrong, 0 twice unlabelled; the same process sends all mails"
    is_met = not any(each.found.faults for each in done)
    return Row("one call to the disk fails within a cycle, SQLite", target, _counted(done), is_met)


def _counted(done: Sequence[Failed]) -> str:
    failed = sum(each.line is not None for each in done)
    lost, wrong = sum(len(each.found.lost) for each in done), sum(len(each.found.wrong) for each in done)
    bare = sum(len(each.found.unlabelled) + len(each.found.again) for each in done)
    labelled = sum(len(each.found.labelled) for each in done)
    return f"{failed} calls failed: {lost} lost, {wrong} wrong, {bare} twice unlabelled, {labelled} labelled"
