"""The open clocks as metrics: one collector that reads one snapshot per tenant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Lock

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from slamon.metrics.blocks import Block, LabelValues, Observed
from slamon.metrics.budget import ByTenant, Counts, fit
from slamon.metrics.objectives import objective_blocks
from slamon.metrics.snapshot import CONCLUDED, STATES, ClockSnapshot, PerStage
from slamon.ports.outcomes import ELAPSED_EDGES

MOST_SERIES = 5000  # on the whole page
PER_BOARD = 3 * len(STATES)
PER_OUTCOME = 3 * len(CONCLUDED)
LABELS = ("board", "priority", "team")


class OpenClocks(Collector):
    """Show the snapshots: open tickets by stage and state, deadlines as timestamps, breaches of all time.

    A tenant that does not answer keeps its last counts; `slamon_up` says so. *others*
    says how many series the rest of the page has, of *most* in all; *worst* tickets stand
    on it by number.

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

    def __init__(self, others: Callable[[], int] = lambda: 0) -> None:
        self.most_series = MOST_SERIES
        self.worst = 0
        self._others = others
        self._snapshots: dict[str, ClockSnapshot] = {}
        self._lock = Lock()
        self._is_stale = True
        self._blocks: dict[str, Block] = {}
        self._versions: dict[str, int] = {}

    def publish(self, snapshot: ClockSnapshot) -> None:
        """Show *snapshot* from now on instead of its tenant's last one."""
        with self._lock:
            if self._snapshots.get(snapshot.tenant) != snapshot:
                self._snapshots = {**self._snapshots, snapshot.tenant: snapshot}
                self._is_stale = True

    def forget(self, tenant: str) -> None:
        """Stop showing a tenant."""
        with self._lock:
            self._snapshots = {name: kept for name, kept in self._snapshots.items() if name != tenant}
            self._is_stale = True

    def limit(self, most_series: int, worst: int) -> None:
        """Show about *most_series* series on the whole page at most, and *worst* tickets by number."""
        with self._lock:
            self.most_series, self.worst, self._is_stale = most_series, worst, True

    def versions(self) -> Mapping[str, int]:
        """Return the families in order, each with a number that grows whenever it changes."""
        with self._lock:
            if self._is_stale:
                fresh = {block.name: block for block in self._all_blocks()}
                for name, block in fresh.items():
                    if self._blocks.get(name) != block:
                        self._versions[name] = self._versions.get(name, 0) + 1
                self._blocks, self._is_stale = fresh, False
            return {name: self._versions[name] for name in self._blocks}

    def block(self, name: str) -> Block:
        """Return one family as `versions` found it."""
        return self._blocks[name]

    def collect(self) -> Iterator[Metric]:
        return (self.block(name).metric() for name in self.versions())

    def _all_blocks(self) -> Iterator[Block]:
        shown = [self._snapshots[tenant] for tenant in sorted(self._snapshots)]
        fixed = [*_fixed_blocks(shown), *_detail_blocks(shown, self.worst), *objective_blocks(shown)]
        room = self.most_series - self._others() - sum(map(len, fixed)) - len(LABELS) * len(shown)
        parts, lost = _fitted(shown, room)
        # The largest stand first, as one reads them.
        yield from (block for name, block in parts.items() if name.startswith("slamon_tickets"))
        yield from fixed
        yield from (block for name, block in parts.items() if not name.startswith("slamon_tickets"))
        yield Block(
            "slamon_label_overflow",
            "gauge",
            "Names that are counted as `other`, or left out: there were too many.",
            ("tenant", "label"),
            [((s.tenant, label), float(lost[label][s.tenant])) for s in shown for label in LABELS],
        )


def _fitted(shown: Sequence[ClockSnapshot], room: int) -> tuple[dict[str, Block], Mapping[str, Counter[str]]]:
    """Return the families by board, priority and team in *room* series, and how many names at most each tenant lost.

    What is cheap comes first; the open tickets by priority and by team, which are the same ones once more, last.
    """
    slo = [(s.tenant, s.slo) for s in shown]
    by_priority = [(tenant, figures.by_priority if figures else ()) for tenant, figures in slo]
    by_board = [(tenant, figures.by_board if figures else ()) for tenant, figures in slo]
    wanted: tuple[tuple[str, str, str, ByTenant, int], ...] = (
        ("slamon_goals_concluded_total", "priority", "outcome", [(s.tenant, s.concluded) for s in shown], PER_OUTCOME),
        ("slamon_slo_goals_by_priority", "priority", "outcome", by_priority, PER_OUTCOME),
        ("slamon_tickets", "board", "state", [(s.tenant, s.boards) for s in shown], PER_BOARD),
        ("slamon_slo_goals_by_board", "board", "outcome", by_board, PER_OUTCOME),
        ("slamon_tickets_by_priority", "priority", "state", [(s.tenant, s.priorities) for s in shown], PER_BOARD),
        ("slamon_tickets_by_team", "team", "state", [(s.tenant, s.teams) for s in shown], PER_BOARD),
    )
    blocks: dict[str, Block] = {}
    lost: dict[str, Counter[str]] = {label: Counter() for label in LABELS}
    for name, label, last, counts, per_name in wanted:
        # A counter that names leave and enter would seem to start anew, and to leap: so it is never folded.
        kept, gone = fit(counts, room, per_name, fold_rest=not name.endswith("_total"))
        labels = ("tenant", label, "stage", last)
        blocks[name] = Block(name, "counter" if name.endswith("_total") else "gauge", _HELP[name], labels, _rows(kept))
        room -= len(blocks[name])
        lost[label] |= gone
    return blocks, lost


