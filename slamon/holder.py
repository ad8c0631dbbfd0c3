"""The name under which a process holds leases, and whether a process of that name can still be alive.

A daemon that was killed leaves its leases behind. One that starts on the same machine sees in /proc that their
holder is gone and need not wait until they run out; where it cannot see that, it waits.
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

_PROC = Path("/proc")


def new_holder() -> str:
    """Return a name for this process that no other holder has, had or will have: `host pid started machine number`."""
    pid = os.getpid()
    return f"{own_host()} {pid} {_started(pid)} {_machine()} {secrets.token_hex(4)}"


def is_gone(holder: str) -> bool:
    """Say whether the process of that name surely does not exist any more: it was on this machine, and is not there."""
    host, pid, started, machine, *_ = [*holder.split(" "), "", "", "", ""]
    if not machine or machine != _machine() or host != own_host() or not pid.isdecimal():
        return False
    return _started(int(pid)) != started


def shown(holder: str) -> str:
    """Return *holder* for people."""
    host, _, rest = holder.partition(" ")
    return f"process {rest.partition(' ')[0]} on {host}"


def own_host() -> str:
    """Return this machine's name, in one word."""
    return socket.gethostname().replace(" ", "-") or "unknown"


def _machine() -> str:
    """Return what tells this boot of this machine, and who sees the same processes on it; "" where nothing does."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when a process started, in ticks since the boot; "-" if there is none.

    A number alone would be taken for the process that was given it later.
    """
    try:
        # The second field is the program's name in brackets and may hold anything; the 22nd is the start.
        state, *rest = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return "-"
    return "-" if state in "ZX" else rest[18]
