"""Work in a process of its own: what it returns or raises comes back, and nothing of it outlives the daemon."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from slamon.apart import run_apart
from slamon.errors import SlamonError

DAEMON = """
import asyncio, multiprocessing, time
from slamon.apart import run_apart

async def live():
    work = asyncio.create_task(run_apart(time.sleep, 3600.0))
    while not multiprocessing.active_children():
        await asyncio.sleep(0.01)
    print(multiprocessing.active_children()[0].pid, flush=True)
    await work

asyncio.run(live())
"""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def waits(holds: Callable[[], bool]) -> bool:
    give_up_at = time.monotonic() + 120
    while not holds() and time.monotonic() < give_up_at:
        time.sleep(0.02)
    return holds()


def test_a_daemon_that_is_killed_takes_its_child_along() -> None:
    with subprocess.Popen([sys.executable, "-c", DAEMON], stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        child = int(daemon.stdout.readline())
        assert is_alive(child)
        os.kill(daemon.pid, signal.SIGKILL)
        daemon.wait(60)

        assert waits(lambda: not is_alive(child))


def test_what_fails_in_the_child_is_told_with_its_place() -> None:
    with pytest.raises(SlamonError, match=r"apart.py[\s\S]*ZeroDivisionError"):
        asyncio.run(run_apart(divmod_by_zero, 1))


def test_a_child_that_ends_while_it_answers_has_not_answered() -> None:
    with pytest.raises(SlamonError, match="ended without an answer"):
        asyncio.run(run_apart(breaks_off, 1))


def breaks_off(_: int) -> bytes:
    """Have this process end with half of its answer sent, as one that the kernel kills for its memory."""

    def send_half(connection: Connection, answer: bytes) -> None:
        os.write(connection.fileno(), answer[: len(answer) // 2])
        os._exit(9)

    Connection._send = send_half  # type: ignore[attr-defined]
    return bytes(1000)


def divmod_by_zero(number: int) -> int:
    return number // 0
