"""The wallboard: what is broken, what is about to break, and whether that can be believed."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.dashboards import links
from grafana.dashboards.frame import board_choice, dashboard, stage_choice
from grafana.dashboards.panels import (
    COUNT,
    FEW_ARE_ODD,
    NONE_IS_GOOD,
    ONE_IS_GOOD,
    SECONDS,
    SHARE,
    course,
    figure,
    listing,
    row,
)
from grafana.dashboards.promql import BOARD, STAGE, TENANT, Query, age, grown, once, share, total


def build() -> Dashboard:
    """Return the dashboard."""
    frame = dashboard("overview", "Overview", "What is broken, what will be, and whether slamon sees. For a wall too.")
    frame.with_variable(board_choice()).with_variable(stage_choice())
    _now(frame)
    _boards(frame)
    _course(frame)
    return frame


def _now(frame: Dashboard) -> None:
    frame.with_row(row("Now"))
    frame.with_panel(
        figure(
            "Breached",
            "Open tickets whose goal is broken, by stage. A ticket may be in several stages.",
            Query(total("stage", f'slamon_tickets{{{BOARD}, state="breached"}}'), "{{stage}}"),
            steps=NONE_IS_GOOD,
            link=("Breaches", links.breaches()),
        )
    )
    frame.with_panel(
        figure(
            "At risk",
            "Open tickets past the warning mark of their goal, by stage.",
            Query(total("stage", f'slamon_tickets{{{BOARD}, state="at_risk"}}'), "{{stage}}"),
            steps=FEW_ARE_ODD,
            link=("Board", links.board()),
        )
    )
    frame.with_panel(
        figure(
            "Next deadline in",
            "Time until the next goal breaks, by stage, of all boards of the tenants. None: nothing is due.",
            Query(
                f"min by (stage) ({once(f'slamon_next_deadline_timestamp_seconds{{{TENANT}}}')}) - time()", "{{stage}}"
            ),
            unit=SECONDS,
        )
    )
    frame.with_panel(
        figure(
            "Seen",
            "Whether slamon sees the tenant. While it is BLIND, all counts are those of when it was last seen.",
            Query(f"max by (tenant) (slamon_up{{{TENANT}}})", "{{tenant}}"),
            steps=ONE_IS_GOOD,
            words={"0": "BLIND", "1": "seen"},
            link=("Pipeline", links.pipeline()),
        )
    )


def _boards(frame: Dashboard) -> None:
    frame.with_row(row("Boards: $stage"))
    columns = {
        "breached": total("tenant, board", f'slamon_tickets{{{BOARD}, {STAGE}, state="breached"}}'),
        "at risk": total("tenant, board", f'slamon_tickets{{{BOARD}, {STAGE}, state="at_risk"}}'),
        "paused": total("tenant, board", f'slamon_tickets{{{BOARD}, {STAGE}, state="paused"}}'),
        "open": total("tenant, board", f"slamon_tickets{{{BOARD}, {STAGE}}}"),
    }
    frame.with_panel(
        listing(
            "Open tickets by board",
            "Each open ticket once, by the state of its goal in this stage.",
            columns,
            bad=("breached",),
            links={"board": ("Board", links.BOARD_OF_ROW)},
            order="breached",
            span=16,
        )
    )
    frame.with_panel(
        figure(
            "Age of the data",
            "Time since the last poll that worked began, by tenant.",
            Query(age("tenant", f"slamon_last_successful_poll_timestamp_seconds{{{TENANT}}}"), "{{tenant}}"),
            unit=SECONDS,
            steps=((None, "green"), (300, "orange"), (900, "red")),
            nothing="never polled",
            span=8,
        ).height(9)
    )


def _course(frame: Dashboard) -> None:
    frame.with_row(row("Over time"))
    frame.with_panel(
        course(
            "Breached and at risk: $stage",
            "Open tickets whose goal is broken, or past its warning mark.",
            Query(total("state", f'slamon_tickets{{{BOARD}, {STAGE}, state=~"breached|at_risk"}}'), "{{state}}"),
        )
    )
    frame.with_panel(
        course(
            "New breaches",
            "Breaches recorded in each step, by stage, of all boards of the tenants.",
            Query(grown("stage", f"slamon_breaches_total{{{TENANT}}}"), "{{stage}}"),
            unit=COUNT,
            bars=True,
        )
    )
    frame.with_panel(
        course(
            "Goals met this month",
            "Met / (met + missed) of the present month, by tenant, for this stage. Absent before the first goal.",
            Query(share("tenant", "slamon_slo_goals", f"{TENANT}, {STAGE}"), "{{tenant}}"),
            unit=SHARE,
            span=24,
        )
    )
