"""Two nodes, twelve tenants, and one of the nodes killed: nothing is lost, nothing is done twice."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.e2e.fleet import PATIENCE, Fleet, fleet
from tests.e2e.processes import slamon, wait_for

pytestmark = pytest.mark.xdist_group("cluster")

TENANTS = [f"t{number:02}" for number in range(12)]
KILLS = 1


def count_polls(desk: Fleet) -> dict[str, int]:
    found = desk.rows("SELECT tenant, count(*) FROM polls WHERE result <> 'failed' GROUP BY tenant")
    return {str(tenant): int(number) for tenant, number in found}


def wait_for_all(desk: Fleet) -> None:
    """Wait until each tenant has been polled once more."""
    before = count_polls(desk)

    def all_polled() -> bool | None:
        now = count_polls(desk)
        return all(now.get(tenant, 0) > before.get(tenant, 0) for tenant in TENANTS) or None

    wait_for("a poll of each tenant", all_polled, 2 * PATIENCE)


def test_T86_nodes_that_are_killed_lose_nothing_and_do_nothing_twice(postgres_url: str, tmp_path: Path) -> None:
    random = Random(5)
    with fleet(postgres_url, tmp_path, tenants=("all",), speed=10, poll_seconds=100, tickets=12) as desk:
        url = desk.desks.pop("all")
        desk.desks = dict.fromkeys(TENANTS, url)  # one desk for all: each must know the same tickets in the end
        command = ("-c", str(desk.write_config()), "cluster")
        refused = slamon(*command, "worker", cwd=tmp_path, status=78, SLAMON_STORE__URL=postgres_url)
        assert "run `slamon cluster install`" in refused
        assert "created" in slamon(*command, "install", cwd=tmp_path, SLAMON_STORE__URL=postgres_url)
        nodes = [desk.start("cluster", "worker").started() for _ in range(2)]
        wait_for_all(desk)
        for _ in range(KILLS):
            victim = nodes.pop(random.randrange(2))
            victim.process.kill()
            victim.process.wait()
            wait_for_all(desk)
            nodes.append(desk.start("cluster", "worker").started())
        wait_for_all(desk)
        wait_for("readiness", nodes[0].is_ready, PATIENCE)
        for node in nodes:
            node.stop()
        desk.check()
        _check_tickets(desk)
        jobs = "SELECT count(*) FROM slamon_cluster.procrastinate_jobs WHERE status NOT IN ('todo', 'doing')"
        assert desk.rows(jobs) == [(0,)]


def _check_tickets(desk: Fleet) -> None:
    """Each tenant knows all tickets that came in before the tenant that was polled longest ago was polled last."""
    known = desk.rows("SELECT min(m) FROM (SELECT max(watermark) AS m FROM polls GROUP BY tenant) AS marks")[0][0]
    found = {
        tenant: desk.rows(f"SELECT id FROM tickets WHERE tenant = '{tenant}' AND entered_at < {known} ORDER BY id")
        for tenant in TENANTS
    }
    assert all(found.values())
    assert len({str(ids) for ids in found.values()}) == 1
