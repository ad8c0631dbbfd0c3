"""An old slamon and a new one on one database: whoever finds another schema writes nothing more."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slamon.errors import SchemaOutdatedError, StoreError
from slamon.store.database import Database
from slamon.store.migrate import HEAD, downgrade, open_to_read, upgrade
from slamon.store.schema_guard import VERSION_TABLE, lock_out_writers
from slamon.store.sql import SqlStore

from .samples import HOUR, MAIN, NOW, entered, note, poll, ticket
from .test_migrate import execute

PATIENCE = 60.0  # seconds, on a slow machine


def to_the_future(url: str) -> None:
    execute(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")


def test_nothing_is_written_once_a_newer_slamon_has_migrated(store: SqlStore, url: str) -> None:
    store.save_poll(poll(), [ticket(1)], [entered(1)])
    store.enqueue([note()])
    to_the_future(url)

    writes = (
        lambda: store.save_poll(poll(NOW + HOUR), [ticket(2)], [entered(2)]),
        lambda: store.claim_notification("mail", NOW + HOUR, lease=HOUR, furthest=HOUR),
        lambda: store.claim_run("weekly", "now", NOW),
    )
    for write in writes:
        with pytest.raises(SchemaOutdatedError, match=rf"changed to 9999 meanwhile, this slamon works with {HEAD}"):
            write()

    assert store.load_open_ids(MAIN) == {1}
    assert execute(url, "SELECT state FROM notifications") == [("pending",)]
    assert execute(url, "SELECT count(*) FROM job_runs") == [(0,)]


def test_nor_once_an_older_one_has_taken_its_schema_back(store: SqlStore, url: str) -> None:
    downgrade(url, "0001")

    with pytest.raises(SchemaOutdatedError, match="changed to 0001 meanwhile") as caught:
        store.claim_run("weekly", "now", NOW)
    assert caught.value.exit_status == 78


def test_a_migration_waits_for_who_writes_and_writers_wait_for_it(store: SqlStore, url: str) -> None:
    """What was written before the migration is there, what comes after it is refused: nothing falls in between."""
    writing, go_on, done = threading.Event(), threading.Event(), []

    def write() -> None:
        with store._database.writing() as connection:
            connection.exec_driver_sql("INSERT INTO job_runs VALUES ('weekly', 'now', 0)")
            writing.set()
            assert go_on.wait(PATIENCE)
            done.append("written")

    def migrate() -> None:
        database = Database(url, pooled=False)
        with database.writing() as connection:
            lock_out_writers(connection)
            done.append("migrated")
            connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
        database.close()

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(write)
        assert writing.wait(PATIENCE)
        migration = pool.submit(migrate)
        assert not migration.done()
        go_on.set()
        first.result(PATIENCE)
        migration.result(PATIENCE)
        with pytest.raises(SchemaOutdatedError):
            pool.submit(store.claim_run, "weekly", "later", NOW).result(PATIENCE)

    assert done == ["written", "migrated"]
    assert execute(url, "SELECT period FROM job_runs") == [("now",)]


def test_who_only_looks_creates_and_migrates_nothing(url: str, tmp_path: Path) -> None:
    with pytest.raises(SchemaOutdatedError, match="nothing is stored yet; `slamon run`"):
        open_to_read(url)
    assert list(tmp_path.iterdir()) == []

    upgrade(url)
    downgrade(url, "0001")
    with pytest.raises(SchemaOutdatedError, match="schema 0001 is older than this slamon; `slamon db upgrade`"):
        open_to_read(url)
    assert execute(url, f"SELECT version_num FROM {VERSION_TABLE}") == [("0001",)]


def test_who_only_looks_cannot_write(store: SqlStore, url: str) -> None:
    store.save_poll(poll(), [ticket(1)], [entered(1)])

    reader = open_to_read(url)
    assert reader.load_open_ids(MAIN) == {1}
    with pytest.raises(StoreError):
        reader.claim_run("weekly", "now", NOW)
    reader.close()

    assert store.load_runs("weekly") == []
