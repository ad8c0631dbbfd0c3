"""Live readings are checked again by independent code, and a wrong one is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from slamon.core.ticket import Stage
from slamon.jobs.recheck import recheck
from slamon.jobs.rederive import rederive
from tests.e2e.processes import sample
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk
from tests.jobs.world import Life, at, ticket, worlds_of

CHECKS = 'slamon_ledger_checks_total{tenant="main"}'
MISMATCHES = 'slamon_ledger_mismatches_total{tenant="main"}'


def counted(watched: Desk, series: str) -> float | None:
    return sample(watched.metrics.render()[0].decode(), series)


def test_every_poll_checks_some_readings_and_finds_them_right(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("10:30"), status="Waiting Customer").then(at("11:30"), status="In Progress")
    watched = desk(worlds_of(life, Life(ticket(2))))

    watched.polls("10:05", "10:31", "11:31")

    assert counted(watched, CHECKS) == 6
    assert counted(watched, MISMATCHES) == 0


def spoil(watched: Desk) -> None:
    """Store a reading whose goal is not the one that was promised."""
    right = watched.stored()
    resolve = replace(right.stage(Stage.RESOLVE), goal_seconds=60)
    wrong = replace(right, as_of=at("10:06"), stages=(*right.stages[:2], resolve))
    watched.store.save_evaluation(
        TENANT, now=at("10:06"), evaluated={}, readings=[wrong], transitions=[], notifications=[]
    )


def test_a_reading_that_is_wrong_is_counted(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))
    watched.poll("10:05")
    spoil(watched)

    assert recheck(watched.store, TENANT, at("10:07"), watched.metrics, Random(1)) == 1
    assert counted(watched, MISMATCHES) == 1


def test_one_that_was_read_anew_while_all_are_derived_is_not_called_wrong(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:30"), status="Waiting Customer")))
    watched.poll("10:05")

    def polled_meanwhile() -> Iterator[int]:
        watched.poll("10:31")
        yield 1

    assert list(rederive(watched.store, TENANT, polled_meanwhile(), at("10:06"))) == []


def test_one_that_is_wrong_is_found_when_all_are_derived(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))
    watched.poll("10:05")
    spoil(watched)

    found = list(rederive(watched.store, TENANT, [1], at("10:06")))

    assert [ticket_id for ticket_id, _ in found] == [1]
