"""Python that is killed at a chosen point: what it leaves behind is what a power cut would."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

# The N-th statement after the lock is the last thing that this process does.
AT_STATEMENT = """
import os, signal, sys
from sqlalchemy import Engine, event

left = [int(sys.argv.pop())]
@event.listens_for(Engine, "after_cursor_execute")
def count(connection, cursor, statement, *rest):
    if statement.split(None, 1)[0] not in ("PRAGMA", "SET", "SELECT", "BEGIN"):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
"""
# A file that would grow beyond N bytes ends the process in the middle of writing it.
AT_SIZE = """
import resource, signal, sys

def limit():
    size = int(sys.argv[-1])
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
"""


def run_killed(script: str, *arguments: object, by: int = signal.SIGKILL) -> None:
    """Run *script*, which must be ended by the signal *by*."""

    ended = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
    )
    assert ended.returncode == -by, ended.stderr
