"""Backups: made of a database in use, of one form for both databases, put back whole or not at all."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from slamon.errors import InputError, SchemaOutdatedError, StoreError
from slamon.store.backup import back_up, read_backup, restore
from slamon.store.backup.form import TABLE, _check_of, sums_of
from slamon.store.migrate import HEAD, downgrade, open_store, schema_status
from slamon.store.schema_guard import VERSION_TABLE
from slamon.store.sql import SqlStore

from .filled import ODD, content, fill
from .samples import DAY, MAIN, MINUTE, NOW, entered, event, poll, ticket
from .test_migrate import execute


@pytest.fixture
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of another empty SQLite database."""
    return f"sqlite:///{tmp_path / 'other.db'}"


def test_a_restored_database_holds_what_the_backup_held(
    store: SqlStore, url: str, other_url: str, tmp_path: Path
) -> None:
    fill(store)
    before = content(url)
    assert all(before.values()), "every table has rows"

    made = back_up(url, tmp_path / "backup", made_at=NOW)
    restored = restore(other_url, tmp_path / "backup", now=NOW + DAY)

    assert made == restored
    assert (made.schema, made.made_at, made.rows["tickets"]) == (HEAD, NOW, 2)
    after = content(other_url)
    assert after.pop("job_runs") == before.pop("job_runs") | {
        ("restored", "2026-11-13T14:40:00Z", int((NOW + DAY).timestamp()))
    }
    mails = "SELECT id, key, subject, text, html, message_id, attempts FROM notifications"
    assert set(execute(other_url, mails)) == set(execute(url, mails))
    assert execute(other_url, "SELECT until_at FROM leases") == [(0,)], "nobody has to wait for a lease of before"
    for changed in ("notifications", "leases", "watchers"):
        del before[changed], after[changed]
    assert after == before


def test_a_backup_moves_from_sqlite_to_postgres_and_back(
    sqlite_url: str, postgres_url: str, other_url: str, tmp_path: Path
) -> None:
    with closing(open_store(sqlite_url)) as store:
        fill(store)
        highest = max(e.seq or 0 for e in store.load_events(MAIN, 1))
    back_up(sqlite_url, tmp_path / "one", made_at=NOW)
    restore(postgres_url, tmp_path / "one", now=NOW)
    back_up(postgres_url, tmp_path / "two", made_at=NOW)
    restore(other_url, tmp_path / "two", now=NOW)

    assert content(postgres_url) == content(other_url)
    for url in (postgres_url, other_url):
        with closing(open_store(url)) as store:
            assert store.load_tickets(MAIN, [2])[2].summary == ODD
            store.save_poll(poll(NOW + DAY), [], [event(2, NOW)])
            assert max(e.seq or 0 for e in store.load_events(MAIN, 2)) > highest, "no number is given twice"


def test_a_number_of_a_pruned_row_is_not_given_again(store: SqlStore, url: str, other_url: str, tmp_path: Path) -> None:
    for day in range(3):
        store.save_poll(poll(NOW + day * DAY))
    execute(url, "DELETE FROM polls WHERE id > 1")

    back_up(url, tmp_path / "backup", made_at=NOW)
    restore(other_url, tmp_path / "backup", now=NOW)

    with closing(open_store(other_url)) as other:
        other.save_poll(poll(NOW + 9 * DAY))
    assert execute(other_url, "SELECT max(id) FROM polls") == [(4,)]


def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(store: SqlStore, url: str, tmp_path: Path) -> None:
    """A poll's record, its ticket and its event are one transaction: no backup holds one without the others."""
    done = threading.Event()

    def live() -> None:
        number = 0
        while not done.is_set():
            number += 1
            store.save_poll(poll(NOW + number * MINUTE), [ticket(number)], [entered(number)])

    life = threading.Thread(target=live)
    life.start()
    try:
        made = [back_up(url, tmp_path / f"backup{n}", made_at=NOW) for n in range(3)]
    finally:
        done.set()
        life.join()

    for each in made:
        assert each.rows["polls"] == each.rows["tickets"] == each.rows["events"]
    assert made[0].rows["polls"] < store_rows(url)


def store_rows(url: str) -> int:
    return int(execute(url, "SELECT count(*) FROM polls")[0][0])


def test_a_backup_of_an_earlier_schema_is_brought_to_this_one(
    store: SqlStore, url: str, other_url: str, tmp_path: Path
) -> None:
    fill(store)
    store.close()
    downgrade(url, "0001")

    assert back_up(url, tmp_path / "backup", made_at=NOW).schema == "0001"
    restore(other_url, tmp_path / "backup", now=NOW)

    assert schema_status(other_url).state == "current"
    with closing(open_store(other_url)) as other:
        assert other.load_tickets(MAIN, [1]) == {1: ticket(1)}


