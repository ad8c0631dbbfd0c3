"""The queue: who defers a tenant's poll, and who clears away what dead workers left.

A tenant's poll is one job. `lock` keeps two from running side by side, `queueing_lock` keeps them from piling up.
What is due is found by a tick, which procrastinate defers once for all nodes; what is stuck is removed by a reaper in a
queue and with a worker of its own, which no backlog of polls can hold up. A stuck job is not retried but removed, and
its tenant deferred anew: retried, it might meet a waiting one of the same tenant.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Any

import procrastinate
from procrastinate import exceptions, jobs
from psycopg import AsyncConnection
from sqlalchemy.engine import URL

from slamon.cluster.schema import SCHEMA

POLLS, TICKS, REAPER = "polls", "ticks", "reaper"
FIRST = 100  # priority of what keeps the others going
BEAT = 2.0  # seconds between two signs of life of a worker
DEAD = 15.0  # seconds without one
STUCK = 150.0  # seconds a job may run while nobody holds its tenant's lease: more than any lease

_RUNNING = """
    SELECT job.id, job.queue_name, job.args ->> 'tenant' AS tenant FROM procrastinate_jobs job
    JOIN procrastinate_events event ON event.job_id = job.id AND event.type = 'started'
    WHERE job.status = 'doing' GROUP BY job.id HAVING max(event.at) < now() - %(seconds)s * interval '1 second'
"""


def open_app(url: URL, connections: int) -> procrastinate.App:
    """Return an app whose jobs stand in slamon's own schema of the database at *url*; not opened yet."""

    async def configure(connection: AsyncConnection[Any]) -> None:
        # By a statement: pgbouncer refuses start-up options.
        await connection.execute(f"SET search_path TO {SCHEMA}")
        await connection.commit()

    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connector = procrastinate.PsycopgConnector(conninfo=conninfo, min_size=1, max_size=connections, configure=configure)
    return procrastinate.App(connector=connector)


def poll_task(app: procrastinate.App, poll: Callable[[str], Awaitable[None]]) -> Any:  # noqa: ANN401  (a Task)
    """Register and return the task that polls one tenant."""

    @app.task(name="poll", queue=POLLS)
    async def poll_tenant(tenant: str) -> None:
        await poll(tenant)

    return poll_tenant


def tick_task(app: procrastinate.App, every_seconds: int, due: Callable[[], Awaitable[Collection[str]]]) -> None:
    """Register the task that asks which tenants are *due* and defers a poll for each that has none waiting."""
    poll_tenant = poll_task(app, _never)

    @app.periodic(cron=_cron(every_seconds), periodic_id="tick")
    @app.task(name="tick", queue=TICKS, queueing_lock="tick", priority=FIRST)
    async def tick(timestamp: int) -> None:  # noqa: ARG001  (procrastinate gives it)
        for tenant in await due():
            with suppress(exceptions.AlreadyEnqueued):
                await poll_tenant.configure(lock=tenant, queueing_lock=tenant).defer_async(tenant=tenant)


def reap_task(app: procrastinate.App, every_seconds: int, reap: Callable[[], Awaitable[int]]) -> None:
    """Register the task that removes what is stuck. It has no lock: a reaper that is stuck itself stops no other."""

    @app.periodic(cron=_cron(every_seconds), periodic_id="reap")
    @app.task(name="reap", queue=REAPER, queueing_lock="reap", priority=FIRST)
    async def reap_stuck(timestamp: int) -> None:  # noqa: ARG001
        await reap()


def _cron(every_seconds: int) -> str:
    return f"* * * * * */{every_seconds}"  # the sixth field is seconds


async def _never(tenant: str) -> None:
    raise AssertionError(f"{tenant}: polls are taken from another queue")


async def remove_stuck(
    app: procrastinate.App, is_held: Callable[[str], Awaitable[bool]], *, dead: float = DEAD, stuck: float = STUCK
) -> int:
    """Remove jobs whose worker is dead, and those that run for too long without their tenant's lease; return how many.

    The latter happens where a worker lives on but lost its job, such as when the database went away while it ended.
    """
    manager = app.job_manager
    stalled = [job.id for job in await manager.get_stalled_jobs(seconds_since_heartbeat=dead)]
    rows = await app.connector.execute_query_all_async(_RUNNING, seconds=stuck)
    lost = [row["id"] for row in rows if row["tenant"] is None or not await is_held(row["tenant"])]
    found = {job_id for job_id in (*stalled, *lost) if job_id is not None}
    for job_id in found:
        with suppress(exceptions.ConnectorException):  # it ended by itself meanwhile
            await manager.finish_job_by_id_async(job_id=job_id, status=jobs.Status.FAILED, delete_job=True)
    await manager.prune_stalled_workers(dead)
    return len(found)
