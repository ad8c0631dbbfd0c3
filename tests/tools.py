"""Programs that some tests need: found, or the test is skipped, or, where all are required, it fails."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import sys
from pathlib import Path

import pytest

REQUIRE_ALL = os.environ.get("SLAMON_TEST_REQUIRE") == "all"
PROGRAMS = (
    "prometheus",
    "promtool",
    "prometheus-alertmanager",
    "amtool",
    "chromium",
    "node",
    "strace",
    "faketime",
    "systemd-analyze",
)
LIBRARIES = ("pango-1.0", "pangoft2-1.0")


def find(name: str) -> str | None:
    """Return the path of a program: the one beside this Python, such as the wheel's Node, else the system's."""
    return shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


def missing() -> list[str]:
    """Return the programs and libraries that are not there."""
    programs = [name for name in PROGRAMS if find(name) is None]
    return programs + [f"lib{name}" for name in LIBRARIES if ctypes.util.find_library(name) is None]


def program(name: str) -> str:
    """Return the path of *name*; without it the test is skipped, unless everything is required."""
    path = find(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path