def test_a_backup_of_a_newer_slamon_is_refused(store: SqlStore, url: str, other_url: str, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    back_up(url, path, made_at=NOW)
    with closing(sqlite3.connect(path)) as file, file:
        told = dict(file.execute(f"SELECT name, value FROM {TABLE}"))
        told.pop("check")
        told["schema"] = "9999"
        file.execute(f"UPDATE {TABLE} SET value = '9999' WHERE name = 'schema'")
        file.execute(f"UPDATE {TABLE} SET value = ? WHERE name = 'check'", (_check_of(told),))

    with pytest.raises(SchemaOutdatedError, match=r"newer slamon \(schema 9999\)") as caught:
        restore(other_url, path, now=NOW)
    assert caught.value.exit_status == 78
    assert schema_status(other_url).state == "empty"


def damage_letter(path: Path) -> None:
    """Change one letter of a ticket: SQLite would not notice."""
    whole = path.read_bytes()
    at = whole.index(b"smells of smoke")
    path.write_bytes(whole[:at] + b"S" + whole[at + 1 :])


def damage_row(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("DELETE FROM events WHERE seq = 1")


def damage_page(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[3 * 4096 : 4 * 4096] = b"\xff" * 4096
    path.write_bytes(whole)


def damage_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4096])


def damage_date(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE slamon_backup SET value = '2020-01-01T00:00:00Z' WHERE name = 'made_at'")


def make_foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE invoices (id INTEGER)")


def make_text(path: Path) -> None:
    path.write_text("dear diary " * 100)


def make_empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    "spoil",
    [damage_letter, damage_row, damage_page, damage_end, damage_date, make_foreign, make_text, make_empty],
    ids=lambda each: each.__name__,
)
def test_a_damaged_or_foreign_file_is_refused_and_nothing_changes(sqlite_url: str, tmp_path: Path, spoil: Any) -> None:
    path = tmp_path / "backup"
    with closing(open_store(sqlite_url)) as store:
        fill(store)
    back_up(sqlite_url, path, made_at=NOW)
    spoil(path)
    before = (tmp_path / "slamon.db").read_bytes()

    with pytest.raises(InputError, match="backup") as caught:
        restore(sqlite_url, path, now=NOW, force=True)

    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert (tmp_path / "slamon.db").read_bytes() == before


def test_a_database_with_data_is_replaced_only_when_told_to(store: SqlStore, url: str, tmp_path: Path) -> None:
    fill(store)
    back_up(url, tmp_path / "backup", made_at=NOW)
    store.save_poll(poll(NOW + DAY), [ticket(3)], [entered(3)])
    store.close()
    before = content(url)

    with pytest.raises(StoreError, match=r"there is data in the database .* --force"):
        restore(url, tmp_path / "backup", now=NOW)
    assert content(url) == before

    restore(url, tmp_path / "backup", now=NOW, force=True)
    with closing(open_store(url)) as again:
        assert again.load_open_ids(MAIN) == {1, 2}


def test_a_database_in_use_is_not_replaced(store: SqlStore, url: str, tmp_path: Path) -> None:
    fill(store)
    back_up(url, tmp_path / "backup", made_at=NOW)
    before = content(url)

    with pytest.raises(StoreError, match=r"stop (slamon|it) and try again") as caught:
        restore(url, tmp_path / "backup", now=NOW, force=True)

    assert "\n" not in str(caught.value)
    assert content(url) == before


def test_another_applications_database_is_never_replaced(url: str, other_url: str, tmp_path: Path) -> None:
    open_store(other_url).close()
    back_up(other_url, tmp_path / "backup", made_at=NOW)
    execute(url, "CREATE TABLE invoices (id INTEGER)", "INSERT INTO invoices VALUES (7)")

    with pytest.raises(StoreError, match="another application"):
        restore(url, tmp_path / "backup", now=NOW, force=True)

    assert execute(url, "SELECT id FROM invoices") == [(7,)]


def test_a_file_that_is_there_is_kept_unless_told_otherwise(sqlite_url: str, tmp_path: Path) -> None:
    open_store(sqlite_url).close()
    path = tmp_path / "backup"
    path.write_text("last year's")

    with pytest.raises(InputError, match="is there already"):
        back_up(sqlite_url, path, made_at=NOW)
    assert path.read_text() == "last year's"

    back_up(sqlite_url, path, made_at=NOW, force=True)
    assert read_backup(path).made_at == NOW
    assert path.stat().st_mode & 0o077 == 0, "tickets and mails are in it"


def test_the_database_is_not_overwritten_by_its_own_backup(sqlite_url: str, tmp_path: Path) -> None:
    open_store(sqlite_url).close()

    with pytest.raises(InputError, match="is the database itself"):
        back_up(sqlite_url, tmp_path / "slamon.db", made_at=NOW, force=True)
    with pytest.raises(InputError, match="is a folder"):
        back_up(sqlite_url, tmp_path, made_at=NOW, force=True)
    with pytest.raises(InputError, match="cannot be written"):
        back_up(sqlite_url, tmp_path / "missing" / "backup", made_at=NOW)


def test_a_damaged_database_makes_no_backup(sqlite_url: str, tmp_path: Path) -> None:
    with closing(open_store(sqlite_url)) as store:
        fill(store)
    damage_page(tmp_path / "slamon.db")

    with pytest.raises(StoreError) as caught:
        back_up(sqlite_url, tmp_path / "backup", made_at=NOW)

    assert "\n" not in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir() if "backup" in p.name) == []


def test_a_backup_is_readable_by_sqlite_alone_and_stands_still(sqlite_url: str, tmp_path: Path) -> None:
    with closing(open_store(sqlite_url)) as store:
        fill(store)
        path = tmp_path / "backup"
        back_up(sqlite_url, path, made_at=NOW)
        before = path.read_bytes()
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            assert file.execute("SELECT count(*) FROM tickets").fetchone() == (2,)
            sums = sums_of(file)
        restore(f"sqlite:///{tmp_path}/new.db", path, now=NOW)

    assert path.read_bytes() == before
    assert sums["tickets"][0] == 2
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("backup")] == ["backup"]


def test_what_waited_is_not_sent_after_a_restore(store: SqlStore, url: str, other_url: str, tmp_path: Path) -> None:
    fill(store)
    back_up(url, tmp_path / "backup", made_at=NOW)
    restore(other_url, tmp_path / "backup", now=NOW + DAY)

    with closing(open_store(other_url)) as other:
        assert other.claim_notification("mail", NOW + 9 * DAY, lease=DAY, furthest=DAY) is None
    states = execute(other_url, f"SELECT state FROM notifications ORDER BY id, '{VERSION_TABLE}'")
    assert [state for (state,) in states] == ["sent", "failed", "failed"]
