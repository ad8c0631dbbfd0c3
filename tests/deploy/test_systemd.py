"""The unit for systemd, and what the daemon tells systemd."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
from pathlib import Path

from slamon.sdnotify import keep_alive, tell
from tests import tools

UNIT = Path("deploy/slamon.service")


def test_systemd_takes_the_unit_and_finds_little_exposed(tmp_path: Path) -> None:
    command = tmp_path / "slamon"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    unit = tmp_path / "slamon.service"
    unit.write_text(UNIT.read_text().replace("/opt/slamon/bin/slamon", str(command)))

    def analyze(*arguments: str) -> str:
        done = subprocess.run(
            [tools.program("systemd-analyze"), *arguments, str(unit)], capture_output=True, text=True, timeout=60
        )
        return done.stdout + done.stderr

    assert "slamon.service" not in analyze("verify", "--man=no")
    exposure = re.search(r"Overall exposure level for slamon.service: ([\d.]+)", analyze("security", "--offline=true"))
    assert exposure is not None
    assert float(exposure[1]) <= 1.5


def test_what_is_told_arrives_and_without_systemd_nothing_happens(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(30)
        here = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        tell("READY=1", "STATUS=watching main", environ=here)

        assert systemd.recv(1000) == b"READY=1\nSTATUS=watching main"

    tell("READY=1", environ=here)  # the socket is gone
    tell("READY=1", environ={})


def test_signs_of_life_come_while_the_loop_turns() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0slamon-test-notify")
        systemd.settimeout(30)
        here = {"NOTIFY_SOCKET": "@slamon-test-notify", "WATCHDOG_USEC": "30000"}

        async def live() -> list[bytes]:
            alive = asyncio.create_task(keep_alive(here))
            came = [await asyncio.to_thread(systemd.recv, 1000) for _ in range(3)]
            alive.cancel()
            return came

        assert asyncio.run(live()) == [b"WATCHDOG=1"] * 3

    asyncio.run(keep_alive({}))  # ends at once: nobody waits
    asyncio.run(keep_alive({**here, "WATCHDOG_PID": "1"}))  # another process is meant
