"""The wallboard: what is broken, what is about to break, and whether that can be believed."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.dashboards import links, recurring
from grafana.dashboards.frame import board_choice, dashboard, section, stage_choice
from grafana.dashboards.panels import COUNT, FEW_ARE_ODD, SECONDS, SHARE, course, figure, listing
from grafana.dashboards.promql import BOARD, STAGE, TENANT, Query, by_state, grown, once, share, total


def build() -> Dashboard:
    """Return the dashboard."""
    frame = dashboard("overview", "Overview", "What is broken, what will be, and whether slamon sees. For a wall too.")
    frame.with_variable(board_choice()).with_variable(stage_choice())
    _now(frame)
    _boards(frame)
    _course(frame)
    return frame


def _now(frame: Dashboard) -> None:
    section(
        frame,
        "Now",
        recurring.breached(link=("Breaches", links.breaches())),
        figure(
            "At risk",
            "Open tickets past the warning mark of their goal, by stage.",
            Query(total("stage", f'slamon_tickets{{{BOARD}, state="at_risk"}}'), "{{stage}}"),
            steps=FEW_ARE_ODD,
            link=("Board", links.board()),
        ),
        figure(
            "Next deadline in",
            "Time until the next goal breaks, by stage, of all boards of the tenants. None: nothing is due.",
            Query(
                f"min by (stage) ({once(f'slamon_next_deadline_timestamp_seconds{{{TENANT}}}')}) - time()", "{{stage}}"
            ),
            unit=SECONDS,
        ),
        recurring.seen(
            "Whether slamon sees the tenant. While it is BLIND, all counts are those of when it was last seen.",
            link=("Pipeline", links.pipeline()),
        ),
    )


def _boards(frame: Dashboard) -> None:
    section(
        frame,
        "Boards: $stage",
        listing(
            "Open tickets by board",
            "Each open ticket once, by the state of its goal in this stage.",
            by_state("tenant, board", "slamon_tickets", f"{BOARD}, {STAGE}"),
            bad=("breached",),
            links={"board": ("Board", links.BOARD_OF_ROW)},
            order="breached",
            span=16,
        ),
        recurring.age_of_data(span=8).height(9),
    )


def _course(frame: Dashboard) -> None:
    section(
        frame,
        "Over time",
        course(
            "Breached and at risk: $stage",
            "Open tickets whose goal is broken, or past its warning mark.",
            Query(total("state", f'slamon_tickets{{{BOARD}, {STAGE}, state=~"breached|at_risk"}}'), "{{state}}"),
        ),
        course(
            "New breaches",
            "Breaches recorded in each step, by stage, of all boards of the tenants.",
            Query(grown("stage", f"slamon_breaches_total{{{TENANT}}}"), "{{stage}}"),
            unit=COUNT,
            bars=True,
        ),
        course(
            "Goals met this month",
            "Met / (met + missed) of the present month, by tenant, for this stage. Absent before the first goal.",
            Query(share("tenant", "slamon_slo_goals", f"{TENANT}, {STAGE}"), "{{tenant}}"),
            unit=SHARE,
            span=24,
        ),
    )
