"""Postgres with three roles, as the page on Postgres grants them: each does its work and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from slamon.errors import StoreError, StoreUnavailableError
from slamon.store.backup import back_up
from slamon.store.migrate import downgrade, open_store, open_to_read, upgrade
from slamon.store.soundness import find_faults
from tests.jobs.desk import Desk, settings_of
from tests.jobs.world import World, at, ticket

from .samples import MAIN, NOW, entered, poll
from .samples import ticket as sample
from .test_migrate import execute

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "postgres.md"
WORLD = [World(at("10:00"), {n: ticket(n) for n in range(1, 151)})]  # so many that they are copied and merged


@pytest.fixture
def roles(postgres_server: str) -> Iterator[dict[str, str]]:
    """The URL of a database of each role, made with the very statements of the page."""
    cluster, database = re.findall(
        r"```sql\n(CREATE ROLE slamon_migrate.*?|GRANT USAGE.*?)```", PAGE.read_text(), re.DOTALL
    )
    address = postgres_server.replace("/postgres?", "/slamon?")
    urls = {name: address.replace("postgres:@", f"slamon_{name}:@") for name in ("migrate", "run", "read")}
    autonomous(postgres_server, cluster)
    execute(urls["migrate"], *filter(str.strip, database.split(";")))
    yield urls
    autonomous(postgres_server, "DROP DATABASE slamon WITH (FORCE);" + "".join(f"DROP ROLE slamon_{n};" for n in urls))


def autonomous(url: str, statements: str) -> None:
    from sqlalchemy import create_engine

    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in filter(str.strip, statements.split(";")):
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_three_roles_do_their_work_and_no_more(roles: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"permission denied for schema public; grant the role") as caught:
        open_store(roles["run"])
    assert caught.value.exit_status == 78
    assert upgrade(roles["migrate"]).state == "current"

    with closing(open_store(roles["run"])) as store:
        desk = Desk(store, WORLD, settings_of())
        desk.polls("10:01", "14:01")
        assert len(desk.mails()) > 150
        with pytest.raises(StoreError, match=r"let the role that owns the tables do this|grant the role"):
            store.prepare_months(NOW)
    with pytest.raises(StoreError, match=r"must be owner of .*; let the role that owns the tables do this"):
        downgrade(roles["run"], "0001")

    with closing(open_to_read(roles["read"])) as reader:
        assert len(reader.load_open_ids(MAIN)) == 150
        assert len(reader.load_open(MAIN)) == 150
    back_up(roles["read"], tmp_path / "backup", made_at=NOW)
    assert [fault for fault in find_faults(roles["read"]) if fault.table != "versions"] == []
    with pytest.raises(StoreError, match="permission denied"):
        open_store(roles["read"])

    with closing(open_store(roles["migrate"])) as owner:
        assert owner.prepare_months(NOW) == 3
    with closing(open_store(roles["run"])) as store:
        store.save_poll(poll(NOW), [sample(1)], [entered(1)])  # what was made later is granted too
        assert len(store.load_open_ids(MAIN)) == 150


# --- a server on another machine ------------------------------------------------------------------


@pytest.mark.parametrize("host", ["db.example.org", "10.0.0.5", "[2001:db8::1]", "a.example.org,localhost"])
@pytest.mark.parametrize("opened", [open_store, open_to_read, upgrade])
def test_a_remote_server_that_need_not_prove_itself_is_refused(host: str, opened: object) -> None:
    assert callable(opened)
    with pytest.raises(StoreError, match=r"add \?sslmode=verify-full&sslrootcert=system to the store's URL") as caught:
        opened(f"postgresql://slamon:hunter2-canary@{host}/slamon")
    assert caught.value.exit_status == 78
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("rest", ["127.0.0.1:9/s", "localhost:9/s", "[::1]:9/s", "/s?host=/nowhere"])
def test_a_local_server_needs_no_proof(rest: str) -> None:
    with pytest.raises(StoreUnavailableError):
        open_store(f"postgresql://slamon@{rest}")


def test_what_is_said_of_a_remote_server_is_done() -> None:
    with pytest.raises(StoreUnavailableError):
        open_store("postgresql://slamon@nowhere.invalid/slamon?sslmode=disable")
