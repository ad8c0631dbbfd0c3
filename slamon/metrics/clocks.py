"""The open clocks as metrics: one collector that reads one snapshot per tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from slamon.metrics.budget import Counts, fold
from slamon.metrics.snapshot import ClockSnapshot, PerStage

# Each stands for 27 series. Together with the rest they keep a page near five thousand.
MOST_BOARDS = 100
MOST_PRIORITIES = 60


class OpenClocks(Collector):
    """Show the snapshots: open tickets by stage and state, deadlines as timestamps, breaches of all time.

    A tenant that does not answer keeps its last counts; `slamon_up` says so.

    # HELP slamon_tickets Open tickets by stage and state.
    # TYPE slamon_tickets gauge
    slamon_tickets{board="Help Desk",stage="resolve",state="running",tenant="main"} 12.0
    # HELP slamon_next_deadline_timestamp_seconds The next deadline of a running goal; absent when none is due.
    # TYPE slamon_next_deadline_timestamp_seconds gauge
    slamon_next_deadline_timestamp_seconds{stage="resolve",tenant="main"} 1.7945883e+09
    # HELP slamon_breaches_total Goals that broke, ever.
    # TYPE slamon_breaches_total counter
    slamon_breaches_total{stage="resolve",tenant="main"} 3.0
    """

    def __init__(self) -> None:
        self._snapshots: dict[str, ClockSnapshot] = {}
        self.version = 0

    def publish(self, snapshot: ClockSnapshot) -> None:
        """Show *snapshot* from now on instead of its tenant's last one."""
        if self._snapshots.get(snapshot.tenant) != snapshot:
            # A new mapping, so a scrape that is under way keeps the one it began with.
            self._snapshots = {**self._snapshots, snapshot.tenant: snapshot}
            self.version += 1

    def forget(self, tenant: str) -> None:
        """Stop showing a tenant."""
        self._snapshots = {name: kept for name, kept in self._snapshots.items() if name != tenant}
        self.version += 1

    def collect(self) -> Iterator[Metric]:
        shown = [self._snapshots[tenant] for tenant in sorted(self._snapshots)]
        boards, boards_lost = fold([(s.tenant, s.boards) for s in shown], MOST_BOARDS)
        priorities, priorities_lost = fold([(s.tenant, s.priorities) for s in shown], MOST_PRIORITIES)
        yield _tickets("slamon_tickets", "Open tickets by stage and state.", "board", boards)
        yield _tickets(
            "slamon_tickets_by_priority", "Open tickets by priority, stage and state.", "priority", priorities
        )
        overflow = GaugeMetricFamily(
            "slamon_label_overflow",
            "Names that are counted as `other`: there were too many.",
            labels=("tenant", "label"),
        )
        for name, text, values in _GAUGES:
            yield _per_stage(GaugeMetricFamily(name, text, labels=("tenant", "stage")), shown, values)
        for name, text, values in _COUNTERS:
            yield _per_stage(CounterMetricFamily(name, text, labels=("tenant", "stage")), shown, values)
        unmapped = GaugeMetricFamily(
            "slamon_unmapped_statuses", "Statuses in use whose meaning no rule gives.", labels=("tenant",)
        )
        without = GaugeMetricFamily(
            "slamon_tickets_without_policy", "Open tickets that no policy covers.", labels=("tenant",)
        )
        for snapshot in shown:
            overflow.add_metric((snapshot.tenant, "board"), boards_lost[snapshot.tenant])
            overflow.add_metric((snapshot.tenant, "priority"), priorities_lost[snapshot.tenant])
            if snapshot.unmapped_statuses is not None:
                unmapped.add_metric((snapshot.tenant,), snapshot.unmapped_statuses)
            if snapshot.tickets_without_policy is not None:
                without.add_metric((snapshot.tenant,), snapshot.tickets_without_policy)
        yield overflow
        yield unmapped
        yield without


_GAUGES: tuple[tuple[str, str, Callable[[ClockSnapshot], PerStage]], ...] = (
    (
        "slamon_next_deadline_timestamp_seconds",
        "The next deadline of a running goal; absent when none is due.",
        lambda s: s.next_deadlines,
    ),
    (
        "slamon_oldest_breach_timestamp_seconds",
        "When the oldest open breach happened; absent without one.",
        lambda s: s.oldest_breaches,
    ),
)
_COUNTERS: tuple[tuple[str, str, Callable[[ClockSnapshot], PerStage]], ...] = (
    ("slamon_breaches_total", "Goals that broke, ever.", lambda s: s.breaches),
    ("slamon_near_breaches_total", "Goals that came near a breach, ever.", lambda s: s.near_breaches),
)


def _tickets(name: str, text: str, label: str, counts: Sequence[tuple[str, Counts]]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=("tenant", label, "stage", "state"))
    for tenant, rows in counts:
        for value, stage, state, tickets in rows:
            family.add_metric((tenant, value, stage, state), tickets)
    return family


def _per_stage(
    family: GaugeMetricFamily | CounterMetricFamily,
    snapshots: Sequence[ClockSnapshot],
    values: Callable[[ClockSnapshot], PerStage],
) -> Metric:
    for snapshot in snapshots:
        for stage, value in values(snapshot):
            family.add_metric((snapshot.tenant, stage), value)
    return family
