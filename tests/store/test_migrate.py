"""From nothing to the schema and back, once, and never over what is not ours."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from slamon import resources
from slamon.core.ticket import Kind
from slamon.errors import SchemaOutdatedError, StoreError
from slamon.store import migrate
from slamon.store.database import Database
from slamon.store.migrate import HEAD, alembic_config, downgrade, open_store, schema_status, upgrade
from slamon.store.months import is_compared
from slamon.store.schema_guard import VERSION_TABLE
from slamon.store.tables import metadata

from .samples import HOUR, MAIN, MINUTE, NOW, entered, event, note, poll, reading, ticket, transition

OPEN = """import sys
from slamon.store.migrate import open_store
open_store(sys.argv[1]).close()
print('alembic' in sys.modules)
"""
# What Postgres itself says it has: columns, constraints and indexes, as text.
PG_COLUMNS = """SELECT table_name, column_name, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public'"""
PG_CONSTRAINTS = "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
PG_INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"


def execute(url: str, *statements: str) -> list[Any]:
    """Run statements on a connection that knows nothing of slamon's schema; return the rows of the last."""
    database = Database(url, pooled=False)
    rows: list[Any] = []
    with database.writing() as connection:
        for statement in statements:
            result = connection.exec_driver_sql(statement)
            rows = list(result) if result.returns_rows else []
    database.close()
    return rows


