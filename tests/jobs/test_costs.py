"""What a poll costs follows what has changed, and the counts it keeps are those that the store has."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

import pytest

from slamon.core.ticket import Ref
from slamon.jobs import evaluate, intake
from slamon.metrics import Metrics, count_clocks
from slamon.ports import Store
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk
from tests.jobs.world import NOC, World, at, status, ticket, worlds_of
from tests.jobs.world import Life as Told

OPEN = 300


class Watching:
    """The real store; notes what is asked of it, and how much comes back."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.answers: list[tuple[str, int]] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def noted(*arguments: Any, **named: Any) -> Any:
            answer = method(*arguments, **named)
            self.answers.append((name, len(answer) if isinstance(answer, Sized) else 1))
            return answer

        return noted


def watching(watched: Desk) -> Watching:
    assert isinstance(watched.used, Watching)
    return watched.used


def test_a_poll_with_one_change_looks_at_one_ticket(desk: OpenDesk) -> None:
    early = {"entered_at": at("09:00"), "last_updated_at": at("09:00")}
    lives = [Told(ticket(7)), *(Told(ticket(number, **early)) for number in range(8, OPEN))]
    lives[0].then(at("10:25"), status="Assigned")
    watched = desk(worlds_of(*lives), wrap=Watching)
    watched.polls("10:05", "10:20")
    watching(watched).answers.clear()

    assert watched.poll("10:26").changed == 1

    asked = watching(watched).answers
    assert {"load_tickets", "load_history", "load_readings", "load_open_columns_of"} <= {name for name, _ in asked}
    assert max(size for _, size in asked) < 10


def test_a_poll_without_a_change_writes_its_record_only(desk: OpenDesk) -> None:
    watched = desk([World(at("09:00"), {number: ticket(number) for number in range(1, 4)})], wrap=Watching)
    watched.polls("10:05", "10:10")
    watching(watched).answers.clear()

    watched.poll("10:11")

    assert [name for name, _ in watching(watched).answers if name.startswith("save")] == ["save_poll"]


def test_many_are_evaluated_chunk_by_chunk(desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "CHUNK", 100)
    monkeypatch.setattr(intake, "CHUNK", 100)
    watched = desk([World(at("10:00"), {number: ticket(number) for number in range(1, 251)})], wrap=Watching)

    watched.poll("10:05")

    loaded = [size for name, size in watching(watched).answers if name == "load_history"]
    assert loaded[:3] == [200, 200, 100]  # entry and terms of 100, 100 and 50 tickets
    assert watched.sample("slamon_tickets", tenant=TENANT, board="Help Desk", stage="plan", state="running") == 250


def test_the_counts_kept_are_those_of_the_store(desk: OpenDesk) -> None:
    lives = [
        Told(ticket(1)).then(at("10:20"), status="Waiting Customer").then(at("13:00"), status="In Progress"),
        Told(ticket(2))
        .then(at("10:40"), board=NOC, status="Assigned")
        .then(at("15:00"), status=">Closed", closed=True),
        Told(ticket(3)).then(at("12:00"), priority=Ref(2, "Priority 2"), status="Completed"),
        Told(ticket(4)).then(at("16:00"), merged_into_id=1),
        Told(ticket(5, board=NOC, status=status("New", NOC))).then(at("10:10"), summary="another"),
    ]
    watched = desk(worlds_of(*lives))

    for hour in range(10, 19):
        for minute in (5, 25, 45):
            watched.poll(f"{hour}:{minute:02}")
            assert clocks(watched.metrics) == clocks(counted_anew(watched)), f"{hour}:{minute}"
        watched.evaluate(f"{hour}:59")
        assert clocks(watched.metrics) == clocks(counted_anew(watched))
    assert watched.sample("slamon_breaches_total", tenant=TENANT, stage="resolve") == 4


def counted_anew(watched: Desk) -> Metrics:
    fresh = Metrics(version="0", tzdata_version="0", tenants=[TENANT])
    boards = [board.name for board in watched.source.reference.boards.values()]
    transitions = watched.store.count_transitions(TENANT)
    snapshot = count_clocks(watched.store.load_open(TENANT), tenant=TENANT, boards=boards, transitions=transitions)
    fresh.publish(snapshot)
    return fresh


def clocks(metrics: Metrics) -> list[str]:
    shown = ("slamon_tickets", "slamon_next", "slamon_oldest", "slamon_breaches", "slamon_near")
    return [line for line in metrics.render()[0].decode().splitlines() if line.startswith(shown)]
