"""Cycles of slamon in processes of their own, forked from a warm one; each may be traced, and killed at a call."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from tests.e2e.processes import environment

CALLS = (
    *("write", "writev", "pwrite64", "pwritev", "fsync", "fdatasync", "ftruncate", "rename", "unlink"),
    *("connect", "sendto", "sendmsg", "recvfrom", "recvmsg"),
)
"""The system calls by which a cycle changes what is outside of it, or hears from it. It reads no socket by `read`."""


@dataclass(frozen=True, slots=True)
class Point:
    """The *number*-th call of that *name* in one of the cycle's threads: 0 is the main one, 1 its worker."""

    thread: int
    name: str
    number: int


class Warm:
    """The warm process. One order at a time."""

    def __init__(self, strace: str, scratch: Path) -> None:
        self._strace = strace
        self._trace = scratch / "trace"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.kills.warm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )

    def rehearse(self, config: Path, at: datetime) -> None:
        """Live a cycle in the warm process itself."""
        self._tell({"config": str(config), "instants": [at.isoformat()], "rehearse": True})
        assert self._hear()["status"] == 0

    def cycle(self, config: Path, *instants: datetime) -> int:
        """Live a cycle at the first of *instants*, deliver at the others too; return the exit status."""
        self._order(config, instants)
        return self._go()

    def traced(self, config: Path, at: datetime, calls: Sequence[str] = CALLS) -> str:
        """Live a cycle and return strace's account of both threads, the number of the thread before each line."""
        threads = self._order(config, [at])
        with self._traced(threads[0], ["-f"], calls):
            assert self._go() == 0
        lines = self._trace.read_text()
        for place, thread in enumerate(threads):
            lines = re.sub(rf"^{thread} +", f"{place} ", lines, flags=re.MULTILINE)
        return lines

    def killed(self, config: Path, at: datetime, point: Point) -> str | None:
        """Live a cycle that is killed before *point*; return strace's last line, None if it did not come so far."""
        threads = self._order(config, [at])
        kill = f"inject={point.name}:signal=KILL:when={point.number}"
        with self._traced(threads[point.thread], ["-e", kill]):
            status = self._go()
        if status == 0:
            return None
        assert status == -9, status
        return next(line for line in reversed(self._trace.read_text().splitlines()) if not line.startswith("+++"))

    def failing(self, config: Path, at: datetime, point: Point, error: str) -> tuple[int, str | None]:
        """Live a cycle in which *point* fails; return the exit status and that call, None if it did not come so far."""
        threads = self._order(config, [at], persists=True)
        fault = f"inject={point.name}:error={error}:when={point.number}"
        with self._traced(threads[point.thread], ["-e", fault], [point.name]):
            status = self._go()
        lines = self._trace.read_text().splitlines()
        return status, next((line for line in lines if line.endswith("(INJECTED)")), None)

    def close(self) -> None:
        """End it."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait(timeout=60)

    @contextmanager
    def _traced(self, thread: int, options: Sequence[str], calls: Sequence[str] = CALLS) -> Iterator[None]:
        command = [self._strace, "-yy", "-s", "200", "-o", str(self._trace), "-e", f"trace={','.join(calls)}"]
        with subprocess.Popen([*command, *options, "-p", str(thread)], stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr is not None
            said = strace.stderr.readline()
            assert "attached" in said, said
            yield
            strace.wait(timeout=60)

    def _order(self, config: Path, instants: Sequence[datetime], *, persists: bool = False) -> list[int]:
        """Return the ids of the threads of a child that waits for its word to go."""
        times = [at.isoformat() for at in instants]
        self._tell({"config": str(config), "instants": times, "rehearse": False, "persists": persists})
        threads: list[int] = self._hear()["threads"]
        return threads

    def _go(self) -> int:
        self._tell({})
        status: int = self._hear()["status"]
        return status

    def _tell(self, order: dict[str, Any]) -> None:
        pipe: IO[str] | None = self._process.stdin
        assert pipe is not None
        pipe.write(json.dumps(order) + "\n")
        pipe.flush()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the warm process has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer
