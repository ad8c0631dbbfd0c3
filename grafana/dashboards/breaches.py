"""From a number to its tickets: what broke, how long goals take, and whether it was told in time."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as builders

from grafana.dashboards import links, recurring
from grafana.dashboards.frame import board_choice, dashboard, priority_choice, section
from grafana.dashboards.panels import SECONDS, course, figure, listing
from grafana.dashboards.promql import BOARD, PRIORITY, TENANT, Query, done, grown, once, total


def build() -> builders.Dashboard:
    """Return the dashboard."""
    frame = dashboard("breaches", "Breach drill-down", "What broke, which tickets, and who was told.", since="now-7d")
    frame.with_variable(board_choice()).with_variable(priority_choice()).with_variable(_address())
    _open(frame)
    _history(frame)
    _told(frame)
    return frame


def _address() -> builders.TextBoxVariable:
    return (
        builders.TextBoxVariable("psa")
        .label("ConnectWise")
        .description("Where links to tickets lead, such as https://eu.myconnectwise.net")
        .default_value("https://psa.example.org")
    )


def _open(frame: builders.Dashboard) -> None:
    oldest = once(f"slamon_oldest_breach_timestamp_seconds{{{TENANT}}}")
    due = once(f"slamon_ticket_due_timestamp_seconds{{{BOARD}}}")
    section(
        frame,
        "Broken now",
        recurring.breached(span=8),
        figure(
            "Oldest open breach",
            "Time since it happened, by stage, of all boards of the tenants.",
            Query(f"time() - min by (stage) ({oldest})", "{{stage}}"),
            unit=SECONDS,
            span=8,
        ),
        figure(
            "Breaches in this time",
            "Breaches recorded in the time shown, by stage, of all boards of the tenants.",
            Query(grown("stage", f"slamon_breaches_total{{{TENANT}}}", "$__range"), "{{stage}}"),
            span=8,
        ),
        listing(
            "Boards with breaches",
            "Open tickets whose goal is broken.",
            {"breached": total("tenant, board, stage", f'slamon_tickets{{{BOARD}, state="breached"}}') + " > 0"},
            bad=("breached",),
            links={"board": ("Board", links.BOARD_OF_ROW)},
            order="breached",
            span=12,
        ),
        listing(
            "Tickets due first",
            "Time until each goal is due, below 0 since it was. Empty unless `worst_tickets` of `[metrics]` is set.",
            {"left": f"max by (tenant, board, stage, ticket) ({due}) - time()"},
            unit=SECONDS,
            links={"ticket": ("In ConnectWise", links.TICKET_OF_ROW)},
            order="left",
            span=12,
        ),
    )


def _history(frame: builders.Dashboard) -> None:
    buckets = once("increase(slamon_goal_elapsed_seconds_bucket[$__range])")
    section(
        frame,
        "What happened, all boards of the tenants",
        course(
            "Warnings and breaches",
            "Near breaches and breaches recorded in each step.",
            Query(grown("stage", f"slamon_near_breaches_total{{{TENANT}}}"), "near {{stage}}"),
            Query(grown("stage", f"slamon_breaches_total{{{TENANT}}}"), "breached {{stage}}"),
            bars=True,
        ),
        course(
            "Goals concluded",
            "Goals met and missed in each step, by outcome and stage.",
            Query(grown("outcome, stage", f"slamon_goals_concluded_total{{{PRIORITY}}}"), "{{outcome}} {{stage}}"),
            bars=True,
        ),
        listing(
            "Goals missed by priority",
            "Goals missed and met in the time shown.",
            {
                outcome: grown(
                    "tenant, priority, stage",
                    f'slamon_goals_concluded_total{{{PRIORITY}, outcome="{outcome}"}}',
                    "$__range",
                )
                for outcome in ("missed", "met")
            },
            bad=("missed",),
            order="missed",
            span=12,
        ),
        figure(
            "Business time that goals took",
            "What nine of ten goals concluded in the time shown stayed below, by stage, in all tenants.",
            Query(f"histogram_quantile(0.9, sum by (le, stage) ({buckets})) >= 0", "{{stage}}"),
            unit=SECONDS,
            span=12,
        ).height(9),
    )


def _told(frame: builders.Dashboard) -> None:
    kinds = 'kind=~"near_breach|breached|reminder"'
    section(
        frame,
        "Was it told",
        recurring.how_long(
            "From deadline to knowing",
            "What 95 of 100 deadlines stayed below, by stage.",
            "stage",
            "slamon_detection_lag_seconds",
        ),
        recurring.how_long(
            "From knowing to accepted",
            "What 95 of 100 messages took until the mail server or channel accepted them.",
            "channel, kind",
            "slamon_notification_latency_seconds",
            kinds,
        ),
        course(
            "Messages about goals",
            "Attempts in each step, by kind and result.",
            Query(done("kind, result", f"slamon_notifications_total{{{kinds}}}"), "{{kind}} {{result}}"),
            bars=True,
            span=8,
        ),
    )
