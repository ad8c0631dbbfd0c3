"""`simulate` as a process of its own."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from slamon.simulator.cli import simulate; simulate()"]
SMALL = ["--port", "0", "--tickets", "20", "--closed", "10", "--speed", "60"]


def _start(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_ends_cleanly(number: signal.Signals) -> None:
    process = _start(*SMALL, "--company", "acme", "--public-key", "pub", "--private-key", "hidden")
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert url, line
        assert "acme" in line
        assert "hidden" not in line
        place = f"{url[0]}/v4_6_release/apis/3.0/service/tickets/count"
        answer = httpx.get(place, auth=("acme+pub", "hidden"), headers={"clientId": "x"})
        assert answer.json()["count"] >= 30
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out, err) == (0, "", "")


def test_a_port_in_use_is_told_in_one_line() -> None:
    first = _start(*SMALL)
    try:
        assert first.stdout is not None
        found = re.search(r":(\d+) ", first.stdout.readline())
        assert found
        second = _start("--port", found[1], "--tickets", "1", "--closed", "0")
        _, err = second.communicate(timeout=20)
    finally:
        first.terminate()
        first.communicate(timeout=10)
    assert second.returncode == 1
    assert err.startswith(f"Error: cannot listen on 127.0.0.1:{found[1]}")
    assert err.count("\n") == 1
