"""`slamon db check`: nothing is found where all is well, and every wrong by its row and remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from slamon.core.promise import PolicyRule
from slamon.core.reference import GoalHours
from slamon.store.database import Database
from slamon.store.migrate import open_store
from slamon.store.soundness import find_faults
from tests.jobs.desk import Desk, settings_of
from tests.jobs.world import World, at, ticket

from .test_migrate import execute
from .unusable import slamon

Check = Callable[..., tuple[int, str]]
SETTINGS = settings_of(PolicyRule("default", calendar="AllHours", goals=GoalHours(None, None, 4)))


@pytest.fixture
def lived(url: str) -> str:
    """The URL of a database after an afternoon with three tickets."""
    with closing(open_store(url)) as store:
        desk = Desk(store, [World(at("10:00"), {n: ticket(n) for n in (1, 2, 3)})], SETTINGS)
        desk.polls("10:01", "13:10", "14:01")
        desk.mails()
    # The scripted desk has whole numbers where ConnectWise's reader makes fractions: they come back as others.
    execute(url, "DELETE FROM versions WHERE kind = 'reference'")
    return url


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    def command(url: str, *options: str) -> tuple[int, str]:
        return slamon(tmp_path, url, "db", "check", *options, monkeypatch=monkeypatch, capsys=capsys, stream="both")

    return command


def test_an_afternoon_leaves_a_consistent_database(lived: str, check: Check) -> None:
    status, said = check(lived, "--all")

    assert (status, said.count("\n")) == (0, 1), said
    assert "consistent, 3 readings derived anew" in said
    assert json.loads(check(lived, "--json")[1]) == {"ok": True, "readings_derived": 3, "findings": []}


WRONGS = {
    "a pointer": (
        "UPDATE clocks SET read_at = 5 WHERE ticket_id = 1",
        "clocks main/1: points to a reading that is not",
    ),
    "an orphan": (
        "DELETE FROM tickets WHERE id = 2",
        "events main/2: is of a ticket that is not there; delete the row",
    ),
    "an order": (
        "UPDATE events SET poll_id = 99 WHERE seq = (SELECT min(seq) FROM events WHERE ticket_id = 3)",
        "stands before one that an earlier poll brought",
    ),
    "a state": ("UPDATE notifications SET finished_at = NULL WHERE state = 'sent'", "has ended without an instant"),
    "a try": ("UPDATE notifications SET attempts = 0", "was sent without a try"),
    "terms": ("DELETE FROM versions WHERE kind = 'terms'", "names terms that are not kept; restore a backup"),
    "a hash": (
        "UPDATE versions SET body = replace(body, '14400', '99999') WHERE kind = 'terms'",
        "does not hold what its name says",
    ),
    "an outcome": (
        (
            "INSERT INTO outcomes (tenant, at, ticket_id, stage, cycle, known_at, outcome, started_at, goal_seconds,"
            " elapsed_seconds, paused_seconds, terms, policy, board)"
            " SELECT t.tenant, 0, t.id, 2, r.cycle, 0, 'met', 0, 0, 0, 0, '', '', t.board"
            " FROM tickets t JOIN readings r ON r.tenant = t.tenant AND r.ticket_id = t.id WHERE t.id = 1 LIMIT 1"
        ),
        "outcomes main/1: says of the goal to resolve what the newest reading does not; keep a backup",
    ),
    "facts": ("UPDATE tickets SET facts = '{' WHERE id = 1", "tickets main/1: has facts that cannot be read"),
    "a column": ("UPDATE tickets SET open = NOT open WHERE id = 1", "tickets main/1: has columns that do not fit"),
    "a table": ("ALTER TABLE polls ADD COLUMN note TEXT", "schema polls note: is not as it was made (remove_column)"),
    "an index": ("DROP INDEX ix_tickets_open", "is not as it was made (add_index); undo what was changed by hand"),
}


@pytest.mark.parametrize("wrong", WRONGS)
def test_a_wrong_is_named_with_its_row_and_remedy(lived: str, wrong: str) -> None:
    statement, says = WRONGS[wrong]
    spoil(lived, statement)

    found = [str(fault) for fault in find_faults(lived)]

    assert any(says in line for line in found), found
    assert all("\n" not in line and "; " in line for line in found)


def spoil(url: str, statement: str) -> None:
    """Run a statement that the foreign keys would not let pass."""
    with closing(Database(url, pooled=False, foreign_keys=False)) as database, database.writing() as connection:
        if not database.sqlite:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql(statement)


def test_a_reading_that_its_events_do_not_bear_out(lived: str, check: Check) -> None:
    execute(lived, "UPDATE readings SET resolve_verdict = 'met' WHERE ticket_id = 2")

    status, said = check(lived)

    assert status == 1, said
    assert "readings main/2: " in said
    assert "compare `slamon explain`" in said
    document = json.loads(check(lived, "--json")[1])
    assert [each["key"] for each in document["findings"]] == ["main/2"]


def test_a_damaged_page_is_told_with_the_status_of_an_unusable_database(
    sqlite_url: str, tmp_path: Path, check: Check
) -> None:
    open_store(sqlite_url).close()
    path = tmp_path / "slamon.db"
    pages = execute(sqlite_url, "SELECT rootpage FROM sqlite_master WHERE name = 'ix_transitions_tenant_seen_at'")
    whole = bytearray(path.read_bytes())
    begin = (pages[0][0] - 1) * 4096
    whole[begin : begin + 4096] = b"\xff" * 4096
    path.write_bytes(whole)

    status, said = check(sqlite_url)

    assert status == 78, said
    assert "restore a backup" in said
    assert path.read_bytes() == whole
