"""The budget of series: a source that invents names fills no Prometheus, and no ticket leaves the sums."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slamon.core.month import Month
from slamon.core.reading import Verdict
from slamon.core.slo import Tally
from slamon.core.ticket import Ref
from slamon.metrics import ClockSnapshot, OpenBoard, count_board, count_clocks
from slamon.metrics.budget import Counts, fit, fold
from slamon.metrics.clocks import MOST_SERIES
from slamon.metrics.snapshot import STATES
from slamon.objectives import MonthCounts, slo_figures
from slamon.ports import GoalRow, GoalTotal, OpenRow, Tracked, columns_of
from slamon.ports.outcomes import OTHER
from tests.outputs.samples import NOW
from tests.outputs.test_metrics import make, running, samples, value

PER_NAME = 3 * len(STATES)


def goals(*rows: tuple[str, int]) -> Counts:
    return tuple((name, "resolve", "running", tickets) for name, tickets in rows)


def test_the_largest_stay_and_the_rest_is_other() -> None:
    kept, lost = fold([("a", goals(("x", 5), ("y", 1))), ("b", goals(("x", 3), ("z", 1)))], most=2)

    assert kept == [("a", goals(("x", 5), (OTHER, 1))), ("b", goals(("x", 3), (OTHER, 1)))]
    assert lost == {"a": 1, "b": 1}


def test_within_the_budget_nothing_changes() -> None:
    counts = [("a", goals(("x", 5), ("y", 0))), ("b", ())]

    assert fold(counts, most=2) == (counts, {})


TENANTS = st.dictionaries(
    st.sampled_from("abc"),
    st.dictionaries(st.sampled_from(["x", "y", "z", OTHER]), st.integers(0, 9)).map(lambda d: goals(*d.items())),
)


@given(TENANTS, st.integers(0, 6))
def test_no_goal_is_lost_and_the_budget_holds(tenants: dict[str, Counts], most: int) -> None:
    kept, lost = fold(list(tenants.items()), most)

    for tenant, rows in kept:
        assert sum(row[3] for row in rows) == sum(row[3] for row in tenants[tenant])
        assert len({row[:3] for row in rows}) == len(rows)
    named = sum(1 for _, rows in kept for name, *_ in rows if name != OTHER)
    assert named <= most
    assert sum(lost.values()) == max(0, sum(map(len, tenants.values())) - most)


@given(TENANTS, st.integers(0, 12), st.booleans())
def test_what_fits_is_within_the_room_and_what_is_lost_is_told(
    tenants: dict[str, Counts], series: int, fold_rest: bool
) -> None:
    kept, lost = fit(list(tenants.items()), series, 1, fold_rest=fold_rest)

    assert sum(len(rows) for _, rows in kept) <= max(series, 0)
    for tenant, rows in kept:
        there, was = sum(row[3] for row in rows), sum(row[3] for row in tenants[tenant])
        assert there == was or (lost[tenant] and there <= was)
    if series >= sum(map(len, tenants.values())):
        assert not lost


def test_a_board_renamed_ten_thousand_times_stays_within_the_budget() -> None:
    tracked: list[Tracked] = [
        running(number, board=Ref(1, f"Help Desk {number}"), priority=Ref(1, f"Priority {number}"))
        for number in range(10_000)
    ]
    metrics = make()
    metrics.publish(count_clocks([*tracked, *(running(10_000 + n) for n in range(3))], tenant="main"))

    found = [s for s in samples(metrics) if s.name == "slamon_tickets"]
    assert len(found) > 100 * PER_NAME
    assert sum(s.value for s in found) == 3 * 10_003
    assert value(metrics, "slamon_tickets", tenant="main", board="Help Desk", stage="resolve", state="running") == 3
    named = len({s.labels["board"] for s in found} - {OTHER})
    assert value(metrics, "slamon_label_overflow", tenant="main", label="board") == 10_001 - named
    assert value(metrics, "slamon_label_overflow", tenant="main", label="priority") == 10_001
    assert len(list(samples(metrics))) <= MOST_SERIES


def test_fifty_thousand_tickets_on_a_hundred_boards_of_twenty_tenants_stay_within_it() -> None:
    names = [f"tenant-{number}" for number in range(20)]
    metrics = make(tenants=tuple(names))
    for tenant in names:
        for endpoint in range(16):
            metrics.count("slamon_api_requests_total", tenant=tenant, endpoint=f"/e/{endpoint}", code="2xx")
            metrics.observe("slamon_api_request_duration_seconds", 0.1, endpoint=f"/e/{endpoint}")
        metrics.publish(large_desk(tenant, tickets=2500, boards=5))

    found = list(samples(metrics))
    assert 4000 < len(found) <= MOST_SERIES
    assert sum(s.value for s in found if s.name == "slamon_tickets") == 3 * 50_000
    assert len({s.labels["priority"] for s in found if s.name == "slamon_slo_goals_by_priority"}) == 4
    assert len({s.labels["tenant"] for s in found if s.name == "slamon_goals_concluded_total"}) == 20
    assert sum(s.value for s in found if s.name == "slamon_label_overflow") > 0


def test_a_hundred_boards_of_one_tenant_all_have_their_series() -> None:
    metrics = make()
    metrics.publish(large_desk("main", tickets=50_000, boards=100))

    found = list(samples(metrics))
    assert len(found) <= MOST_SERIES
    for name, label, names in (
        ("slamon_tickets", "board", 100),
        ("slamon_slo_goals_by_board", "board", 100),
        ("slamon_tickets_by_priority", "priority", 4),
    ):
        assert len({s.labels[label] for s in found if s.name == name}) == names, name
    assert value(metrics, "slamon_label_overflow", tenant="main", label="board") == 0


def large_desk(tenant: str, *, tickets: int, boards: int, taken: int = 3) -> ClockSnapshot:
    """A desk whose goals stand in every state on every board, and ended in every way, *taken* times each."""
    verdicts = [verdict for verdict in Verdict if verdict is not Verdict.CANCELLED]
    goals = [GoalRow(str(verdict), False, 1_794_588_300, 1_794_500_000) for verdict in verdicts]
    each = [(goals[at % 8], goals[at // 8 % 8], goals[at // 64 % 8]) for at in range(512)]
    rows = (
        OpenRow(at, f"{tenant} {at % boards}", f"Priority {at % 4}", each[at // boards % 512]) for at in range(tickets)
    )
    board = OpenBoard(columns_of(rows))
    ended = [
        Tally(stage, outcome, f"{tenant} {desk}", f"Priority {desk % 4}", None, "gold", 95, taken)
        for stage in range(3)
        for outcome in ("met", "missed")
        for desk in range(boards)
    ]
    totals = [GoalTotal(row.stage, str(row.priority), row.outcome, 900, taken, 900) for row in ended]
    month = Month("2026-11", NOW - timedelta(days=12), NOW + timedelta(days=18))
    figures = slo_figures(MonthCounts(month, ended, (), NOW - timedelta(days=12)), board, (), NOW)
    return count_board(board, tenant=tenant, totals=totals, slo=figures)


@pytest.mark.parametrize("most", [0, 2, 200])
def test_only_the_worst_tickets_stand_on_the_page_and_it_says_how_many_do_not(most: int) -> None:
    metrics = make(tenants=("main", "other"))
    metrics.limit(MOST_SERIES, most)
    for tenant, late in (("main", 300), ("other", 0)):
        paused = GoalRow("paused", False, None, None)
        due = [GoalRow("running", False, late + 10 * number, None) for number in (1, 2)]
        rows = [OpenRow(number, "Desk", None, (goal, goal, paused)) for number, goal in enumerate(due, 1)]
        metrics.publish(count_board(OpenBoard(columns_of(rows)), tenant=tenant, worst=most))

    found = [s for s in samples(metrics) if s.name == "slamon_ticket_due_timestamp_seconds"]
    assert len(found) == min(most, 8)
    assert [(s.labels["tenant"], s.labels["ticket"], s.value) for s in found[:1]] == [("other", "1", 10.0)][:most]
    cut = {tenant: value(metrics, "slamon_detail_truncated", tenant=tenant) for tenant in ("main", "other")}
    assert cut == {0: {"main": None, "other": None}, 2: {"main": 4, "other": 2}, 200: {"main": 0, "other": 0}}[most]


def test_nothing_overflows_on_a_usual_desk() -> None:
    metrics = make()
    metrics.publish(count_clocks([running()], tenant="main"))

    assert value(metrics, "slamon_label_overflow", tenant="main", label="board") == 0
