"""A real browser that a test leads: Chromium, spoken to over its debugging pipe."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import tools

_WAIT_SECONDS = 120.0
_LAUNCH = """import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execvp(sys.argv[3], sys.argv[3:])"""
_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")


class Browser:
    """One page of a running Chromium."""

    def __init__(self, to_it: int, from_it: int) -> None:
        self._to_it, self._from_it = to_it, from_it
        self._buffer = b""
        self._number = 0
        self._session: dict[str, str] = {}
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}

    def open(self, url: str, *, width: int = 1200) -> None:
        """Go to *url* in a window that is so wide, and wait until the page stands."""
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self._call("Page.navigate", url=url)
        self.wait_for(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def read(self, expression: str) -> Any:
        """Return the value of a JavaScript expression on the page."""
        return self._call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait_for(self, expression: str) -> None:
        until = time.monotonic() + _WAIT_SECONDS
        while not self.read(expression):
            assert time.monotonic() < until, f"never came true on the page: {expression}"
            time.sleep(0.05)

    def click(self, element: str) -> None:
        """Press and let go the mouse over the middle of *element*, an expression."""
        place = "{const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]}"
        x, y = self.read(f"(e => {{e.scrollIntoView({{block: 'center'}}); {place}}})({element})")
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Type *text* where the cursor is."""
        self._call("Input.insertText", text=text)

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params, **self._session}
        os.write(self._to_it, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            part = os.read(self._from_it, 65_536)
            assert part, "the browser ended"
            self._buffer += part
        line, self._buffer = self._buffer.split(b"\0", 1)
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Run Chromium with its files in *folder*."""
    command = [tools.program("chromium"), *_FLAGS, f"--user-data-dir={folder / 'profile'}", "--remote-debugging-pipe"]
    (its_in, to_it), (from_it, its_out) = os.pipe(), os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (its_in, its_out)]  # neither is 3 or 4 already
    running = subprocess.Popen(
        [sys.executable, "-c", _LAUNCH, *map(str, high), *command],
        pass_fds=high,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for end in (its_in, its_out, *high):
        os.close(end)
    try:
        yield Browser(to_it, from_it)
    finally:
        running.kill()
        running.wait()
        os.close(to_it)
        os.close(from_it)
