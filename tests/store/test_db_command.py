"""`slamon db`, as it is typed."""

from __future__ import annotations

import json
from types import SimpleNamespace

from click.testing import CliRunner, Result
from pydantic import SecretStr

from slamon.cli.db import db
from slamon.errors import StoreError
from slamon.store.migrate import HEAD


def run(url: str, *arguments: str) -> Result:
    app = SimpleNamespace(config=SimpleNamespace(store=SimpleNamespace(url=SecretStr(url))))
    return CliRunner().invoke(db, arguments, obj=app)


def test_status_upgrade_downgrade(url: str) -> None:
    assert "does not exist yet" in run(url, "status").output
    assert f"schema {HEAD} is what this slamon works with" in run(url, "upgrade").output
    assert json.loads(run(url, "status", "--json").output)["state"] == "current"
    assert run(url, "downgrade", "0001").exit_code == 0
    assert "does not exist yet" in run(url, "downgrade", "base").output


def test_a_newer_schema_is_told_by_the_exit_status(sqlite_url: str) -> None:
    from .test_migrate import execute

    run(sqlite_url, "upgrade")
    execute(sqlite_url, "UPDATE slamon_schema SET version_num = '9999'")

    told = run(sqlite_url, "status")
    assert told.exit_code == 78
    assert "is of a newer slamon" in told.output


def test_what_cannot_be_done_is_raised_for_the_command_line_to_print(sqlite_url: str) -> None:
    assert isinstance(run(sqlite_url, "downgrade", "0007").exception, StoreError)
