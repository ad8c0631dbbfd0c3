"""The Dockerfile, read: what it copies exists, it runs as nobody in particular, and it can be asked how it is."""

from __future__ import annotations

import re
from pathlib import Path

FILE = Path("deploy/Dockerfile").read_text()


def test_what_is_copied_is_there_and_what_is_built_is_whole() -> None:
    copied = {name for line in re.findall(r"^COPY (?!--from)(.+)$", FILE, re.MULTILINE) for name in line.split()[:-1]}

    assert {name for name in copied if not Path(name).exists()} == set()
    assert {"slamon", "migrations", "reports", "grafana", "pyproject.toml"} <= copied


def test_it_runs_without_rights_and_locked_dependencies_alone() -> None:
    last = FILE[FILE.rindex("\nFROM ") :]

    assert re.search(r"^USER 10001$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "--require-hashes" in FILE
    assert "--no-index" in FILE
    assert "PASSWORD" not in FILE
    assert "PRIVATE_KEY=" not in FILE
