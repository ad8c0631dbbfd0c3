"""Running slamon as its users do: processes, ports, files."""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

SLAMON = (sys.executable, "-W", "error", "-m", "slamon")
T = TypeVar("T")


def slamon(*arguments: str, cwd: Path, status: int = 0, stdin: str | None = None, **extra: str) -> str:
    """Run a command to its end, which must be *status*; return what it printed, with the errors if it failed."""
    done = subprocess.run(
        [*SLAMON, *arguments],
        cwd=cwd,
        env=environment(**extra),
        capture_output=True,
        text=True,
        timeout=300,
        input=stdin,
    )
    assert done.returncode == status, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if status == 0 else done.stdout + done.stderr


def environment(**extra: str) -> dict[str, str]:
    """Return an environment without settings of the one who runs the tests."""
    root = str(Path(__file__).parents[2])
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SLAMON_")}
    return kept | {"PYTHONPATH": root, "TZ": "UTC"} | extra


@contextmanager
def running(*arguments: str, cwd: Path, log: Path, **extra: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in the background, its output in *log*; it is killed if it outlives the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*SLAMON, *arguments], cwd=cwd, env=environment(**extra), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def wait_for(what: str, read: Callable[[], T | None], seconds: float = 180.0) -> T:
    """Return what *read* gives as soon as it gives something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = read()
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


def get(url: str, *, login: str = "", tls: ssl.SSLContext | None = None) -> tuple[int, str]:
    """Return status and body; status 0 while nobody listens. *login* is `USER:PASSWORD`."""
    headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"} if login else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10, context=tls) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def sample(page: str, series: str) -> float | None:
    """Return the value of one series of a metrics page, None if it is not there."""
    for line in page.splitlines():
        name, _, value = line.rpartition(" ")
        if name == series:
            return float(value)
    return None


@contextmanager
def simulator(folder: Path, *arguments: str) -> Iterator[str]:
    """Run `slamon simulate` on a free port; give its address."""
    log = folder / "simulator.log"
    with running("simulate", "--port", "0", "--requests-per-minute", "0", *arguments, cwd=folder, log=log):
        yield wait_for("the simulator's address", lambda: _address(log))


def _address(log: Path) -> str | None:
    return next((word for word in log.read_text().split() if word.startswith("http://")), None)
