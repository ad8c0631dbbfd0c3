"""Panels that several dashboards show. The same question has the same answer, in the same colours, on each of them."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, timeseries

from grafana.dashboards.panels import NONE_IS_GOOD, SECONDS, SHARE, Steps, course, figure, yes_or_no
from grafana.dashboards.promql import BOARD, TENANT, Query, age, legend, quantile, share, total, worst

_OLD: Steps = ((None, "green"), (300, "orange"), (900, "red"))


def breached(link: tuple[str, str] | None = None, span: int = 6) -> stat.Panel:
    """Return how many goals of open tickets are broken, by stage."""
    return figure(
        "Breached",
        "Open tickets whose goal is broken, by stage. A ticket may be in several stages.",
        Query(total("stage", f'slamon_tickets{{{BOARD}, state="breached"}}'), "{{stage}}"),
        steps=NONE_IS_GOOD,
        link=link,
        span=span,
    )


def seen(description: str, link: tuple[str, str] | None = None) -> stat.Panel:
    """Return whether slamon sees each tenant; *description* says what that means for the panels around it."""
    return yes_or_no("Seen", description, worst("slamon_up"), no="BLIND", yes="seen", link=link)


def age_of_data(span: int = 6) -> stat.Panel:
    """Return how old what slamon knows of each tenant is."""
    return figure(
        "Age of the data",
        "Time since the last poll that worked began, by tenant.",
        Query(age("tenant", f"slamon_last_successful_poll_timestamp_seconds{{{TENANT}}}"), "{{tenant}}"),
        unit=SECONDS,
        steps=_OLD,
        nothing="never polled",
        span=span,
    )


def how_long(title: str, description: str, by: str, histogram: str, labels: str = "") -> timeseries.Panel:
    """Return below what 95 of 100 values of a *histogram* of seconds stayed, by labels."""
    query = Query(quantile(0.95, by, histogram, labels), legend(by))
    return course(title, description, query, unit=SECONDS, span=8)


def goals_met(by: str, labels: str, description: str) -> timeseries.Panel:
    """Return which share of the goals concluded this month was met: *by* board, priority or company."""
    return course(
        f"Goals met by {by}",
        description,
        Query(share(by, f"slamon_slo_goals_by_{by}", labels), legend(by)),
        unit=SHARE,
    )
