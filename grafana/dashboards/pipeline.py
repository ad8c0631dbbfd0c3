"""Can I trust this? Every place where slamon itself may fail, from ConnectWise to the mail server."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.dashboards.frame import dashboard
from grafana.dashboards.panels import (
    COUNT,
    FEW_ARE_ODD,
    NONE_IS_GOOD,
    ONE_IS_GOOD,
    SECONDS,
    course,
    figure,
    listing,
    row,
)
from grafana.dashboards.promql import TENANT, Query, age, done, quantile


def build() -> Dashboard:
    """Return the dashboard."""
    frame = dashboard("pipeline", "Pipeline health", "Can I trust this? From ConnectWise to the mail server.")
    _sight(frame)
    _connectwise(frame)
    _understanding(frame)
    _delivery(frame)
    _self(frame)
    return frame


def _worst(metric: str, by: str = "tenant") -> Query:
    """Return the highest value that any daemon shows of a gauge of the tenants."""
    return Query(f"max by ({by}) ({metric}{{{TENANT}}})", " ".join(f"{{{{{label}}}}}" for label in by.split(", ")))


def _sight(frame: Dashboard) -> None:
    frame.with_row(row("Does slamon see?"))
    frame.with_panel(
        figure(
            "Seen",
            "Whether the tenant is seen: its last poll worked and is not old.",
            _worst("slamon_up"),
            steps=ONE_IS_GOOD,
            words={"0": "BLIND", "1": "seen"},
        )
    )
    blind = f"max by (tenant) (slamon_blind_since_timestamp_seconds{{{TENANT}}})"
    seen = f"max by (tenant) (slamon_up{{{TENANT}}})"
    frame.with_panel(
        figure(
            "Blind for",
            "Time since the last poll that worked began, of tenants that are blind.",
            Query(f"time() - ({blind} > 0) unless on (tenant) ({seen} == 1)", "{{tenant}}"),
            unit=SECONDS,
            steps=((None, "red"),),
            nothing="not blind",
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
        )
    )
    frame.with_panel(
        figure(
            "Watched by",
            "How many daemons hold the tenant's lease. More than one only for the moment in which one takes over.",
            Query(f"sum by (tenant) (slamon_lease_held{{{TENANT}}})", "{{tenant}}"),
            steps=((None, "red"), (1, "green"), (2, "orange")),
            words={"0": "NOBODY"},
        )
    )
    frame.with_panel(
        course(
            "Polls",
            "Polls in each step, by result. partial: some tickets were refused.",
            Query(done("tenant, result", f"slamon_polls_total{{{TENANT}}}"), "{{tenant}} {{result}}"),
            bars=True,
        )
    )
    frame.with_panel(
        course(
            "How long a poll takes",
            "Median, and what 95 of 100 polls stayed below.",
            Query(quantile(0.5, "", "slamon_poll_duration_seconds"), "median"),
            Query(quantile(0.95, "", "slamon_poll_duration_seconds"), "95 %"),
            unit=SECONDS,
        )
    )


def _connectwise(frame: Dashboard) -> None:
    frame.with_row(row("ConnectWise"))
    frame.with_panel(
        course(
            "Requests by answer",
            "Requests a second, by class of status code; error: no answer came.",
            Query(
                f"sum by (tenant, code) (rate(slamon_api_requests_total{{{TENANT}}}[$__rate_interval]))",
                "{{tenant}} {{code}}",
            ),
            unit="reqps",
            span=8,
        )
    )
    frame.with_panel(
        course(
            "How long an answer takes",
            "What 95 of 100 requests stayed below, by endpoint.",
            Query(quantile(0.95, "endpoint", "slamon_api_request_duration_seconds"), "{{endpoint}}"),
            unit=SECONDS,
            span=8,
        )
    )
    frame.with_panel(
        course(
            "Pace",
            "Requests a minute that slamon allows itself; less after ConnectWise said 429.",
            _worst("slamon_api_allowed_requests_per_minute"),
            Query(
                f"sum by (tenant) (rate(slamon_api_throttled_seconds_total{{{TENANT}}}[$__rate_interval])) * 60",
                "{{tenant}} seconds waited a minute",
            ),
            unit=COUNT,
            span=8,
        )
    )


def _understanding(frame: Dashboard) -> None:
    frame.with_row(row("Is it understood?"))
    for title, about, metric in (
        ("Statuses not mapped", "Statuses in use whose meaning no rule gives.", "slamon_unmapped_statuses"),
        (
            "Tickets without a promise",
            "Open tickets for which no promise can be kept.",
            "slamon_tickets_without_policy",
        ),
        ("Audit trails waiting", "Tickets whose audit trail is still to be read.", "slamon_trails_waiting"),
        ("Names left out", "Names counted as other for want of room.", "slamon_label_overflow"),
    ):
        frame.with_panel(figure(title, f"{about} By tenant.", _worst(metric), steps=FEW_ARE_ODD))
    findings = f"max by (tenant, rule) (slamon_lint_findings{{{TENANT}}}) > 0"
    frame.with_panel(
        listing(
            "Findings in the set-up",
            "What is wrong with the set-up of ConnectWise or the settings. The log names each finding.",
            {"findings": findings},
            bad=("findings",),
            order="findings",
            span=12,
        )
    )
    frame.with_panel(
        course(
            "Rows refused and trails unread",
            "In each step: tickets that could not be understood, and audit trails that could not be read or believed.",
            Query(done("tenant, reason", f"slamon_rows_rejected_total{{{TENANT}}}"), "{{tenant}} {{reason}}"),
            Query(done("tenant", f"slamon_audit_trails_unread_total{{{TENANT}}}"), "{{tenant}} trails unread"),
            Query(done("tenant", f"slamon_audit_trails_doubted_total{{{TENANT}}}"), "{{tenant}} trails doubted"),
            bars=True,
        ).height(9)
    )
    frame.with_panel(
        listing(
            "Differences from ConnectWise's own figures",
            "Open tickets on which ConnectWise shows another figure than slamon, by cause, after the last sweep.",
            {"differences": f"max by (tenant, cause) (slamon_witness_differences{{{TENANT}}}) > 0"},
            order="differences",
            span=12,
        )
    )
    frame.with_panel(
        figure(
            "Readings that its own checker disputes",
            "Live readings derived again and found different, in the time shown. Anything above 0 is a bug.",
            Query(done("tenant", f"slamon_ledger_mismatches_total{{{TENANT}}}", "$__range"), "{{tenant}}"),
            steps=NONE_IS_GOOD,
            span=12,
        ).height(9)
    )


def _delivery(frame: Dashboard) -> None:
    frame.with_row(row("Is it told?"))
    frame.with_panel(
        figure(
            "Waiting",
            "Messages that wait in the outbox, by channel.",
            Query("max by (channel) (slamon_outbox_pending)", "{{channel}}"),
        )
    )
    frame.with_panel(
        figure(
            "Oldest waits for",
            "Time since the oldest waiting message was made, by channel.",
            Query(age("channel", "slamon_outbox_oldest_timestamp_seconds"), "{{channel}}"),
            unit=SECONDS,
            steps=((None, "green"), (600, "orange"), (1800, "red")),
            nothing="none waits",
        )
    )
    frame.with_panel(
        figure(
            "Held for a person",
            "Messages that may have arrived; `slamon outbox` decides.",
            Query("max by (channel) (slamon_outbox_held)", "{{channel}}"),
            steps=FEW_ARE_ODD,
        )
    )
    frame.with_panel(
        figure(
            "Canary",
            "Whether the last made-up breach arrived and every tenant was seen.",
            Query("min by (job) (slamon_canary_ok)", "canary"),
            steps=ONE_IS_GOOD,
            words={"0": "LOST", "1": "arrived"},
            nothing="not set up",
        )
    )
    frame.with_panel(
        course(
            "Messages",
            "Attempts to deliver in each step, by channel and result.",
            Query(done("channel, result", "slamon_notifications_total"), "{{channel}} {{result}}"),
            bars=True,
        )
    )
    frame.with_panel(
        listing(
            "Reports",
            "When each report was last made, and how many failed in the time shown.",
            {
                "made before": age("report", "slamon_report_last_success_timestamp_seconds"),
                "failed": done("report", 'slamon_reports_total{result="failed"}', "$__range"),
            },
            units={"made before": SECONDS},
            bad=("failed",),
            order="report",
            span=12,
        ).height(8)
    )


def _self(frame: Dashboard) -> None:
    frame.with_row(row("slamon itself"))
    frame.with_panel(
        figure(
            "Database",
            "Whether the database answered each daemon last time.",
            Query("min by (instance) (slamon_db_up)", "{{instance}}"),
            steps=ONE_IS_GOOD,
            words={"0": "AWAY", "1": "answers"},
        )
    )
    frame.with_panel(
        figure(
            "Settings",
            "Whether the last SIGHUP took up the settings.",
            Query("min by (instance) (slamon_config_last_reload_successful)", "{{instance}}"),
            steps=ONE_IS_GOOD,
            words={"0": "REFUSED", "1": "taken up"},
        )
    )
    frame.with_panel(
        figure(
            "Clock ahead by",
            "How far the machine's clock is ahead of ConnectWise's; behind: below 0.",
            _worst("slamon_clock_skew_seconds"),
            unit=SECONDS,
            nothing="not known yet",
        )
    )
    frame.with_panel(
        figure(
            "Version",
            "What runs: daemons by version.",
            Query("count by (version) (slamon_build_info)", "{{version}}"),
        )
    )
    frame.with_panel(
        course(
            "Trouble",
            "In each step: calls without answer of the database, steps of the clock, leases lost, templates failing.",
            Query(done("instance", "slamon_db_errors_total"), "database {{instance}}"),
            Query(done("instance", "slamon_clock_steps_total"), "clock {{instance}}"),
            Query(done("tenant", f"slamon_leases_lost_total{{{TENANT}}}"), "lease {{tenant}}"),
            Query(done("instance", "slamon_template_faults_total"), "template {{instance}}"),
            bars=True,
        )
    )
    frame.with_panel(
        course(
            "Changes found late",
            "In each step: changed tickets that only the sweep found, and looks for vanished tickets not believed.",
            Query(done("tenant", f"slamon_sweep_found_total{{{TENANT}}}"), "{{tenant}} found by the sweep"),
            Query(done("tenant", f"slamon_sweeps_refused_total{{{TENANT}}}"), "{{tenant}} not believed"),
            bars=True,
        )
    )
