"""Comparing with ConnectWise beside the polls: the same counts as by hand, one at a time, gone when told to."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import structs
from pydantic import SecretStr

from slamon.cli.app import cli
from slamon.comparison import CompareOrder, Comparison, compare_apart, compare_tenant
from slamon.core.ticket import Ref, Witness
from slamon.core.witness import CAUSES, Cause
from slamon.errors import SlamonError
from slamon.jobs.reconcile import Tally
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.world import GOLD, Life, World, at, ticket, worlds_of

CONFIG = """
[tenant.main]
url = "http://127.0.0.1:9"
company = "training"
public_key = "public"
client_id = "8c1d"
private_key_file = "key"
"""
STAMP = "slamon_witness_last_success_timestamp_seconds"


@pytest.fixture
def compared(desk: OpenDesk) -> Desk:
    """One ticket that agrees, and one whose date comes from the goals of its SLA, not from the priority's row.

    Nothing in use shows 4 hours: only the reference data tell of them.
    """
    right = structs.replace(ticket(1, sla=Ref(1, "Gold")), witness=Witness(respond_goal_at=at("11:00")))
    other = structs.replace(right, id=2, witness=Witness(respond_goal_at=at("14:00")))
    watched = desk([World(at("10:00"), {1: right, 2: other})])
    watched.polls("10:05")
    return watched


def order_of(watched: Desk, folder: Path) -> CompareOrder:
    return CompareOrder(SecretStr(f"sqlite:///{folder / 'slamon.db'}"), watched.settings, watched.wall.now())


def test_T75_command_and_daemon_go_by_the_stored_reference_and_name_the_same_causes(
    compared: Desk, tmp_path: Path
) -> None:
    (tmp_path / "slamon.toml").write_text(CONFIG)
    (tmp_path / "key").write_text("private")
    (tmp_path / "key").chmod(0o600)

    daemon = asyncio.run(compare_apart(order_of(compared, tmp_path)))
    printed = CliRunner().invoke(cli, ["-c", str(tmp_path / "slamon.toml"), "reconcile", "--json"])

    (document,) = json.loads(printed.output)["tenants"]
    assert {cause.value: number for cause, number in daemon.causes.items()} == document["causes"]
    assert daemon == compare_tenant(compared.store, compared.settings, compared.wall.now())
    assert daemon == Tally(2, {cause: int(cause is Cause.PRIORITY) for cause in CAUSES})
    assert document["differences"][0]["words"] == f"ConnectWise keeps the goals of SLA {GOLD.name!r} itself"


def test_a_comparison_broken_off_leaves_no_process(compared: Desk, tmp_path: Path) -> None:
    comparison = Comparison(TENANT, lambda _: compare_apart(order_of(compared, tmp_path)), compared.metrics)

    async def begin_and_close() -> int:
        comparison.begin(compared.wall.now())
        await asyncio.sleep(0)  # up to where it waits for the child
        running = len(multiprocessing.active_children())
        await comparison.aclose()
        return running

    assert asyncio.run(begin_and_close()) == 1
    assert multiprocessing.active_children() == []
    assert compared.sample(STAMP, tenant=TENANT) == 0


def test_an_error_of_the_child_is_an_error_here(compared: Desk, tmp_path: Path) -> None:
    away = replace(order_of(compared, tmp_path), store_url=SecretStr(f"sqlite:///{tmp_path / 'nowhere' / 'slamon.db'}"))

    with pytest.raises(SlamonError, match="nowhere"):
        asyncio.run(compare_apart(away))


@pytest.mark.parametrize("error", [SlamonError("the database did not answer"), ValueError("a bug")])
def test_a_comparison_that_fails_is_logged_and_the_next_one_counts(
    compared: Desk, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    fails = [error]

    async def compare(now: datetime) -> Tally:
        if fails:
            raise fails.pop()
        return compare_tenant(compared.store, compared.settings, now)

    async def twice() -> None:
        comparison = Comparison(TENANT, compare, compared.metrics)
        for moment in ("10:05", "10:06"):
            assert comparison.begin(at(moment))
            await comparison.finish()

    asyncio.run(twice())

    assert compared.sample(STAMP, tenant=TENANT) == at("10:06").timestamp()
    assert compared.sample("slamon_witness_differences", tenant=TENANT, cause="priority") == 1


def test_polls_and_evaluations_go_on_while_one_runs_and_the_next_begins_after_it(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))
    began: list[datetime] = []

    async def live() -> None:
        done = asyncio.Event()

        async def compare(now: datetime) -> Tally:
            began.append(now)
            await done.wait()
            return Tally(0, {})

        comparison = Comparison(TENANT, compare, watched.metrics)
        watched.compare_with(comparison)
        for moment in ("10:05", "10:06", "10:07"):
            watched.wall.moment = at(moment)
            watched.sweep_next()
            await watched.watch.cycle()
            watched.watch.compare()
            await asyncio.sleep(0)
        done.set()
        await comparison.finish()
        watched.watch.compare()
        await asyncio.sleep(0)

    asyncio.run(live())

    assert began == [at("10:05"), at("10:07")]
    assert watched.watch.last_success_at == at("10:07")


def test_it_compares_after_a_sweep_and_not_with_every_poll(desk: OpenDesk) -> None:
    late = structs.replace(ticket(2, sla=Ref(1, "Gold")), witness=Witness(respond_goal_at=at("13:00")))
    watched = desk([World(at("10:00"), {2: late})])
    stamps = []

    async def live() -> None:
        async def compare(now: datetime) -> Tally:
            return compare_tenant(watched.store, watched.settings, now)

        comparison = Comparison(TENANT, compare, watched.metrics)
        watched.compare_with(comparison)
        for moment in ("10:10", "10:11", "11:30"):
            watched.wall.moment = at(moment)
            await watched.watch.cycle()
            watched.watch.compare()
            await comparison.finish()
            stamps.append(watched.sample(STAMP, tenant=TENANT))

    asyncio.run(live())

    assert stamps == [at("10:10").timestamp(), at("10:10").timestamp(), at("11:30").timestamp()]
    assert watched.sample("slamon_witness_differences", tenant=TENANT, cause="unknown") == 1
    assert watched.sample("slamon_witness_tickets_compared", tenant=TENANT) == 1


def test_a_ticket_that_has_changed_since_the_instant_compared_is_left_to_the_next_comparison(compared: Desk) -> None:
    begun = at("10:04")  # before the poll that saw both
    early = compare_tenant(compared.store, compared.settings, begun)
    later = structs.replace(compared.source.worlds[0].tickets[2], last_updated_at=at("10:20"))
    compared.source.worlds[0].tickets[2] = later  # type: ignore[index]
    compared.poll("10:21")

    assert (early.compared, early.causes[Cause.PRIORITY]) == (2, 1)
    assert compare_tenant(compared.store, compared.settings, begun) == Tally(1, dict.fromkeys(CAUSES, 0))
    assert compare_tenant(compared.store, compared.settings, at("10:21")) == early


def test_a_start_to_come_is_no_change_to_come(desk: OpenDesk) -> None:
    goal = Witness(respond_goal_at=at("2026-11-03T10:00"))
    right = ticket(1, sla=Ref(1, "Gold"), escalation_start_at=at("2026-11-03T00:00"), witness=goal)
    watched = desk([World(at("10:00"), {1: right})], settings_of(start_by_escalation=True))
    watched.poll("10:05")

    assert compare_tenant(watched.store, watched.settings, at("10:05")) == Tally(1, dict.fromkeys(CAUSES, 0))


def test_a_ticket_that_a_poll_changes_meanwhile_is_left_to_the_next_comparison(compared: Desk) -> None:
    class Slow:
        """The store, with a poll between the loading of tickets and what follows."""

        def __getattr__(self, name: str) -> object:
            if name == "load_events_of":
                for number, known in compared.store.load_tickets(TENANT, [2]).items():
                    later = known.last_updated_at + timedelta(minutes=1)
                    compared.source.worlds[0].tickets[number] = structs.replace(known, last_updated_at=later)  # type: ignore[index]
                compared.poll("10:20")
            return getattr(compared.store, name)

    found = compare_tenant(Slow(), compared.settings, at("10:10"))  # type: ignore[arg-type]

    assert found == Tally(2, dict.fromkeys(CAUSES, 0))
