"""The demo's folder belongs to one demo at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from slamon.cli.app import cli
from slamon.demo.folder import DemoFolder
from slamon.errors import SlamonError


@pytest.mark.parametrize("more", [(), ("--once",)])
def test_a_demo_does_not_empty_the_folder_of_one_that_runs(tmp_path: Path, more: tuple[str, ...]) -> None:
    folder = DemoFolder(tmp_path / "demo-data")
    with folder.held():
        folder.clear()
        folder.database.write_text("in use")

        refused = CliRunner().invoke(cli, ["demo", "--dir", str(folder.path), *more])

        assert isinstance(refused.exception, SlamonError)
        assert str(refused.exception) == f"a demo runs in {folder.path}; end it, or name another folder with --dir"
        assert folder.database.read_text() == "in use"

    with folder.held():
        folder.clear()
    assert not folder.database.exists()
