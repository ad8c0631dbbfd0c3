"""Can I trust this? Every place where slamon itself may fail, from ConnectWise to the mail server."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.dashboards import recurring
from grafana.dashboards.frame import dashboard, section
from grafana.dashboards.panels import COUNT, FEW_ARE_ODD, NONE_IS_GOOD, SECONDS, course, figure, listing, yes_or_no
from grafana.dashboards.promql import TENANT, Query, age, done, quantile, worst


def build() -> Dashboard:
    """Return the dashboard."""
    frame = dashboard("pipeline", "Pipeline health", "Can I trust this? From ConnectWise to the mail server.")
    _sight(frame)
    _connectwise(frame)
    _understanding(frame)
    _delivery(frame)
    _self(frame)
    return frame


def _sight(frame: Dashboard) -> None:
    blind, seen = worst("slamon_blind_since_timestamp_seconds").expr, worst("slamon_up").expr
    section(
        frame,
        "Does slamon see?",
        recurring.seen("Whether the tenant is seen: its last poll worked and is not old."),
        figure(
            "Blind for",
            "Time since the last poll that worked began, of tenants that are blind.",
            Query(f"time() - ({blind} > 0) unless on (tenant) ({seen} == 1)", "{{tenant}}"),
            unit=SECONDS,
            steps=((None, "green"), (0, "red")),
            nothing="not blind",
        ),
        recurring.age_of_data(),
        figure(
            "Watched by",
            "How many daemons hold the tenant's lease. More than one only for the moment in which one takes over.",
            Query(f"sum by (tenant) (slamon_lease_held{{{TENANT}}})", "{{tenant}}"),
            steps=((None, "red"), (1, "green"), (2, "orange")),
            words={"0": "NOBODY"},
        ),
        course(
            "Polls",
            "Polls in each step, by result. partial: some tickets were refused.",
            Query(done("tenant, result", f"slamon_polls_total{{{TENANT}}}"), "{{tenant}} {{result}}"),
            bars=True,
        ),
        course(
            "How long a poll takes",
            "Median, and what 95 of 100 polls stayed below.",
            Query(quantile(0.5, "", "slamon_poll_duration_seconds"), "median"),
            Query(quantile(0.95, "", "slamon_poll_duration_seconds"), "95 %"),
            unit=SECONDS,
        ),
    )


def _connectwise(frame: Dashboard) -> None:
    section(
        frame,
        "ConnectWise",
        course(
            "Requests by answer",
            "Requests a second, by class of status code; error: no answer came.",
            Query(
                f"sum by (tenant, code) (rate(slamon_api_requests_total{{{TENANT}}}[$__rate_interval]))",
                "{{tenant}} {{code}}",
            ),
            unit="reqps",
            span=8,
        ),
        recurring.how_long(
            "How long an answer takes",
            "What 95 of 100 requests stayed below, by endpoint.",
            "endpoint",
            "slamon_api_request_duration_seconds",
        ),
        course(
            "Pace",
            "Requests a minute that slamon allows itself; less after ConnectWise said 429.",
            worst("slamon_api_allowed_requests_per_minute"),
            Query(
                f"sum by (tenant) (rate(slamon_api_throttled_seconds_total{{{TENANT}}}[$__rate_interval])) * 60",
                "{{tenant}} seconds waited a minute",
            ),
            unit=COUNT,
            span=8,
        ),
    )


def _understanding(frame: Dashboard) -> None:
    unknown = (
        ("Statuses not mapped", "Statuses in use whose meaning no rule gives.", "slamon_unmapped_statuses"),
        (
            "Tickets without a promise",
            "Open tickets for which no promise can be kept.",
            "slamon_tickets_without_policy",
        ),
        ("Audit trails waiting", "Tickets whose audit trail is still to be read.", "slamon_trails_waiting"),
        ("Names left out", "Names counted as other for want of room.", "slamon_label_overflow"),
    )
    section(
        frame,
        "Is it understood?",
        *(figure(title, f"{about} By tenant.", worst(metric), steps=FEW_ARE_ODD) for title, about, metric in unknown),
        listing(
            "Findings in the set-up",
            "What is wrong with the set-up of ConnectWise or the settings. The log names each finding.",
            {"findings": worst("slamon_lint_findings", "tenant, rule").expr + " > 0"},
            bad=("findings",),
            order="findings",
            span=12,
        ),
        course(
            "Rows refused and trails unread",
            "In each step: tickets that could not be understood, and audit trails that could not be read or believed.",
            Query(done("tenant, reason", f"slamon_rows_rejected_total{{{TENANT}}}"), "{{tenant}} {{reason}}"),
            Query(done("tenant", f"slamon_audit_trails_unread_total{{{TENANT}}}"), "{{tenant}} trails unread"),
            Query(done("tenant", f"slamon_audit_trails_doubted_total{{{TENANT}}}"), "{{tenant}} trails doubted"),
            bars=True,
        ).height(9),
        listing(
            "Differences from ConnectWise's own figures",
            "Open tickets on which ConnectWise shows another figure than slamon, by cause, after the last sweep.",
            {"differences": worst("slamon_witness_differences", "tenant, cause").expr + " > 0"},
            order="differences",
            span=12,
        ),
        figure(
            "Readings that its own checker disputes",
            "Live readings derived again and found different, in the time shown. Anything above 0 is a bug.",
            Query(done("tenant", f"slamon_ledger_mismatches_total{{{TENANT}}}", "$__range"), "{{tenant}}"),
            steps=NONE_IS_GOOD,
            span=12,
        ).height(9),
    )


def _delivery(frame: Dashboard) -> None:
    section(
        frame,
        "Is it told?",
        figure(
            "Waiting",
            "Messages that wait in the outbox, by channel.",
            Query("max by (channel) (slamon_outbox_pending)", "{{channel}}"),
        ),
        figure(
            "Oldest waits for",
            "Time since the oldest waiting message was made, by channel.",
            Query(age("channel", "slamon_outbox_oldest_timestamp_seconds"), "{{channel}}"),
            unit=SECONDS,
            steps=((None, "green"), (600, "orange"), (1800, "red")),
            nothing="none waits",
        ),
        figure(
            "Held for a person",
            "Messages that may have arrived; `slamon outbox` decides.",
            Query("max by (channel) (slamon_outbox_held)", "{{channel}}"),
            steps=FEW_ARE_ODD,
        ),
        yes_or_no(
            "Canary",
            "Whether the last made-up breach arrived and every tenant was seen.",
            Query("min by (job) (slamon_canary_ok)", "canary"),
            no="LOST",
            yes="arrived",
            nothing="not set up",
        ),
        course(
            "Messages",
            "Attempts to deliver in each step, by channel and result.",
            Query(done("channel, result", "slamon_notifications_total"), "{{channel}} {{result}}"),
            bars=True,
        ),
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
        ).height(8),
    )


def _self(frame: Dashboard) -> None:
    section(
        frame,
        "slamon itself",
        yes_or_no(
            "Database",
            "Whether the database answered each daemon last time.",
            Query("min by (instance) (slamon_db_up)", "{{instance}}"),
            no="AWAY",
            yes="answers",
        ),
        yes_or_no(
            "Settings",
            "Whether the last SIGHUP took up the settings.",
            Query("min by (instance) (slamon_config_last_reload_successful)", "{{instance}}"),
            no="REFUSED",
            yes="taken up",
        ),
        figure(
            "Clock ahead by",
            "How far the machine's clock is ahead of ConnectWise's; behind: below 0.",
            worst("slamon_clock_skew_seconds"),
            unit=SECONDS,
            nothing="not known yet",
        ),
        figure(
            "Version",
            "What runs: daemons by version.",
            Query("count by (version) (slamon_build_info)", "{{version}}"),
        ),
        course(
            "Trouble",
            "In each step: calls without answer of the database, steps of the clock, leases lost, templates failing.",
            Query(done("instance", "slamon_db_errors_total"), "database {{instance}}"),
            Query(done("instance", "slamon_clock_steps_total"), "clock {{instance}}"),
            Query(done("tenant", f"slamon_leases_lost_total{{{TENANT}}}"), "lease {{tenant}}"),
            Query(done("instance", "slamon_template_faults_total"), "template {{instance}}"),
            bars=True,
        ),
        course(
            "Changes found late",
            "In each step: changed tickets that only the sweep found, and looks for vanished tickets not believed.",
            Query(done("tenant", f"slamon_sweep_found_total{{{TENANT}}}"), "{{tenant}} found by the sweep"),
            Query(done("tenant", f"slamon_sweeps_refused_total{{{TENANT}}}"), "{{tenant}} not believed"),
            bars=True,
        ),
    )
