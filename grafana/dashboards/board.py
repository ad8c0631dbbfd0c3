"""One board, or a few: the states of its tickets, by priority and team too, and how the month goes."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.dashboards import links, recurring
from grafana.dashboards.frame import board_choice, dashboard, priority_choice, section, stage_choice
from grafana.dashboards.panels import FEW_ARE_ODD, NONE_IS_GOOD, course, figure, listing
from grafana.dashboards.promql import BOARD, PRIORITY, STAGE, TENANT, Query, by_outcome, by_state, total


def build() -> Dashboard:
    """Return the dashboard."""
    frame = dashboard("board", "Board", "One board or a few: states, priorities, teams, and how the month goes.")
    frame.with_variable(board_choice()).with_variable(priority_choice()).with_variable(stage_choice())
    _now(frame)
    _priorities(frame)
    _teams(frame)
    _month(frame)
    return frame


def _state(state: str) -> Query:
    return Query(total("board", f'slamon_tickets{{{BOARD}, {STAGE}, state="{state}"}}'), "{{board}}")


def _now(frame: Dashboard) -> None:
    section(
        frame,
        "Board: $stage",
        figure(
            "Breached",
            "Open tickets whose goal is broken, by board.",
            _state("breached"),
            steps=NONE_IS_GOOD,
            link=("Breaches", links.breaches()),
            span=8,
        ),
        figure(
            "At risk", "Open tickets past the warning mark, by board.", _state("at_risk"), steps=FEW_ARE_ODD, span=8
        ),
        figure("Paused", "Open tickets that wait, by board.", _state("paused"), span=8),
        course(
            "Open tickets by state",
            "Each open ticket of the boards once, by the state of its goal in this stage.",
            Query(total("state", f"slamon_tickets{{{BOARD}, {STAGE}}}"), "{{state}}"),
            stacked=True,
            span=24,
        ),
    )


def _priorities(frame: Dashboard) -> None:
    words = "Priorities are not told apart by board."
    _told_apart(frame, "priority", "slamon_tickets_by_priority", f"{PRIORITY}, {STAGE}", words)


def _teams(frame: Dashboard) -> None:
    words = "A team of that name on several boards is one."
    _told_apart(frame, "team", "slamon_tickets_by_team", f"{TENANT}, {STAGE}", words)


def _told_apart(frame: Dashboard, label: str, metric: str, chosen: str, words: str) -> None:
    section(
        frame,
        f"By {label}, all boards of the tenants: $stage",
        listing(
            f"Open tickets by {label}",
            f"Each open ticket of the tenants once. {words}",
            by_state(f"tenant, {label}", metric, chosen),
            bad=("breached",),
            order="breached",
            span=12,
        ),
        course(
            f"Breached by {label}",
            f"Open tickets whose goal is broken, by {label}.",
            Query(total(label, f'{metric}{{{chosen}, state="breached"}}'), f"{{{{{label}}}}}"),
        ).height(9),
    )


def _month(frame: Dashboard) -> None:
    section(
        frame,
        "This month: $stage",
        recurring.goals_met(
            "board", f"{BOARD}, {STAGE}", "Met / (met + missed) of the present month. It starts anew with the month."
        ),
        recurring.goals_met(
            "priority", f"{PRIORITY}, {STAGE}", "Met / (met + missed) of the present month, all boards of the tenants."
        ),
        listing(
            "Goals of the month by board",
            "Goals concluded this month in this stage.",
            by_outcome("tenant, board", "slamon_slo_goals_by_board", f"{BOARD}, {STAGE}"),
            bad=("missed",),
            links={"board": ("Breaches", links.BREACHES_OF_ROW)},
            order="missed",
        ),
    )
