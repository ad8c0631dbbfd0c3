"""Migrations with rows in every table: down to each earlier schema and up again, what both hold stays as it was."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from slamon.store.backup.form import plain
from slamon.store.database import Database
from slamon.store.migrate import HEAD, alembic_config, downgrade, open_store, schema_status, upgrade_scratch
from slamon.store.schema_guard import VERSION_TABLE
from slamon.store.soundness import find_faults

from .filled import content, fill
from .test_migrate import execute
from .unusable import CONFIG

REVISIONS = [each.revision for each in ScriptDirectory.from_config(alembic_config()).walk_revisions()]  # newest first
Snapshot = dict[str, list[tuple[Any, ...]]]


def snapshot(url: str) -> Snapshot:
    """Return all that a database holds, table by table, columns by name, whatever its schema is."""
    with closing(Database(url, pooled=False)) as database, database.reading() as connection:
        looked = inspect(connection)
        found: Snapshot = {}
        for table in looked.get_table_names():
            if table == VERSION_TABLE or table.startswith("readings_"):
                continue
            names = sorted(f'"{column["name"]}"' for column in looked.get_columns(table))
            rows = connection.exec_driver_sql(f"SELECT {', '.join(names)} FROM {table}")
            found[f"{table} ({', '.join(names)})"] = sorted((tuple(map(plain, row)) for row in rows), key=repr)
    return found


def test_each_earlier_schema_and_back_keeps_what_both_hold(url: str) -> None:
    with closing(open_store(url)) as store:
        fill(store)
    assert REVISIONS[0] == HEAD
    for revision in REVISIONS[1:]:  # what only later ones hold goes for good, so the newest first
        assert downgrade(url, revision).current == revision
        before = snapshot(url)
        for table in ("tickets", "events", "readings", "transitions", "notifications"):
            assert any(rows for name, rows in before.items() if name.startswith(f"{table} ")), table
        upgrade_scratch(url, HEAD)
        kept = content(url)

        assert downgrade(url, revision).current == revision
        assert snapshot(url) == before, revision
        upgrade_scratch(url, HEAD)
        assert content(url) == kept, revision
    assert [str(fault) for fault in find_faults(url) if fault.table in ("file", "schema")] == []


def test_two_upgrades_at_once_migrate_once(url: str, tmp_path: Path) -> None:
    with closing(open_store(url)) as store:
        fill(store)
    downgrade(url, "0001")
    (tmp_path / "slamon.toml").write_text(CONFIG)
    (tmp_path / "key").write_text("private")
    environment = {"PATH": "/usr/bin:/bin", "SLAMON_STORE__URL": url, "PYTHONPATH": str(Path(__file__).parents[2])}

    both = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "slamon", "db", "upgrade"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [each.communicate(timeout=120)[0] for each in both]

    assert [each.returncode for each in both] == [0, 0], said
    assert all(f"schema {HEAD} is what this slamon works with" in each for each in said)
    assert schema_status(url).state == "current"
    assert execute(url, f"SELECT count(*) FROM {VERSION_TABLE}") == [(1,)]
    assert execute(url, "SELECT count(*) FROM tickets") == [(2,)]


def test_every_table_is_filled_for_it(url: str) -> None:
    """A table that others add has a row here too, or the walk above would prove nothing of it."""
    with closing(open_store(url)) as store:
        fill(store)

    assert [name for name, rows in content(url).items() if not rows] == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_revisions_are_numbered_so_that_they_compare_as_text(revision: str) -> None:
    assert revision.isdigit()
    assert len(revision) == len(HEAD)
