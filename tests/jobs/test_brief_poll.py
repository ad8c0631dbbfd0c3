"""The first poll of a start is brief: what changed is read, judged and shown; what may wait comes with the second."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from slamon.core.ticket import Kind
from slamon.ports import RESTORED
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk
from tests.jobs.test_watch import quicken, run_until
from tests.jobs.world import Life, World, at, ticket, worlds_of


def brief_poll(desk: Desk, moment: str) -> None:
    desk.wall.moment = at(moment)
    assert asyncio.run(desk.watch.cycle(brief=True)).result == "ok"


def asked(desk: Desk) -> list[str]:
    """Return what was asked for, reference data left out."""
    return [what for what, _ in desk.source.asked if what != "reference"]


def test_it_brings_what_changed_and_leaves_the_sweep_to_the_next(desk: OpenDesk) -> None:
    changed = Life(ticket()).then(at("10:25"), status="In Progress")
    before, after = worlds_of(changed)
    gone = ticket(2)
    watched = desk([World(before.at, {**before.tickets, 2: gone}, before.trails), after])
    watched.poll("10:05")
    watched.start()

    brief_poll(watched, "10:30")
    assert watched.told()[-1] == ("status", "10:25:00", "In Progress")
    assert not watched.events(2, Kind.CANCELLED)

    watched.poll("10:31")
    assert watched.events(2, Kind.CANCELLED)


def test_it_leaves_old_trails_to_the_next_and_says_how_many_there_are(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:02"), status="In Progress")))
    watched.source.trails_fail = {1}
    watched.poll("10:05")
    watched.source.trails_fail = set()
    watched.start()

    brief_poll(watched, "10:30")
    assert watched.sample("slamon_trails_waiting", tenant=TENANT) == 1

    watched.poll("10:31")
    assert watched.sample("slamon_trails_waiting", tenant=TENANT) == 0


def test_a_start_sweeps_with_its_second_poll(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))
    watched.poll("10:05")
    watched.source.asked.clear()
    watch = quicken(watched, "10:06", 600, timedelta(seconds=30))

    run_until(watch, lambda: "open" in asked(watched))

    assert asked(watched)[: asked(watched).index("open")].count("tickets") == 2


def test_a_start_after_a_restore_sweeps_at_once_since_it_tells_what_happened_meanwhile(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))
    watched.poll("10:05")
    watched.store.claim_run(RESTORED, "2026-11-02T10:05:00Z", at("10:06"))
    watched.source.asked.clear()
    watch = quicken(watched, "10:07", 600, timedelta(seconds=30))

    run_until(watch, lambda: "open" in asked(watched))

    assert asked(watched)[: asked(watched).index("open")].count("tickets") == 1
