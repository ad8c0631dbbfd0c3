"""A month of a service desk, drawn once: tickets that wait, change priority and board, reopen and close."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from slamon.core.ticket import Ref
from tests.jobs.world import HOUR, MINUTE, NOC, Life, World, at, ticket, worlds_of

BEGIN, END = at("2026-10-01T00:00"), at("2026-11-01T00:00")
COMPANIES = (Ref(20, "Acme"), Ref(21, "Beta"), Ref(22, "Gamma"))
_NEXT = ("Assigned", "In Progress", "Waiting Customer", "In Progress", "Completed")


def month(seed: int, tickets: int) -> list[World]:
    """Return what ConnectWise knew at each instant of October 2026."""
    random = Random(seed)
    return worlds_of(*(_life(random, number) for number in range(1, tickets + 1)))


def poll_moments(polls: int) -> list[datetime]:
    """Return so many instants, evenly spread, the last one at the end of the month."""
    return [BEGIN + (END - BEGIN) * step / polls for step in range(1, polls + 1)]


def _life(random: Random, number: int) -> Life:
    moment = BEGIN + random.randrange(0, 24 * 24 * 60) * MINUTE
    company, rank = random.choice(COMPANIES), random.randint(1, 4)
    first = ticket(number, entered_at=moment, last_updated_at=moment, company=company, priority=_priority(rank))
    life = Life(first)
    for name in _NEXT:
        moment += timedelta(minutes=random.choice((10, 60, 180, 540)) * random.randint(1, 8) // 4)
        if random.random() < 0.85:
            life.then(moment, status=name)
        if random.random() < 0.15:
            life.then(moment + MINUTE, priority=_priority(random.randint(1, 4)))
        if random.random() < 0.05 and life.changes[-1:] and "status" in life.changes[-1][1]:
            life.then(moment + 2 * MINUTE, board=NOC, status=name)
    if random.random() < 0.2:
        life.then(moment + HOUR, status="In Progress").then(moment + 2 * HOUR, status="Completed")
    if random.random() < 0.8:
        life.then(moment + 5 * HOUR, status=">Closed", closed=True)
    return life


def _priority(rank: int) -> Ref:
    return Ref(rank, f"Priority {rank}")
