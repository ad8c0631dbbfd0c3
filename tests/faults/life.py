"""One life of a simulated desk, watched calmly or through bad answers: what was known at each poll, and in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from slamon.core.reading import Reading
from slamon.core.ticket import Event, Kind, Stage, Ticket
from slamon.core.transition import Change
from slamon.demo.folder import TENANT
from slamon.errors import SourceError
from slamon.jobs.evaluate import Evaluator
from slamon.ports import Unobserved
from slamon.simulator import Chaos, Fault, SimClock, Simulator, SimulatorServer
from slamon.store.sql import SqlStore
from tests.faults.desk import HASTY, PATIENT, START, Desk, watching

STEP = timedelta(minutes=5)
SWEEP_EVERY = 8  # cycles
CALM = 3
"""Cycles without chaos at the end of every life, the first of them with a sweep as it comes once an hour."""

LONG = datetime(2100, 1, 1, tzinfo=START.tzinfo)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how lively: the same plan gives the same life, however it is watched."""

    seed: int = 7
    tickets: int = 150
    closed: int = 60
    cycles: int = 40
    arrivals_a_day: float = 240.0


@dataclass(frozen=True, slots=True)
class Breach:
    """A breach as told. `blind`: no successful poll had begun since the deadline."""

    ticket_id: int
    stage: Stage
    due_at: datetime | None
    seen_at: datetime
    blind: bool


@dataclass
class Life:
    """What came of it. `closed[n]` are the tickets held for closed after cycle n."""

    tickets: Mapping[int, Ticket] = field(default_factory=dict)
    events: Mapping[int, Sequence[Event]] = field(default_factory=dict)
    readings: Mapping[int, Reading] = field(default_factory=dict)
    closed: list[set[int]] = field(default_factory=list)
    breaches: list[Breach] = field(default_factory=list)
    requests: int = 0
    bad: Counter[Fault] = field(default_factory=Counter)
    failed_polls: int = 0
    refused_sweeps: int = 0
    doubted_trails: int = 0

    @property
    def deleted(self) -> set[int]:
        """The tickets that were ever held for deleted."""
        return {
            number
            for number, events in self.events.items()
            if any(event.kind is Kind.CANCELLED and event.name == "deleted" for event in events)
        }


async def live(plan: Plan, folder: Path, chaos: Chaos | None = None) -> Life:
    """Live through *plan*: one calm poll, `plan.cycles` through *chaos*, then calm ones."""
    clock = SimClock(START, speed=0)
    simulator = Simulator(plan.seed, plan.tickets, plan.closed, clock=clock, arrivals_a_day=plan.arrivals_a_day)
    life = Life()
    async with (
        SimulatorServer(simulator, chaos=chaos or Chaos(rate=0)) as server,
        watching(server.url, clock, folder, poll_every=STEP, sweep_every=SWEEP_EVERY * STEP, page_size=25) as desk,
    ):
        assert server.faults is not None
        chaos, server.faults.chaos = server.faults.chaos, None
        assert (await desk.cycle()).result == "ok"
        await desk.use(HASTY)
        server.faults.chaos = chaos
        for cycle in range(plan.cycles):
            if cycle % SWEEP_EVERY == SWEEP_EVERY - 1:
                with suppress(SourceError):  # as in the daemon: the old reference data hold
                    await desk.watch.refresh_reference()
            await _step(desk, life)
        server.faults.chaos = None
        await _calm_down(desk, life)
        life.requests, life.bad = server.faults.requests, server.faults.counts
        _take_stock(desk, life)
    return life


async def _calm_down(desk: Desk, life: Life) -> None:
    await desk.use(PATIENT)
    await desk.watch.refresh_reference()
    desk.state.swept_at = None
    for _ in range(CALM):
        failed = life.failed_polls
        await _step(desk, life)
        assert life.failed_polls == failed


async def _step(desk: Desk, life: Life) -> None:
    poll = await desk.cycle(STEP)
    life.failed_polls += poll.result == "failed"
    known = desk.store.load_tickets(TENANT, stored_ids(desk.store))
    life.closed.append({number for number, ticket in known.items() if ticket.closed})
    last = desk.store.load_last_poll(TENANT, successful=True)
    assert last is not None
    for record in desk.store.load_transitions(TENANT, desk.now, LONG):
        told = record.transition
        if told.change is Change.BREACHED:
            blind = last.started_at < told.at
            life.breaches.append(Breach(told.ticket_id, told.stage, told.due_at, record.seen_at, blind))


def _take_stock(desk: Desk, life: Life) -> None:
    ids = stored_ids(desk.store)
    life.tickets = desk.store.load_tickets(TENANT, ids)
    life.events = {number: desk.store.load_events(TENANT, number) for number in ids}
    read = Evaluator(TENANT, desk.store, Unobserved()).read(ids, desk.now)
    life.readings = {reading.ticket_id: reading for reading in read}
    life.refused_sweeps = int(desk.sample("slamon_sweeps_refused_total"))
    life.doubted_trails = int(desk.sample("slamon_audit_trails_doubted_total"))


def stored_ids(store: SqlStore) -> list[int]:
    """Return the ids of all tickets that are stored."""
    with store._database.reading() as connection:
        return list(connection.exec_driver_sql("SELECT id FROM tickets ORDER BY id").scalars())
