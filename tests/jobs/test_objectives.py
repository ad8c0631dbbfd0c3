"""The objectives of the month, from polls to the page: the same after a restart and on every daemon."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from slamon.core.policy import Percents
from slamon.core.promise import PolicyRule, PromiseSettings
from slamon.core.reference import GoalHours
from slamon.jobs.tenant import TenantSettings
from slamon.metrics import Metrics
from slamon.standby import show_stored
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from tests.jobs.desk import TENANT, Desk
from tests.jobs.world import DAY, HOUR, Life, at, ticket, worlds_of
from tests.outputs.test_metrics import samples

RESPOND = PolicyRule("default", calendar="AllHours", goals=GoalHours(respond=1))
SETTINGS = TenantSettings(
    TENANT, PromiseSettings(RESPOND, percents={"default": Percents(respond=60)}), companies=("Acme",), worst_tickets=3
)
BUSINESS = ("slamon_slo_", "slamon_goal", "slamon_tickets", "slamon_breaches", "slamon_near", "slamon_ticket_due")
ONLY_HERE = ("slamon_tickets_without_policy",)  # known only to the daemon that watches


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    with closing(open_store(url)) as opened:
        yield opened


def lives() -> list[Life]:
    """Two answered in time, one late, one breached and open, one in time so far."""
    met = [Life(ticket(n)).then(at("10:30"), status="Assigned") for n in (1, 2)]
    missed = Life(ticket(3)).then(at("11:30"), status="Assigned")
    running = Life(ticket(5, entered_at=at("12:00"), last_updated_at=at("12:00"), company=None))
    return [*met, missed, Life(ticket(4)), running]


def business(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (s.name, tuple(sorted(s.labels.items()))): s.value
        for s in samples(metrics)
        if s.name.startswith(BUSINESS) and s.name not in ONLY_HERE
    }


def ends(store: SqlStore) -> dict[tuple[int, str], int]:
    rows = store.count_outcomes(TENANT, at("00:00"), at("00:00") + DAY)
    return {(row.stage, row.outcome): row.goals for row in rows}


def goals(desk: Desk, name: str = "slamon_slo_goals", **labels: str) -> dict[str, float]:
    found = [s for s in samples(desk.metrics) if s.name == name and labels.items() <= s.labels.items()]
    return {s.labels["outcome"]: s.value for s in found if s.labels["stage"] == "respond"}


def test_a_restart_and_a_second_daemon_show_the_same_figures(store: SqlStore) -> None:
    desk = Desk(store, worlds_of(*lives()), SETTINGS)
    desk.metrics.limit(5000, 3)
    desk.polls("10:05", "10:45", "11:45", "12:10")
    before = business(desk.metrics)

    assert goals(desk) == {"met": 2, "missed": 1, "late": 1, "excluded": 0}
    assert goals(desk, "slamon_slo_goals_by_company", company="Acme") == {"met": 2, "missed": 1}
    assert goals(desk, "slamon_slo_goals_by_company", company="other") == {"met": 0, "missed": 0}
    assert goals(desk, "slamon_goals_concluded_total", priority="Priority 1") == {"met": 2, "missed": 1}
    assert before["slamon_goal_elapsed_seconds_sum", (("stage", "respond"),)] == 2 * 1800 + 5400
    assert before["slamon_slo_target_ratio", (("stage", "respond"), ("tenant", TENANT))] == 0.6

    others = [Metrics(version="0", tzdata_version="0", tenants=[TENANT], strict=True) for _ in range(2)]
    for metrics in others:
        metrics.limit(5000, 3)
    show_stored(store, SETTINGS, others[0], at("12:10"))
    desk.metrics = others[1]
    desk.start()
    desk.polls("12:10")

    assert business(others[0]) == before
    assert business(others[1]) == before


def test_figures_of_a_new_month_begin_anew_and_counters_go_on(store: SqlStore) -> None:
    desk = Desk(store, worlds_of(*lives()), SETTINGS)
    desk.polls("10:05", "10:45", "12:10")

    desk.polls(at("2026-12-01T00:00") - HOUR)
    assert goals(desk)["met"] == 2
    desk.polls(at("2026-12-01T00:00"))

    assert goals(desk) == {"met": 0, "missed": 0, "late": 0, "excluded": 0}  # what broke in November is November's
    assert goals(desk, "slamon_goals_concluded_total", priority="Priority 1") == {"met": 2, "missed": 1}


def test_what_is_reopened_and_cancelled_is_taken_out_of_its_month(store: SqlStore) -> None:
    resolve = PolicyRule("default", calendar="AllHours", goals=GoalHours(respond=1, resolve=4))
    settings = TenantSettings(TENANT, PromiseSettings(resolve, percents_else=Percents(90, 90, 90)))
    done = Life(ticket(1)).then(at("10:30"), status="Completed").then(at("11:00"), status="In Progress")
    merged = Life(ticket(2)).then(at("10:30"), status="Assigned").then(at("11:00"), merged_into_id=1)
    desk = Desk(store, worlds_of(done, merged), settings)
    desk.polls("10:05", "10:45")
    assert goals(desk) == {"met": 2, "missed": 0, "late": 0, "excluded": 0}
    ended = {
        (row.stage, row.outcome): row.goals for row in store.count_outcomes(TENANT, at("00:00"), at("00:00") + DAY)
    }
    assert ended == {(0, "met"): 2, (2, "met"): 1}

    desk.polls("11:05")

    assert goals(desk) == {"met": 1, "missed": 0, "late": 0, "excluded": 1}
    ended = {
        (row.stage, row.outcome): row.goals for row in store.count_outcomes(TENANT, at("00:00"), at("00:00") + DAY)
    }
    assert ended == {(0, "met"): 1, (0, "cancelled"): 1, (2, "cancelled"): 1}


def test_what_is_learnt_late_belongs_to_the_month_in_which_it_was(store: SqlStore) -> None:
    desk = Desk(store, worlds_of(Life(ticket(1)).then(at("10:30"), status="Assigned")), SETTINGS)
    desk.polls(at("2026-12-03T09:00"))

    assert goals(desk) == {"met": 0, "missed": 0, "late": 0, "excluded": 0}
    november = store.count_outcomes(TENANT, at("2026-11-01T00:00"), at("2026-12-01T00:00"))
    assert [(row.outcome, row.goals) for row in november] == [("met", 1)]
    assert store.load_first_outcome_at(TENANT, at("2026-11-01T00:00")) == at("10:30")
