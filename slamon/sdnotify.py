"""Telling systemd that the daemon has started, turns over, or stops. Elsewhere nothing is told to nobody."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping

_PER_PERIOD = 3  # signs of life in the time after which systemd kills


def tell(*lines: str, environ: Mapping[str, str] = os.environ) -> None:
    """Send *lines*, such as `READY=1`, to the socket that systemd names. One that is gone is no trouble of ours."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # a socket without a file
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to_systemd:
        try:
            to_systemd.sendto("\n".join(lines).encode(), address)
        except OSError:
            return


async def keep_alive(environ: Mapping[str, str] = os.environ) -> None:
    """Give a sign of life from the event loop until cancelled, if systemd waits for one.

    A loop that stands still gives none, and systemd starts the daemon anew.
    """
    microseconds = environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return
    while True:
        tell("WATCHDOG=1", environ=environ)
        await asyncio.sleep(int(microseconds) / 1_000_000 / _PER_PERIOD)
