"""The core computes and nothing else: the standard library, numpy, msgspec's values and its own errors, no more."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import slamon.core

MODULES = sorted(Path(slamon.core.__file__).parent.rglob("*.py"))
# Of the standard library, what would touch the world outside.
OUTSIDE = {
    "socket",
    "subprocess",
    "urllib",
    "http",
    "sqlite3",
    "smtplib",
    "asyncio",
    "threading",
    "time",
    "os",
    "logging",
}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            yield f"{node.module}"


def _allowed(name: str) -> bool:
    top = name.split(".")[0]
    own = name in ("slamon.core", "slamon.errors") or name.startswith("slamon.core.")
    return own or top in ("numpy", "msgspec") or (top in sys.stdlib_module_names and top not in OUTSIDE)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_of_the_core_imports_only_what_computes(path: Path) -> None:
    assert [name for name in _imports(path) if not _allowed(name)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_of_the_core_never_asks_what_time_it_is(path: Path) -> None:
    asked = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today", "monotonic")
    }

    assert asked == set()


def test_there_is_a_core_to_look_at() -> None:
    assert len(MODULES) > 15
    assert {"calendar.py", "clock.py", "segments.py", "timeline.py"} <= {path.name for path in MODULES}
