"""The simulator stands alone: what it shares with the daemon could hide a common mistake."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import slamon.simulator

PACKAGE = Path(slamon.simulator.__file__).parent
ALLOWED = {"httpx", "starlette", "uvicorn", "h11", "lark", "msgspec", "click"}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            yield f"{node.module}"


def test_nothing_of_slamon_outside_the_simulator_is_imported() -> None:
    modules = sorted(PACKAGE.rglob("*.py"))
    assert len(modules) > 20
    for path in modules:
        for name in _imports(path):
            top = name.split(".")[0]
            inside = name == "slamon.simulator" or name.startswith("slamon.simulator.")
            assert inside or top in sys.stdlib_module_names or top in ALLOWED, f"{path.name} imports {name}"
