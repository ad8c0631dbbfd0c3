"""One hash over all stored history: the same for the same, whatever keeps it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from click.testing import CliRunner
from msgspec import structs

from slamon.cli.db import db
from slamon.core.ticket import Kind
from slamon.jobs.prune import prune
from slamon.ports import Unobserved
from slamon.simulator import SimClock, Simulator, SimulatorServer
from slamon.store.migrate import open_store, open_to_read
from slamon.store.sql import SqlStore
from tests.faults.desk import START, watching

from .samples import DAY, HOUR, MAIN, NOW, entered, event, note, poll, reading, ticket, transition

STEP = timedelta(minutes=20)


async def live(database: str, folder: Path) -> str:
    """Watch the same two hours of the same simulated desk; return the digest of what is stored then."""
    clock = SimClock(START, speed=0)
    simulator = Simulator(7, 40, 20, clock=clock, arrivals_a_day=400.0)
    async with (
        SimulatorServer(simulator) as server,
        watching(server.url, clock, folder, poll_every=STEP, sweep_every=HOUR, database=database) as desk,
    ):
        for _ in range(7):
            assert (await desk.cycle(STEP)).result == "ok"
        found = desk.store.digest()
    assert {one.table: one.rows > 0 for one in found.tables} == {
        **dict.fromkeys(("tickets", "events", "readings", "transitions", "notifications", "versions"), True),
        **dict.fromkeys(("outcomes", "names"), True),
        **dict.fromkeys(("rungs", "interventions", "reports", "report_files", "recomputes"), False),
    }
    return found.digest


def test_one_life_has_one_digest_on_sqlite_and_postgres(sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    one, other = (asyncio.run(live(url, tmp_path / str(place))) for place, url in enumerate((sqlite_url, postgres_url)))

    assert one == other
    reader = open_to_read(postgres_url)
    assert reader.digest().digest == one
    reader.close()


def fill(store: SqlStore, numbers: list[int], **changes: Any) -> None:
    for number in numbers:
        one = structs.replace(ticket(number, closed=True), **changes)
        store.save_poll(poll(NOW + number * HOUR), [one], [entered(number), event(number, NOW)])
        store.save_evaluation(
            MAIN,
            now=NOW,
            evaluated={number: None},
            readings=[reading(number, NOW - DAY), reading(number, NOW)],
            transitions=[transition(number)],
            notifications=[note(str(number), ticket_id=number)],
        )


def test_the_order_of_storing_does_not_matter_but_every_value_does(url: str, store: SqlStore, tmp_path: Path) -> None:
    fill(store, [1, 2, 3])
    found = {}
    for name, numbers, changes in (
        ("same", [3, 1, 2], {}),
        ("fewer", [3, 1], {}),
        ("other", [3, 1, 2], {"summary": "Printer"}),
    ):
        twin = open_store(f"sqlite:///{tmp_path / name}.db")
        fill(twin, list(numbers), **changes)
        found[name] = twin.digest().digest
        twin.close()

    digest = store.digest().digest
    assert found["same"] == digest == store.digest().digest
    assert len({digest, found["fewer"], found["other"]}) == 3


def test_the_order_of_a_tickets_events_matters(store: SqlStore) -> None:
    store.save_poll(poll(), [ticket(1)], [entered(1), event(1, NOW)])
    before = store.digest().digest
    store.save_poll(poll(NOW + HOUR), [], [event(1, NOW, Kind.RETOLD, level=None)])

    assert store.digest().digest != before


def test_what_is_pruned_changes_nothing_of_what_stays(store: SqlStore, tmp_path: Path) -> None:
    fill(store, [2, 3])
    kept = store.digest().digest
    old = NOW - 2000 * DAY
    store.save_poll(poll(), [ticket(1, closed=True, last_updated_at=old)], [event(1, old, Kind.ENTERED)])
    store.save_evaluation(
        MAIN, now=old, evaluated={1: None}, readings=[reading(1, old)], transitions=[transition(1)], notifications=[]
    )
    assert store.digest().digest != kept

    prune(store, {"events": NOW - 1000 * DAY}, Unobserved())

    assert store.digest().digest == kept


def test_the_command(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    fill(store, [1])
    digest = store.digest().digest
    store.close()
    app = SimpleNamespace(open_to_read=lambda: open_to_read(sqlite_url))

    plain = CliRunner().invoke(db, ["digest"], obj=app)
    as_json = CliRunner().invoke(db, ["digest", "--json"], obj=app)

    assert plain.output.splitlines()[-1] == digest
    assert json.loads(as_json.output)["digest"] == digest