def anatomy(connection: Connection) -> set[tuple[str, ...]]:
    """Return all that makes up a schema, slamon's own version table left out, as the database spells it."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
        # One CREATE TABLE may list its constraints in another order than the other; the parts must be the same.
        # A column that was added stands behind the last one, on its line.
        parts = {
            (kind, name, *sorted(re.split(r",\s*\n|, (?=\w+ (?:TEXT|BOOLEAN)\b)", _inside(sql))))
            for kind, name, sql in rows
        }
    else:
        parts = {
            tuple(map(str, row))
            for q in (PG_COLUMNS, PG_CONSTRAINTS, PG_INDEXES)
            for row in connection.exec_driver_sql(q)
        }
    return {part for part in parts if VERSION_TABLE not in " ".join(part)}


def _inside(sql: str) -> str:
    sql = re.sub(r'^CREATE TABLE "(\w+)"', r"CREATE TABLE \1", sql)  # a table built anew has its name in quotes
    return re.sub(r"\s*\n\)", ",\n)", sql).replace("(\n", "(,\n").replace("\t", "")


def test_the_first_start_creates_the_schema(url: str) -> None:
    assert schema_status(url).state == "empty"

    open_store(url).close()

    status = schema_status(url)
    assert (status.state, status.current, status.head) == ("current", HEAD, HEAD)


def test_asking_for_the_status_creates_no_file(sqlite_url: str, tmp_path: Path) -> None:
    schema_status(sqlite_url)

    assert list(tmp_path.iterdir()) == []


def test_nobody_else_on_the_machine_reads_an_sqlite_file(sqlite_url: str, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(open_store(sqlite_url)) as store:
            store.save_poll(poll())
            modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)

    assert modes == {0o600}


def test_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


def test_a_start_on_a_schema_that_fits_does_not_load_alembic(sqlite_url: str) -> None:
    open_store(sqlite_url).close()

    ended = subprocess.run([sys.executable, "-c", OPEN, sqlite_url], capture_output=True, text=True, check=True)

    assert ended.stdout == "False\n"


def test_the_migrations_lead_to_the_tables(url: str) -> None:
    upgrade(url)
    database = Database(url, pooled=False)
    with database.reading() as connection:
        opts = {"version_table": VERSION_TABLE, "include_object": is_compared}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []
    database.close()


def test_the_migrations_make_the_same_checks_keys_and_indexes_as_the_tables(url: str) -> None:
    upgrade(url)
    database = Database(url, pooled=False)
    with database.reading() as connection:
        migrated = anatomy(connection)
    downgrade(url, "base")
    with database.writing() as connection:
        metadata.create_all(connection)
        assert anatomy(connection) == migrated
    database.close()


def test_up_down_and_up_again_with_data_in_it(url: str) -> None:
    store = open_store(url)
    store.save_poll(poll(), [ticket(1)], [entered(1)])
    found: dict[str, Any] = {"readings": [reading(1)], "transitions": [transition(1)], "notifications": [note()]}
    store.save_evaluation(MAIN, now=NOW, evaluated={1: None}, **found)
    store.close()

    assert downgrade(url, "base").state == "empty"
    assert upgrade(url).state == "current"

    again = open_store(url)
    assert again.load_tickets(MAIN, [1]) == {}
    again.close()


def test_from_the_first_schema_and_back_with_data_in_it(url: str) -> None:
    """A history that was told anew keeps its newest telling, the one that counted."""
    store = open_store(url)
    retold = event(1, NOW, Kind.RETOLD, level=None, name="audit trail read")
    store.save_poll(poll(reference="abc"), [ticket(1), ticket(2)], [entered(1), event(1, NOW), entered(2)])
    store.save_poll(poll(NOW + MINUTE), [], [retold, entered(1), event(1, NOW, name="Done")])
    told = store.load_events(MAIN, 1)
    found: dict[str, Any] = {"readings": [reading(1)], "transitions": [transition(1)], "notifications": [note()]}
    store.save_evaluation(MAIN, now=NOW, evaluated={1: None}, **found)
    store.close()

    assert downgrade(url, "0001").state == "behind"
    assert execute(url, "SELECT kind FROM events WHERE ticket_id = 1 ORDER BY seq") == [("entered",), ("status",)]
    assert upgrade(url).state == "current"

    again = open_store(url)
    assert again.load_events(MAIN, 1) == told
    assert [e.kind for e in again.load_events(MAIN, 2)] == [Kind.ENTERED]
    assert again.load_tickets(MAIN, [1, 2]) == {1: ticket(1), 2: ticket(2)}
    assert again.load_readings(MAIN, [1]) == {1: reading(1)}
    assert again.load_last_poll(MAIN) == poll(NOW + MINUTE)
    again.save_poll(poll(NOW + HOUR), [], [event(2, NOW)])
    (_, newest) = again.load_events(MAIN, 2)
    assert (newest.seq or 0) > max(e.seq or 0 for e in told)
    again.close()


def test_opening_again_keeps_everything(url: str) -> None:
    store = open_store(url)
    store.save_poll(poll(), [ticket(1)], [entered(1)])
    store.close()

    again = open_store(url)
    assert again.load_tickets(MAIN, [1]) == {1: ticket(1)}
    again.close()


def test_daemons_that_start_at_once_migrate_once(url: str) -> None:
    daemons = [
        subprocess.Popen([sys.executable, "-c", OPEN, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    errors = [daemon.communicate()[1] for daemon in daemons]

    assert errors == ["", "", ""]
    assert schema_status(url).state == "current"
    assert execute(url, f"SELECT count(*) FROM {VERSION_TABLE}") == [(1,)]


def test_a_writer_at_the_first_start_is_waited_for(tmp_path: Path) -> None:
    """SQLite refuses to change the mode at once while another process writes, and does not wait by itself."""
    path = tmp_path / "slamon.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, other.rollback).start()

    database = Database(f"sqlite:///{path}")
    database.use_wal()

    assert execute(f"sqlite:///{path}", "PRAGMA journal_mode") == [("wal",)]
    database.close()
    other.close()


def test_a_newer_schema_is_refused_and_left_alone(url: str) -> None:
    upgrade(url)
    execute(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")

    for attempt in (open_store, upgrade, lambda u: downgrade(u, "base")):
        with pytest.raises(SchemaOutdatedError, match=f"schema 9999 .* `slamon db downgrade {HEAD}`$") as caught:
            attempt(url)
        assert caught.value.exit_status == 78
    assert schema_status(url).state == "newer"


def test_another_applications_database_is_refused_and_left_alone(url: str) -> None:
    execute(url, "CREATE TABLE invoices (id INTEGER)", "CREATE TABLE alembic_version (version_num TEXT)")
    path = Path(Database(url).url.database or "")
    before = path.read_bytes() if url.startswith("sqlite") else b""

    for attempt in (open_store, upgrade, lambda u: downgrade(u, "base")):
        with pytest.raises(StoreError, match="tables of another application"):
            attempt(url)

    database = Database(url, pooled=False)
    with database.reading() as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version", "invoices"}
    database.close()
    assert not url.startswith("sqlite") or path.read_bytes() == before


@pytest.mark.parametrize("revision", ["9998", "9999", "nonsense", "", "head"])
def test_a_downgrade_to_where_we_never_were_is_refused(sqlite_url: str, revision: str) -> None:
    upgrade(sqlite_url)

    with pytest.raises(StoreError, match="cannot go back to"):
        downgrade(sqlite_url, revision)
    assert schema_status(sqlite_url).state == "current"


def test_a_migration_that_fails_leaves_nothing_behind(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def half_way(config: Any) -> None:
        config.attributes["connection"].exec_driver_sql("CREATE TABLE polls (id INTEGER)")
        raise OSError("power cut")

    monkeypatch.setattr(migrate, "_alembic_upgrade", half_way)
    with pytest.raises(OSError, match="power cut"):
        upgrade(url)

    assert schema_status(url).state == "empty"


def test_the_open_tickets_and_the_due_ones_are_found_by_index(sqlite_url: str) -> None:
    open_store(sqlite_url).close()
    due = "SELECT ticket_id FROM clocks WHERE tenant = 'main' AND next_change_at <= 5"
    opened = "SELECT id FROM tickets WHERE tenant = 'main' AND open = 1"
    past = (
        "SELECT state FROM readings WHERE tenant = 'main' AND ticket_id = 5 AND as_of <= 9 ORDER BY as_of DESC LIMIT 1"
    )

    for query, index in ((due, "ix_clocks_next_change_at"), (opened, "ix_tickets_open"), (past, "readings_1")):
        plan = " ".join(str(row) for row in execute(sqlite_url, f"EXPLAIN QUERY PLAN {query}"))
        assert index in plan
        assert "TEMP B-TREE" not in plan


def test_folders_that_ship_are_found() -> None:
    assert (resources.folder("migrations") / "env.py").is_file()
    for name in ("reports", "grafana"):
        assert resources.folder(name).is_dir()


def test_a_folder_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "slamon")
    with pytest.raises(FileNotFoundError, match="reports/ is missing"):
        resources.folder("reports")

    bundled = tmp_path / "slamon" / "_bundle" / "reports"
    bundled.mkdir(parents=True)
    assert resources.folder("reports") == bundled
