"""The process in which a site's templates are rendered, seen from slamon: started when needed, ended when it fails."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slamon.clean import clean_line
from slamon.reporting.environment import Rendered
from slamon.reporting.site import wire
from slamon.reporting.site.fault import TemplateFault

START_SECONDS = 60.0
ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL")  # nothing that could hold a secret


@dataclass(frozen=True, slots=True)
class Limits:
    """What rendering one mail may take, and how many characters it may make."""

    memory_mebibytes: int = 256
    seconds: float = 5.0
    characters: int = 1024 * 1024


class Kitchen:
    """Renders with the templates of *site* before those of *builtin*, one mail at a time, whoever asks."""

    def __init__(self, site: Path, builtin: Path, limits: Limits) -> None:
        self._arguments = (
            *(str(site), str(builtin)),
            *(str(limits.memory_mebibytes), str(limits.seconds), str(limits.characters)),
        )
        self._limits = limits
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._kill: Callable[[], object] = lambda: None

    def render(self, mail: str, values: Mapping[str, object]) -> Rendered:
        """
        Raises:
            TemplateFault: It could not be rendered within the limits.
        """
        answer = self._ask((mail, dict(values)))
        try:
            return Rendered(*(_text(answer[part]) for part in ("subject", "text", "html")))
        except (KeyError, TypeError) as error:
            raise TemplateFault(f"its process answered nonsense ({error})", costly=True) from None

    def parse(self, name: str) -> None:
        """
        Raises:
            TemplateFault: The template *name* is none.
        """
        self._ask((name, None))

    def close(self) -> None:
        """End the process; the next mail starts another."""
        with self._lock:
            self._end()

    def _ask(self, request: tuple[str, dict[str, object] | None]) -> Mapping[str, Any]:
        content = pickle.dumps(request)
        with self._lock:
            try:
                answer = self._exchange(content)
            except (wire.BrokenWireError, OSError, ValueError) as error:
                self._end()
                raise TemplateFault(clean_line(str(error)), costly=True) from None
            if answer.get("costly"):
                self._end()  # what it has grown to is given back
        if "error" in answer:
            raise TemplateFault(clean_line(str(answer["error"])), costly=bool(answer.get("costly")))
        return answer

    def _exchange(self, content: bytes) -> dict[str, Any]:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        wire.send_within(process.stdin.fileno(), content, self._limits.seconds)
        # In JSON a character may take six bytes.
        answer = wire.receive_within(process.stdout.fileno(), self._limits.seconds, 6 * 3 * self._limits.characters)
        found = json.loads(answer)
        if not isinstance(found, dict):
            raise wire.BrokenWireError("its process answered nonsense")
        return found

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        self._process = process = subprocess.Popen(  # noqa: S603  (our own program)
            [sys.executable, "-m", "slamon.reporting.site.worker", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
            start_new_session=True,  # Ctrl-C is for the daemon
        )
        self._kill = weakref.finalize(self, _kill, process)  # also when slamon ends
        assert process.stdin is not None
        assert process.stdout is not None
        os.set_blocking(process.stdin.fileno(), False)
        wire.receive_within(process.stdout.fileno(), START_SECONDS, 2)
        return process

    def _end(self) -> None:
        self._process = None
        self._kill()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End *process*, and whatever it may have started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for file in (process.stdin, process.stdout):
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
