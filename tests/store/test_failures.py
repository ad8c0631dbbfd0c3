"""What cannot be used is told in one line: what, where, what to do; and never a password."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from slamon.errors import StoreError, StoreUnavailableError
from slamon.store.migrate import open_store, schema_status
from slamon.store.sql import SqlStore

from .samples import MAIN, NOW, entered, poll, ticket

SECRET = "hunter2-canary"


def refusal(url: str) -> StoreError:
    """Return the error with which *url* is refused, after a look at its form."""
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "url", ["", "slamon.db", "sqlite://", "sqlite:///:memory:", f"mysql://u:{SECRET}@h/d", "http://x"]
)
def test_a_url_of_another_kind_is_refused_with_the_forms_that_work(url: str) -> None:
    error = refusal(url)

    assert "expected sqlite:///path/to/file.db or postgresql://" in str(error)
    assert error.exit_status == 78


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    error = refusal(f"sqlite:///{tmp_path}/missing/slamon.db")

    assert "missing/slamon.db" in str(error)
    assert "check that its folder exists" in str(error)


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    assert "unable to open" in str(refusal(f"sqlite:///{tmp_path}"))


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, and longer than a header of a hundred bytes " * 10)
    before = path.read_bytes()

    error = refusal(f"sqlite:///{path}")

    assert "not a database; name another file, or restore a backup" in str(error)
    assert path.read_bytes() == before


def test_a_damaged_file_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    open_store(sqlite_url).close()
    path = tmp_path / "slamon.db"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))

    with pytest.raises(StoreError, match=r"restore a backup$"):
        open_store(sqlite_url).load_open_ids(MAIN)


def test_a_file_that_cannot_be_written_is_found_out_at_the_start(sqlite_url: str, tmp_path: Path) -> None:
    open_store(sqlite_url).close()

    error = refusal(f"sqlite:///file:{tmp_path}/slamon.db?mode=ro&uri=true")

    assert "readonly database; let slamon's user write the file" in str(error)
    assert not isinstance(error, StoreUnavailableError)


def test_a_file_someone_else_keeps_locked_may_be_free_later(sqlite_url: str, tmp_path: Path) -> None:
    store = open_store(f"{sqlite_url}?timeout=0.05")
    with closing(sqlite3.connect(tmp_path / "slamon.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="database is locked"):
            store.save_poll(poll(), [ticket(1)], [entered(1)])
        assert store.load_open_ids(MAIN) == set()  # readers go on
        other.execute("ROLLBACK")

    store.save_poll(poll(), [ticket(1)], [entered(1)])
    assert store.load_open_ids(MAIN) == {1}
    store.close()


def test_a_postgres_that_is_not_there_may_come_back() -> None:
    error = refusal(f"postgresql://slamon:{SECRET}@127.0.0.1:9/slamon?password={SECRET}")

    assert isinstance(error, StoreUnavailableError)
    assert error.exit_status == 75
    assert "slamon:***@127.0.0.1:9/slamon" in str(error)


@pytest.mark.parametrize("part", ["role", "database"])
def test_a_postgres_that_refuses_will_not_change_its_mind(postgres_server: str, part: str) -> None:
    who, where = ("nobody", "postgres") if part == "role" else ("postgres", "nowhere")
    error = refusal(postgres_server.replace("postgres:@/postgres?", f"{who}:{SECRET}@/{where}?"))

    assert not isinstance(error, StoreUnavailableError)
    assert f'{part} "{who if part == "role" else where}" does not exist' in str(error)


@pytest.fixture
def on_postgres(postgres_url: str) -> Iterator[SqlStore]:
    store = open_store(postgres_url)
    yield store
    store.close()


def test_a_connection_postgres_ended_is_replaced_by_a_new_one(on_postgres: SqlStore, postgres_url: str) -> None:
    on_postgres.save_poll(poll(), [ticket(1)], [entered(1)])
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as admin:
        ended = admin.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'slamon'"
        ).all()
    engine.dispose()

    assert len(ended) >= 1
    assert on_postgres.load_open_ids(MAIN) == {1}


def test_a_connection_ended_in_the_middle_loses_nothing_but_the_call(on_postgres: SqlStore) -> None:
    database = on_postgres._database

    def cut_off() -> None:
        with database.writing(MAIN) as connection:
            connection.exec_driver_sql("INSERT INTO job_runs VALUES ('weekly', 'now', 0)")
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StoreUnavailableError):
        cut_off()

    assert on_postgres.claim_run("weekly", "now", NOW)


@pytest.mark.parametrize("state", ["57014", "55P03", "40P01", "53100"])
def test_errors_that_pass_are_told_from_those_that_stay(on_postgres: SqlStore, state: str) -> None:
    database = on_postgres._database

    with pytest.raises(StoreUnavailableError), database.reading() as connection:
        connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$")
    with pytest.raises(StoreError) as caught, database.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")
    assert not isinstance(caught.value, StoreUnavailableError)


def test_the_password_is_nowhere_in_the_whole_trace(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        schema_status(f"postgresql://slamon:{SECRET}@127.0.0.1:9/slamon")
    except StoreError as error:
        traceback.print_exception(error)

    assert "StoreUnavailableError" in (shown := capsys.readouterr().err)
    assert SECRET not in shown
