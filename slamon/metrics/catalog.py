"""The names of the process metrics, what they mean and which labels they carry. Renaming one is a breaking change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from slamon.core.ladder import ROLES
from slamon.core.lint import RULES
from slamon.core.witness import CAUSES

Type = Literal["counter", "gauge", "histogram"]

POLL_RESULTS = ("ok", "partial", "failed")
REJECTIONS = ("no_date_entered", "bad_date", "no_board", "no_status", "bad_shape", "bad_history")
DELIVERY_RESULTS = ("sent", "retry", "rejected", "ambiguous")
REPORT_RESULTS = ("ok", "failed")
KINDS = (
    *("near_breach", "breached", "reminder", "all_clear", "ended", "digest", "report", "blind", "sighted"),
    *("unstored", "stored", "restored", "canary"),
)
PRUNED = ("events", "readings", "notifications", "reports", "polls", "versions")
CODES = ("2xx", "3xx", "4xx", "5xx", "error")
CALLBACK_RESULTS = (
    *("accepted", "ignored", "dropped", "malformed", "unsigned", "forged", "too_large", "busy", "no_key"),
)
STAGES = ("respond", "plan", "resolve")
LINT_RULES = tuple(rule.name for rule in RULES)

WITNESS_CAUSES = tuple(cause.value for cause in CAUSES)

_REQUEST_BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_POLL_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_LAG_BUCKETS = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0)


@dataclass(frozen=True, slots=True)
class Family:
    """One metric. `known` gives the values of labels that are the same in every installation."""

    name: str
    type: Type
    help: str
    labels: tuple[str, ...] = ()
    known: dict[str, tuple[str, ...]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()
    start_at_zero: bool = True  # False: absent until there is a value, where 0 would be read as 1970


def _counter(name: str, help_: str, *labels: str, **known: tuple[str, ...]) -> Family:
    return Family(name, "counter", help_, labels, known)


def _gauge(name: str, help_: str, *labels: str, start_at_zero: bool = True, **known: tuple[str, ...]) -> Family:
    return Family(name, "gauge", help_, labels, known, start_at_zero=start_at_zero)


def _histogram(name: str, help_: str, buckets: tuple[float, ...], *labels: str, **known: tuple[str, ...]) -> Family:
    return Family(name, "histogram", help_, labels, known, buckets)


FAMILIES: tuple[Family, ...] = (
    _gauge("slamon_up", "Whether the tenant is seen: its last poll worked, and is not old.", "tenant"),
    _gauge(
        "slamon_blind_since_timestamp_seconds",
        "When the last poll that worked began, if too long ago to judge by; 0 if not.",
        "tenant",
    ),
    _counter("slamon_polls_total", "Polls of the source, by result.", "tenant", "result", result=POLL_RESULTS),
    _histogram("slamon_poll_duration_seconds", "How long a poll took.", _POLL_BUCKETS),
    _gauge(
        "slamon_last_successful_poll_timestamp_seconds",
        "When the last poll that worked began; 0 before the first.",
        "tenant",
    ),
    _counter(
        "slamon_api_requests_total",
        "Requests to ConnectWise, by endpoint and class of status code.",
        *("tenant", "endpoint", "code"),
        code=CODES,
    ),
    _histogram("slamon_api_request_duration_seconds", "How long a request took.", _REQUEST_BUCKETS, "endpoint"),
    _counter("slamon_api_throttled_seconds_total", "Time the source asked us to wait.", "tenant"),
    _gauge(
        "slamon_api_allowed_requests_per_minute",
        "Requests a minute that slamon allows itself at present.",
        "tenant",
        start_at_zero=False,
    ),
    _counter(
        "slamon_rows_rejected_total",
        "Tickets that could not be understood, by reason.",
        *("tenant", "reason"),
        reason=REJECTIONS,
    ),
    _counter("slamon_audit_trails_unread_total", "Audit trails of tickets that could not be read.", "tenant"),
    _counter("slamon_audit_trails_doubted_total", "Audit trails that did not tell the whole story.", "tenant"),
    _counter(
        "slamon_sweeps_refused_total",
        "Looks for vanished tickets whose answer was too empty to be believed.",
        "tenant",
    ),
    replace(
        _counter(
            "slamon_callbacks_total",
            "Callbacks that came in, by what they amounted to.",
            *("tenant", "result"),
            result=CALLBACK_RESULTS,
        ),
        start_at_zero=False,  # HintDesk does, for the tenants that take any
    ),
    _gauge(
        "slamon_lint_findings",
        "What is wrong with the set-up of ConnectWise or the settings, by rule.",
        *("tenant", "rule"),
        rule=LINT_RULES,
    ),
    _counter(
        "slamon_unknown_recipients_total",
        "Alerts meant for a role that nobody with an address has; others were told instead.",
        *("tenant", "role"),
        role=ROLES,
    ),
    _counter(
        "slamon_audit_entries_unread_total",
        "Entries of audit trails that look like a change of status but cannot be read.",
        "tenant",
    ),
    _gauge("slamon_trails_waiting", "Tickets whose audit trail is still to be read.", "tenant"),
    _counter(
        "slamon_sweep_found_total",
        "Changed tickets that the list of changes had not brought, found by the sweep.",
        "tenant",
    ),
    _counter("slamon_rows_stale_total", "Rows that held an older state of a ticket than the one known.", "tenant"),
    _counter(
        "slamon_notifications_total",
        "Attempts to deliver a notification, by result.",
        *("channel", "kind", "result"),
        kind=KINDS,
        result=DELIVERY_RESULTS,
    ),
    _histogram(
        "slamon_notification_latency_seconds",
        "Time from detection to acceptance of a notification.",
        _LAG_BUCKETS,
        *("channel", "kind"),
        kind=KINDS,
    ),
    _gauge("slamon_outbox_pending", "Notifications that wait in the outbox.", "channel"),
    _gauge("slamon_outbox_held", "Notifications that may have arrived and wait for a person to decide.", "channel"),
    _gauge(
        "slamon_outbox_oldest_timestamp_seconds",
        "When the oldest waiting notification was made; absent when none waits.",
        "channel",
        start_at_zero=False,
    ),
    _counter("slamon_template_faults_total", "Mails made with slamon's own template because the site's failed."),
    _counter("slamon_reports_total", "Reports, by result.", "report", "result", result=REPORT_RESULTS),
    _gauge("slamon_report_last_success_timestamp_seconds", "When the report was last made; 0 before.", "report"),
    _gauge("slamon_report_due_timestamp_seconds", "When the report of the newest period was due; 0 before.", "report"),
    _histogram(
        "slamon_detection_lag_seconds",
        "Time from a deadline, or a mark of a ladder, to our knowing that it has passed.",
        _LAG_BUCKETS,
        "stage",
        stage=STAGES,
    ),
    _gauge("slamon_lease_held", "Whether this daemon watches the tenant; else it stands by.", "tenant"),
    _counter("slamon_leases_lost_total", "Leases that ran out and were taken by another daemon.", "tenant"),
    _counter("slamon_pruned_rows_total", "Rows deleted because they were old, by kind.", "kind", kind=PRUNED),
    _counter("slamon_cluster_jobs_removed_total", "Jobs of the queue that dead workers left, removed by this node."),
    _counter("slamon_clock_steps_total", "Times that the machine's wall clock was moved under the daemon."),
    _gauge(
        "slamon_clock_skew_seconds",
        "How far the machine's clock is ahead of ConnectWise's; 0 as far as the answer's way explains it.",
        "tenant",
        start_at_zero=False,
    ),
    _gauge("slamon_db_up", "Whether the database answered last time."),
    _counter("slamon_db_errors_total", "Calls that the database did not answer."),
    _counter("slamon_ledger_checks_total", "Live readings derived again by the independent checker.", "tenant"),
    _counter("slamon_ledger_mismatches_total", "Live readings that the independent checker disagrees with.", "tenant"),
    _gauge(
        "slamon_witness_differences",
        "Figures of ConnectWise on open tickets that differ from slamon's, by cause.",
        *("tenant", "cause"),
        cause=WITNESS_CAUSES,
    ),
    _gauge("slamon_witness_tickets_compared", "Open tickets on which ConnectWise shows figures of its own.", "tenant"),
    _gauge(
        "slamon_witness_last_success_timestamp_seconds",
        "When ConnectWise's figures were last compared; 0 before the first time.",
        "tenant",
    ),
    _gauge("slamon_canary_ok", "Whether the last canary arrived, and every tenant was seen.", start_at_zero=False),
    _gauge("slamon_canary_last_success_timestamp_seconds", "When the last canary arrived.", start_at_zero=False),
    _gauge("slamon_canary_latency_seconds", "How long the last canary was on its way.", start_at_zero=False),
    _gauge("slamon_config_last_reload_successful", "Whether the last reload of the configuration worked."),
    _gauge(
        "slamon_config_last_reload_success_timestamp_seconds",
        "When the configuration was last loaded; 0 before.",
    ),
)
BY_NAME = {family.name: family for family in FAMILIES}
