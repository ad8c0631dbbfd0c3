"""The budget of series: a source that invents names fills no Prometheus, and no ticket leaves the sums."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slamon.core.ticket import Ref
from slamon.metrics import count_clocks
from slamon.metrics.budget import OTHER, Counts, fold
from slamon.metrics.clocks import MOST_BOARDS, MOST_PRIORITIES
from slamon.metrics.snapshot import STATES
from slamon.ports import Tracked
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


def test_a_board_renamed_ten_thousand_times_stays_within_the_budget() -> None:
    tracked: list[Tracked] = [
        running(number, board=Ref(1, f"Help Desk {number}"), priority=Ref(1, f"Priority {number}"))
        for number in range(10_000)
    ]
    metrics = make()
    metrics.publish(count_clocks([*tracked, *(running(10_000 + n) for n in range(3))], tenant="main"))

    found = [s for s in samples(metrics) if s.name == "slamon_tickets"]
    assert len(found) == (MOST_BOARDS + 1) * PER_NAME
    assert sum(s.value for s in found) == 3 * 10_003
    assert value(metrics, "slamon_tickets", tenant="main", board="Help Desk", stage="resolve", state="running") == 3
    assert value(metrics, "slamon_label_overflow", tenant="main", label="board") == 10_001 - MOST_BOARDS
    assert value(metrics, "slamon_label_overflow", tenant="main", label="priority") == 10_001 - MOST_PRIORITIES
    assert len(list(samples(metrics))) < 5_000


def test_nothing_overflows_on_a_usual_desk() -> None:
    metrics = make()
    metrics.publish(count_clocks([running()], tenant="main"))

    assert value(metrics, "slamon_label_overflow", tenant="main", label="board") == 0
