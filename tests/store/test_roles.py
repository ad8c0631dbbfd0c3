"""Postgres with three roles, as the page on Postgres grants them: each does its work and no more."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from slamon import resources
from slamon.cluster.memory import recall, remember
from slamon.cluster.queue import POLLS, open_app, poll_task, remove_stuck
from slamon.cluster.schema import check, install
from slamon.errors import StoreError, StoreUnavailableError
from slamon.jobs.canary import release
from slamon.jobs.errand import Errand
from slamon.jobs.installation import installation_of
from slamon.jobs.make_report import make_report
from slamon.jobs.prune import ORDER, prune_once
from slamon.jobs.send_reports import send_reports
from slamon.jobs.tenant import TenantState
from slamon.ports import Unobserved
from slamon.reporting.render import Renderer
from slamon.reports.press import FilePress
from slamon.store.backup import back_up
from slamon.store.database import Database
from slamon.store.migrate import downgrade, open_store, open_to_read, upgrade
from slamon.store.soundness import find_faults
from tests.jobs.desk import Desk, settings_of
from tests.jobs.world import World, at, ticket

from .samples import DAY, MAIN, NOW, entered, poll
from .samples import ticket as sample
from .test_migrate import execute

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "postgres.md"
MANY = 101  # so many that they are copied and merged
WORLD = [World(at("10:00"), {n: ticket(n) for n in range(1, MANY + 1)})]


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
        assert len(desk.mails()) > MANY
        with pytest.raises(StoreError, match=r"let the role that owns the tables do this|grant the role"):
            store.prepare_months(NOW)
    with pytest.raises(StoreError, match=r"must be owner of .*; let the role that owns the tables do this"):
        downgrade(roles["run"], "0001")

    with closing(open_to_read(roles["read"])) as reader:
        assert len(reader.load_open_ids(MAIN)) == MANY
        assert len(reader.load_open(MAIN)) == MANY
    back_up(roles["read"], tmp_path / "backup", made_at=NOW)
    assert [fault for fault in find_faults(roles["read"]) if fault.table != "versions"] == []
    with pytest.raises(StoreError, match="permission denied"):
        open_store(roles["read"])

    with closing(open_store(roles["migrate"])) as owner:
        assert owner.prepare_months(NOW) == 3
    with closing(open_store(roles["run"])) as store:
        store.save_poll(poll(NOW), [sample(1)], [entered(1)])  # what was made later is granted too
        assert len(store.load_open_ids(MAIN)) == MANY


def test_the_role_of_the_daemon_may_all_that_it_does_by_itself(
    roles: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Leases, the canary, reports, pruning; the months are the owner's."""
    upgrade(roles["migrate"])
    renderer = Renderer(resources.folder("reports"))
    with closing(open_store(roles["migrate"])) as owner, closing(open_store(roles["run"])) as store:
        owner.prepare_months(NOW - 400 * DAY)
        lease = store.take_lease(MAIN, "here", 60, lambda _: False)
        assert lease is not None
        assert store.renew_leases("here", {MAIN: 60}, {MAIN: lease}) == {MAIN}
        assert [each.holds for each in store.load_watchers()] == [True]
        store.release_lease(lease)
        store.leave("here")
        assert installation_of(store, NOW)
        canary = release(store, renderer, recipient="c@example.org", domain="x", now=NOW, every=DAY)
        store.forget_canaries()
        assert canary.ours
        desk = Desk(store, WORLD, settings_of())
        desk.polls("10:01")
        errand = Errand("breach", "breach", "UTC", NOW, NOW, "x", recipients={MAIN: ("a@example.org",)})
        press = FilePress(renderer)
        assert send_reports(store, [desk.settings], errand, partial(make_report, store), press).messages == 1

        gone = prune_once(store, dict.fromkeys(ORDER[:-1], 30), NOW, "today", Unobserved())

        assert gone is not None
        assert [record["event"] for record in logged(caplog)] == ["no months made", "no months dropped"]
        owner.prepare_months(NOW)
        assert owner.drop_months(NOW - 30 * DAY) == 3


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [record.msg for record in caplog.records if record.name == "slamon.jobs.prune"]  # type: ignore[misc]


def test_the_role_of_the_daemon_may_be_a_node(roles: dict[str, str]) -> None:
    upgrade(roles["migrate"])
    with closing(Database(roles["migrate"])) as owner, closing(Database(roles["run"])) as database:
        install(owner)
        check(database)
        polled: list[str] = []

        async def poll_tenant(tenant: str) -> None:
            polled.append(tenant)

        async def live() -> None:
            app = open_app(database.url, 4)
            task = poll_task(app, poll_tenant)
            async with app.open_async():
                await task.configure(lock=MAIN).defer_async(tenant=MAIN)
                await app.run_worker_async(queues=[POLLS], wait=False, delete_jobs="always")
                await remove_stuck(app, free)

        async def free(_tenant: str) -> bool:
            return False

        asyncio.run(live())
        assert polled == [MAIN]
        settings, state = settings_of(), TenantState()
        remember(database, settings, state, 1, NOW)
        with closing(open_store(roles["run"])) as store:
            recall(database, store, settings, state, 2)


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
