"""The checker stands alone, and is quick enough to be used all the time."""

from __future__ import annotations

import ast
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import slamon.verify
from slamon.verify import check
from slamon.verify.derive import derive
from slamon.verify.document import read_ledger
from tests.verify.builder import Document, event, ledger, seal, terms

FOLDER = Path(slamon.verify.__file__).parent
MODULES = sorted(FOLDER.rglob("*.py"))
LIMIT_SECONDS = 0.05


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            yield str(node.module)
        elif isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            assert name not in ("__import__", "import_module", "exec", "eval"), f"{path.name}: imports by name"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_the_checker_imports_the_standard_library_and_itself_only(path: Path) -> None:
    strange = [
        name
        for name in _imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and name != "slamon.verify"
        and not name.startswith("slamon.verify.")
    ]

    assert strange == []


def test_the_command_imports_nothing_of_slamon_but_the_checker() -> None:
    names = set(_imports(FOLDER.parent / "cli" / "verify.py"))

    assert {name for name in names if name.split(".")[0] == "slamon"} == {"slamon.verify"}
    assert {name for name in names if name.split(".")[0] not in sys.stdlib_module_names} == {"slamon.verify", "click"}


def _three_months() -> Document:
    entry = datetime(2026, 9, 1, 15, 0, tzinfo=UTC)
    statuses = [("In Progress", "responded"), ("Waiting Customer", "waiting"), ("Completed", "resolved")]
    events = [event(1, "entered", f"{entry:%Y-%m-%d %H:%M}", "New", "not_responded")]
    events.append(event(2, "terms", f"{entry:%Y-%m-%d %H:%M}", version="v1"))
    for i in range(40):
        name, level = statuses[i % 3]
        events.append(event(3 + i, "status", f"{entry + timedelta(hours=50 * i + 1):%Y-%m-%d %H:%M}", name, level))
    promise = {"v1": terms(3600, 14400, 900 * 3600)}
    document = ledger("2026-12-01 15:00", promise, events, {}, [], [])
    facts, findings = read_ledger(document)
    assert facts is not None, findings
    return seal({**document, **derive(facts)})


def test_a_ledger_of_three_months_is_checked_within_a_twentieth_of_a_second() -> None:
    document = _three_months()
    assert check(document) == []
    assert len(document["intervals"]) > 90

    took = []
    for _ in range(5):
        began = time.perf_counter()
        check(document)
        took.append(time.perf_counter() - began)

    assert min(took) < LIMIT_SECONDS
