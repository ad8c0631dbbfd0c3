"""kill -9 in a migration, a backup, a restore: what was there stays whole, and the next try succeeds."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from slamon.store.backup import back_up, read_backup, restore
from slamon.store.migrate import HEAD, downgrade, open_store, schema_status, upgrade

from .filled import content, fill
from .killed import AT_SIZE, AT_STATEMENT, run_killed
from .samples import DAY, MAIN, NOW, entered, poll, ticket
from .test_migrate import execute

UPGRADE = AT_STATEMENT + "from slamon.store.migrate import upgrade\nupgrade(sys.argv[1])"
DOWNGRADE = AT_STATEMENT + "from slamon.store.migrate import downgrade\ndowngrade(sys.argv[1], '0001')"
RESTORE = """
from datetime import UTC, datetime
from pathlib import Path
from slamon.store.backup.restore import restore
restore(sys.argv[1], Path(sys.argv[2]), now=datetime(2026, 11, 14, tzinfo=UTC), force=True)
"""
RESTORE_SQLITE = (
    AT_SIZE
    + """
from importlib import import_module
restoring = import_module("slamon.store.backup.restore")
place = restoring._replace_sqlite
def limited(*arguments):
    limit()
    place(*arguments)
restoring._replace_sqlite = limited
"""
    + RESTORE
)
RESTORE_POSTGRES = (
    """
import os, signal, sys
from importlib import import_module
restoring = import_module("slamon.store.backup.restore")
restoring._go_on_numbering = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""
    + RESTORE
)
BACK_UP = (
    AT_SIZE
    + """
from datetime import UTC, datetime
from pathlib import Path
from slamon.store.backup import back_up
limit()
back_up(sys.argv[1], Path(sys.argv[2]), made_at=datetime(2026, 11, 14, tzinfo=UTC))
"""
)


def sound(url: str) -> bool:
    return not url.startswith("sqlite") or execute(url, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("statement", [9])
def test_an_upgrade_that_is_killed_leaves_nothing(url: str, statement: int) -> None:
    run_killed(UPGRADE, url, statement)

    assert schema_status(url).state == "empty"
    assert upgrade(url).state == "current"


@pytest.mark.parametrize("statement", [4])
def test_a_downgrade_that_is_killed_leaves_the_schema_and_every_row(url: str, statement: int) -> None:
    with closing(open_store(url)) as store:
        fill(store)
    before = content(url)

    run_killed(DOWNGRADE, url, statement)

    assert schema_status(url).current == HEAD
    assert content(url) == before
    assert sound(url)


@pytest.mark.parametrize("statement", [1, 7])
def test_an_upgrade_of_a_full_database_that_is_killed_leaves_the_old_schema_whole(url: str, statement: int) -> None:
    with closing(open_store(url)) as store:
        fill(store)
    downgrade(url, "0001")
    before = execute(url, "SELECT * FROM events ORDER BY seq")

    run_killed(UPGRADE, url, statement)

    assert schema_status(url).current == "0001"
    assert execute(url, "SELECT * FROM events ORDER BY seq") == before
    assert sound(url)
    upgrade(url)
    with closing(open_store(url)) as store:
        assert store.load_open_ids(MAIN) == {1, 2}


def test_a_restore_that_is_killed_leaves_what_was_there(url: str, tmp_path: Path) -> None:
    full = f"sqlite:///{tmp_path / 'full.db'}"
    with closing(open_store(full)) as store:
        store.save_poll(poll(), [ticket(n) for n in range(1, 801)], [entered(n) for n in range(1, 801)])
    back_up(full, tmp_path / "backup", made_at=NOW)
    with closing(open_store(url)) as store:
        fill(store)
    before = content(url)

    if url.startswith("sqlite"):
        size = (tmp_path / "backup").stat().st_size * 2 // 3
        assert (tmp_path / "slamon.db").stat().st_size < size
        run_killed(RESTORE_SQLITE, url, tmp_path / "backup", size, by=signal.SIGXFSZ)
    else:
        run_killed(RESTORE_POSTGRES, url, tmp_path / "backup")

    assert content(url) == before
    assert sound(url)
    restore(url, tmp_path / "backup", now=NOW + DAY, force=True)
    with closing(open_store(url)) as store:
        assert len(store.load_open_ids(MAIN)) == 800


def test_a_backup_that_is_killed_leaves_no_file_by_its_name(sqlite_url: str, tmp_path: Path) -> None:
    with closing(open_store(sqlite_url)) as store:
        fill(store)
    path = tmp_path / "backup"

    run_killed(BACK_UP, sqlite_url, path, 50_000, by=signal.SIGXFSZ)

    assert not path.exists()
    back_up(sqlite_url, path, made_at=NOW)
    assert read_backup(path).rows["tickets"] == 2
    with closing(sqlite3.connect(tmp_path / "slamon.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
