"""Two daemons on one database, killed and stopped at bad moments: nothing is lost, and what is sent twice says so.

`make chaos` does the same two hundred times.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kills import chance, pauses
from tests.faults.kills.databases import PostgresServer, SqliteFiles, postgres_server

KILLS = {"SQLite": 2, "Postgres": 2}
SEED = 3
pytestmark = pytest.mark.xdist_group("kills")


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.mark.parametrize("kind", KILLS)
def test_random_kills_lose_nothing_and_repeat_one_mail_each_at_most(
    kind: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    place = postgres if kind == "Postgres" else SqliteFiles(tmp_path / "databases")

    done = chance.run(tmp_path / "run", place, KILLS[kind], SEED)

    assert done.found.faults == []
    assert done.mails > 0
    assert done.found.twice <= KILLS[kind]


@pytest.mark.parametrize("length", ["short", "long"])
def test_a_daemon_that_was_stopped_does_no_harm_when_it_goes_on(
    length: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    chosen = [pause for pause in pauses.PAUSES if pause.is_long == (length == "long")]

    done = pauses.run(tmp_path / "run", postgres, chosen)

    assert done.found.faults == []
    assert done.mails > 0
    assert done.found.twice <= sum(pause.may_repeat for pause in chosen)
