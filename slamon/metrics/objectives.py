"""The objectives of the month as metrics: exact counts for each tenant and stage, and for the companies listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from slamon.core.slo import Objective
from slamon.metrics.blocks import Block
from slamon.metrics.snapshot import ClockSnapshot

OUTCOMES: tuple[tuple[str, Callable[[Objective], int]], ...] = (
    ("met", lambda o: o.met),
    ("missed", lambda o: o.missed),
    ("late", lambda o: o.late),
    ("excluded", lambda o: o.excluded),
)
_GAUGES: tuple[tuple[str, str, Callable[[Objective], float | None]], ...] = (
    (
        "slamon_slo_target_ratio",
        "Share of this month's goals that is to be met; absent where nobody says any.",
        lambda o: None if o.target_percent is None else o.target_percent / 100,
    ),
    ("slamon_slo_budget_goals", "Goals that may be missed in the whole of this month.", lambda o: o.allowed),
    (
        "slamon_slo_budget_left_goals",
        "Goals that may still be missed this month; below 0 the objective is missed.",
        lambda o: o.left,
    ),
    (
        "slamon_slo_miss_probability",
        "How probable it is that this month's objective will be missed, 0 to 1.",
        lambda o: o.miss_probability,
    ),
)


def objective_blocks(shown: Sequence[ClockSnapshot]) -> Iterator[Block]:
    """Yield the families of the objectives."""
    found = [(s.tenant, s.slo) for s in shown if s.slo is not None]
    each = [(tenant, objective) for tenant, figures in found for objective in figures.objectives]
    yield Block(
        "slamon_slo_month_timestamp_seconds",
        "gauge",
        "When the month began that the objectives are of.",
        ("tenant",),
        [((tenant,), figures.month_began_at) for tenant, figures in found],
    )
    yield Block(
        "slamon_slo_goals",
        "gauge",
        "Goals of this month: concluded in it, or open and broken in it.",
        ("tenant", "stage", "outcome"),
        [((tenant, o.stage.label, name), float(of(o))) for tenant, o in each for name, of in OUTCOMES],
    )
    for name, text, value_of in _GAUGES:
        values = [((tenant, o.stage.label), value_of(o)) for tenant, o in each]
        rows = [(key, float(value)) for key, value in values if value is not None]
        yield Block(name, "gauge", text, ("tenant", "stage"), rows)
    yield Block(
        "slamon_slo_goals_by_company",
        "gauge",
        "Goals met and missed this month, of the companies listed in the settings.",
        ("tenant", "company", "stage", "outcome"),
        [((tenant, *row[:3]), float(row[3])) for tenant, figures in found for row in figures.by_company],
    )
