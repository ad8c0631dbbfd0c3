"""What was promised to whom this month: objectives of the tenants, and the companies that the settings name."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.dashboards import recurring
from grafana.dashboards.frame import choice, dashboard, section, stage_choice
from grafana.dashboards.panels import COUNT, SHARE, course, figure, listing
from grafana.dashboards.promql import COMPANY, STAGE, TENANT, Query, by_outcome, once, share, total

_BUDGET_LEFT = ((None, "red"), (0, "orange"), (1, "green"))
_PROBABLE = ((None, "green"), (0.5, "orange"), (0.9, "red"))


def build() -> Dashboard:
    """Return the dashboard."""
    about = "Objectives of the month, and how each company of `companies` in `[slo]` fares."
    frame = dashboard("company", "Company and objectives", about, since="now-30d")
    frame.with_variable(choice("company", 'slamon_slo_goals_by_company{tenant=~"$tenant"}'))
    frame.with_variable(stage_choice())
    _objectives(frame)
    _companies(frame)
    return frame


def _objective(metric: str) -> Query:
    return Query(f"max by (tenant) ({once(f'{metric}{{{TENANT}, {STAGE}}}')})", "{{tenant}}")


def _objectives(frame: Dashboard) -> None:
    none = "no percent promised"
    section(
        frame,
        "Objective of the month: $stage",
        figure(
            "Target",
            "Share of the goals that is to be met, by tenant.",
            _objective("slamon_slo_target_ratio"),
            unit=SHARE,
            nothing=none,
            span=5,
        ),
        figure(
            "Met so far",
            "Met / (met + missed) of the present month.",
            Query(share("tenant", "slamon_slo_goals", f"{TENANT}, {STAGE}"), "{{tenant}}"),
            unit=SHARE,
            span=5,
        ),
        figure(
            "Budget",
            "Goals that may be missed in the whole month, at the number that is expected.",
            _objective("slamon_slo_budget_goals"),
            nothing=none,
            span=4,
        ),
        figure(
            "Left",
            "Goals that may still be missed. Below 0 the objective is missed.",
            _objective("slamon_slo_budget_left_goals"),
            steps=_BUDGET_LEFT,
            nothing=none,
            span=5,
        ),
        figure(
            "Probability of missing it",
            "How probable it is that more goals will be missed than may be, if things go on so.",
            _objective("slamon_slo_miss_probability"),
            unit=SHARE,
            steps=_PROBABLE,
            nothing=none,
            span=5,
        ),
        course(
            "Goals of the month",
            "Goals met, missed, late (open and broken this month) and excluded.",
            Query(total("outcome", f"slamon_slo_goals{{{TENANT}, {STAGE}}}"), "{{outcome}}"),
            unit=COUNT,
        ),
        course(
            "Probability of missing the objective",
            "Over time, by tenant. The line is where the alert begins.",
            _objective("slamon_slo_miss_probability"),
            unit=SHARE,
            limit=0.9,
        ),
    )


def _companies(frame: Dashboard) -> None:
    metric = "slamon_slo_goals_by_company"
    labels = f"{COMPANY}, {STAGE}"
    section(
        frame,
        "Companies: $stage",
        listing(
            "Companies",
            "Goals concluded this month by the companies that `companies` of `[slo]` names; all others are `other`.",
            by_outcome("tenant, company", metric, labels) | {"share met": share("tenant, company", metric, labels)},
            units={"share met": SHARE},
            bad=("missed",),
            order="missed",
            span=12,
        ),
        recurring.goals_met(
            "company", labels, "Met / (met + missed) of the present month. It starts anew with the month."
        ).height(9),
    )
