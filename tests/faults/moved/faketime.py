"""A wall clock for one process, which can be moved while it runs: libfaketime, which leaves all other clocks alone."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.tools import program


@dataclass(frozen=True, slots=True)
class WallClock:
    """What *file* says is added to the wall clock of the processes that are given its environment."""

    file: Path

    def set(self, ahead: timedelta) -> None:
        """Move it so far ahead of the right time."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{ahead.total_seconds():+.0f}")
        new.replace(self.file)

    def environment(self) -> dict[str, str]:
        """Return what a process has to have in its environment."""
        return {
            "LD_PRELOAD": _library(),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }


def _library() -> str:
    """Return the library that the program loads into what it runs, for programs with threads."""
    asked = [program("faketime"), "-m", "-f", "+0", "printenv", "LD_PRELOAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