_HELP = {
    "slamon_tickets": "Open tickets by stage and state.",
    "slamon_tickets_by_priority": "Open tickets by priority, stage and state.",
    "slamon_tickets_by_team": "Open tickets by team, stage and state.",
    "slamon_goals_concluded_total": "Goals that were met and missed, ever.",
    "slamon_slo_goals_by_priority": "Goals met and missed this month, by priority.",
    "slamon_slo_goals_by_board": "Goals met and missed this month, by board.",
}


def _rows(counts: Iterable[tuple[str, Counts]]) -> list[tuple[LabelValues, float]]:
    return [((tenant, *row[:3]), float(row[3])) for tenant, rows in counts for row in rows]


def _fixed_blocks(shown: Sequence[ClockSnapshot]) -> Iterator[Block]:
    """Yield what has so many series a tenant."""
    for name, text, values in _GAUGES:
        yield Block(name, "gauge", text, ("tenant", "stage"), _per_stage(shown, values))
    for name, text, values in _COUNTERS:
        yield Block(name, "counter", text, ("tenant", "stage"), _per_stage(shown, values))
    yield Block(
        "slamon_goal_elapsed_seconds",
        "histogram",
        "Business time that goals took until they were met or missed.",
        ("stage",),
        histograms=_elapsed(shown),
        buckets=tuple(map(float, ELAPSED_EDGES)),
    )
    yield Block(
        "slamon_unmapped_statuses",
        "gauge",
        "Statuses in use whose meaning no rule gives.",
        ("tenant",),
        [((s.tenant,), float(s.unmapped_statuses)) for s in shown if s.unmapped_statuses is not None],
    )
    yield Block(
        "slamon_tickets_without_policy",
        "gauge",
        "Open tickets that no policy covers.",
        ("tenant",),
        [((s.tenant,), float(s.tickets_without_policy)) for s in shown if s.tickets_without_policy is not None],
    )


def _elapsed(shown: Sequence[ClockSnapshot]) -> list[tuple[LabelValues, Observed]]:
    """Return the times taken in all tenants together, by stage."""
    found: dict[str, Observed] = {}
    for snapshot in shown:
        for stage, one in snapshot.elapsed:
            so_far = found.get(stage, Observed((0,) * len(one.counts), 0.0))
            counts = tuple(a + b for a, b in zip(so_far.counts, one.counts, strict=True))
            found[stage] = Observed(counts, so_far.total + one.total)
    return [((stage,), observed) for stage, observed in found.items()]


def _detail_blocks(shown: Sequence[ClockSnapshot], most: int) -> Iterator[Block]:
    """Yield the goals due first, of all tenants together, and how many of each tenant are not among them."""
    if not most:
        return
    first = sorted((worst, s.tenant) for s in shown for worst in s.worst)[:most]
    listed = Counter(tenant for _, tenant in first)
    yield Block(
        "slamon_ticket_due_timestamp_seconds",
        "gauge",
        "When a goal is or was due, of the tickets due first.",
        ("tenant", "board", "stage", "ticket"),
        [((tenant, w.board, w.stage, str(w.ticket_id)), float(w.due_at)) for w, tenant in first],
    )
    yield Block(
        "slamon_detail_truncated",
        "gauge",
        "Goals with a due instant that are not listed by ticket: there are too many.",
        ("tenant",),
        [((s.tenant,), float(s.with_due - listed[s.tenant])) for s in shown],
    )


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


def _per_stage(
    snapshots: Sequence[ClockSnapshot], values: Callable[[ClockSnapshot], PerStage]
) -> list[tuple[LabelValues, float]]:
    return [((s.tenant, stage), value) for s in snapshots for stage, value in values(s)]
