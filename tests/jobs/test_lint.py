"""The lint of a watched tenant: counted whenever the reference data are read, each finding logged once."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from slamon import log
from slamon.core.lint import RULES
from slamon.core.reference import BoardStatus
from slamon.core.ticket import Level
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk
from tests.jobs.world import HELP, Life, ticket, worlds_of

WAITING = BoardStatus(900, HELP.id, "Waiting on vendor", Level.RESPONDED)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    log.configure("info", "json", stream)
    yield stream
    log.configure("info", "json")


def told(stream: io.StringIO) -> list[dict[str, Any]]:
    lines = (json.loads(line) for line in stream.getvalue().splitlines())
    return [line for line in lines if line["event"] == "lint" and line["rule"] == "status_waiting_runs"]


def found(watched: Desk, rule: str) -> float | None:
    return watched.sample("slamon_lint_findings", tenant=TENANT, rule=rule)


def test_every_rule_is_at_zero_before_the_first_poll(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))

    assert [found(watched, rule.name) for rule in RULES] == [0.0] * len(RULES)


def test_a_finding_is_counted_while_it_lasts_and_logged_when_it_appears(desk: OpenDesk, logged: io.StringIO) -> None:
    watched = desk(worlds_of(Life(ticket())))
    orderly = watched.source.reference
    faulty = replace(orderly, statuses={**orderly.statuses, WAITING.id: WAITING})
    seen = []
    for reference in (orderly, faulty, faulty, orderly, faulty):
        watched.source.reference = reference
        watched.forget_reference()
        seen.append((found(watched, "status_waiting_runs"), len(told(logged))))

    assert seen == [(0.0, 0), (1.0, 1), (1.0, 1), (0.0, 1), (1.0, 2)]
    line = told(logged)[0]
    assert (line["level"], line["severity"], line["tenant"]) == ("warning", "warning", TENANT)
    assert line["subject"] == "board 'Help Desk', status 'Waiting on vendor'"
    assert "NoEscalation" in line["remedy"]


def test_findings_stop_no_poll(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))
    watched.source.reference = replace(watched.source.reference, statuses={}, calendars={}, server_zone=None)

    assert watched.poll("10:05").result == "ok"
    assert found(watched, "board_no_resolve") == 2.0
