"""The queue's traps: a stuck job is removed, a busy backlog does not starve the reaper, finished jobs leave nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from procrastinate.exceptions import AlreadyEnqueued

from slamon.cli.app import cli
from slamon.cluster.node import _work
from slamon.cluster.queue import POLLS, REAPER, TICKS, open_app, poll_task, reap_task, remove_stuck, tick_task
from slamon.cluster.schema import SCHEMA, check, install
from slamon.errors import InputError, StoreError
from slamon.store.database import Database
from slamon.store.migrate import open_store, schema_status

PATIENCE = 60.0


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    opened = Database(postgres_url)
    install(opened)
    yield opened
    opened.close()


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    with database.writing() as connection:
        connection.exec_driver_sql(f"SET LOCAL search_path TO {SCHEMA}")
        found = connection.exec_driver_sql(query)
        return [tuple(row) for row in found] if found.returns_rows else []


async def until(what: str, holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110  (another process or the database changes it)
            await asyncio.sleep(0.1)


async def nothing(tenant: str) -> None: ...
async def held(tenant: str) -> bool:
    return True


async def free(tenant: str) -> bool:
    return False


def stuck_job(database: Database, *, worker: str, seconds: int = 0) -> None:
    """Leave a poll of `acme` behind that a worker has begun so long ago."""
    rows(database, "INSERT INTO procrastinate_workers DEFAULT VALUES")
    if worker == "dead":
        rows(database, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    rows(
        database,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)"
        " VALUES ('polls', 'poll', 'acme', 'acme', '{\"tenant\": \"acme\"}')",
    )
    holder = "NULL" if worker == "none" else "(SELECT max(id) FROM procrastinate_workers)"
    rows(database, f"UPDATE procrastinate_jobs SET status = 'doing', worker_id = {holder}")
    rows(database, f"UPDATE procrastinate_events SET at = now() - interval '{seconds} seconds'")


def test_its_tables_stand_apart_and_slamons_schema_stays_its_own(postgres_url: str) -> None:
    database = Database(postgres_url)
    with pytest.raises(StoreError, match="is not installed; run `slamon cluster install`"):
        check(database)
    assert install(database)
    assert not install(database)
    check(database)
    assert schema_status(postgres_url).state == "empty"
    open_store(postgres_url).close()
    assert schema_status(postgres_url).state == "current"
    assert install(database) is False

    rows(database, f"COMMENT ON SCHEMA {SCHEMA} IS 'procrastinate 1.0'")
    with pytest.raises(StoreError, match=r"is of procrastinate 1\.0, this is procrastinate 3"):
        check(database)
    assert install(database)
    check(database)
    database.close()


def test_polls_of_a_tenant_do_not_pile_up(database: Database) -> None:
    async def live() -> None:
        app = open_app(database.url, 4)
        task = poll_task(app, nothing).configure(lock="acme", queueing_lock="acme")
        async with app.open_async():
            await task.defer_async(tenant="acme")
            with pytest.raises(AlreadyEnqueued):
                await task.defer_async(tenant="acme")

    asyncio.run(live())


@pytest.mark.parametrize("worker", ["dead", "none"])
def test_a_job_whose_worker_died_is_removed(database: Database, worker: str) -> None:
    stuck_job(database, worker=worker)

    async def live() -> int:
        app = open_app(database.url, 4)
        async with app.open_async():
            return await remove_stuck(app, held)

    assert asyncio.run(live()) == 1
    assert rows(database, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]
    assert worker != "dead" or rows(database, "SELECT count(*) FROM procrastinate_workers") == [(0,)]


@pytest.mark.parametrize(
    ("seconds", "is_held", "removed"), [(3600, free, 1), (3600, held, 0), (10, free, 0)], ids=["lost", "long", "new"]
)
def test_a_job_that_a_living_worker_lost_is_removed(
    database: Database, seconds: int, is_held: Callable[[str], Awaitable[bool]], removed: int
) -> None:
    """Its worker lives, or its number was given to another one: only the tenant's lease tells."""
    stuck_job(database, worker="alive", seconds=seconds)

    async def live() -> int:
        app = open_app(database.url, 4)
        async with app.open_async():
            return await remove_stuck(app, is_held)

    assert asyncio.run(live()) == removed
    assert rows(database, "SELECT count(*) FROM procrastinate_jobs") == [(1 - removed,)]


def test_a_backlog_of_polls_starves_neither_tick_nor_reaper_and_leaves_no_jobs(database: Database) -> None:
    """The polls' worker is busy with one that does not end; a stuck job is removed all the same, and new ones come."""
    stuck_job(database, worker="dead")
    polled: list[str] = []

    async def live() -> None:
        hang = asyncio.Event()

        async def poll(tenant: str) -> None:
            polled.append(tenant)
            if tenant == "slow":
                await hang.wait()

        async def due() -> list[str]:
            return ["slow", "acme", *(f"t{number}" for number in range(30))]

        polls, ticks, reaper = (open_app(database.url, 4) for _ in range(3))
        poll_task(polls, poll)
        tick_task(ticks, 1, due)
        reap_task(reaper, 1, lambda: remove_stuck(reaper, held))
        async with polls.open_async(), ticks.open_async(), reaper.open_async():
            work = [
                asyncio.create_task(_work(polls, POLLS, 1)),
                asyncio.create_task(_work(ticks, TICKS, 1)),
                asyncio.create_task(_work(reaper, REAPER, 1)),
            ]

            async def is_removed() -> bool:
                query = "SELECT count(*) FROM procrastinate_jobs WHERE lock = 'acme' AND status = 'doing'"
                return await asyncio.to_thread(rows, database, query) == [(0,)] and "slow" in polled

            await until("the reaper", is_removed)
            assert polled == ["slow"]
            hang.set()

            async def all_came() -> bool:
                return len(set(polled)) == 32

            await until("the backlog", all_came)
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    asyncio.run(live())
    done = "SELECT count(*) FROM procrastinate_jobs WHERE status NOT IN ('todo', 'doing')"
    assert rows(database, done) == [(0,)]
    assert rows(database, "SELECT count(*) FROM procrastinate_workers") == [(0,)]


def test_sqlite_is_refused_with_a_line(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="slamon cluster works on Postgres alone"):
        install(Database(sqlite_url))
    config = tmp_path / "slamon.toml"
    config.write_text(
        '[tenant.main]\nurl = "https://psa.example.org"\ncompany = "a"\npublic_key = "b"\nclient_id = "c"\n'
    )
    for command in ("install", "worker"):
        told = CliRunner().invoke(
            cli, ["-c", str(config), "cluster", command], env={"SLAMON_TENANT__MAIN__PRIVATE_KEY": "k"}
        )
        assert isinstance(told.exception, InputError)
        assert told.exception.exit_status == 2
