"""The lint of a watched tenant: run with each reading of the reference data, counted, and told once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from slamon.core.lint import RULES, Finding, LintSettings, Severity, lint
from slamon.core.reference import Reference
from slamon.jobs.tenant import TenantSettings, TenantState
from slamon.log import get_logger
from slamon.ports import Observer

log = get_logger(__name__)


def find_faults(reference: Reference, settings: TenantSettings, now: datetime) -> list[Finding]:
    """Return the findings for the day it is in the tenant's zone, or the server's."""
    zone = ZoneInfo(settings.zone or reference.server_zone or "UTC")
    wanted = LintSettings(settings.promises, settings.levels, settings.boards)
    return lint(reference, wanted, now.astimezone(zone).date())


def lint_tenant(
    reference: Reference, settings: TenantSettings, state: TenantState, now: datetime, observer: Observer
) -> None:
    """Count the findings of *reference* by rule, and log those that were not there the last time."""
    try:
        findings = find_faults(reference, settings, now)
    except Exception:  # a mistake in a rule must not stop the polls
        log.exception("lint failed", tenant=settings.name)
        return
    counts = Counter(finding.rule for finding in findings)
    for rule in RULES:
        observer.set("slamon_lint_findings", counts[rule.name], tenant=settings.name, rule=rule.name)
    for finding in findings:
        if finding not in state.findings:
            _tell(settings.name, finding)
    state.findings = frozenset(findings)


def _tell(tenant: str, finding: Finding) -> None:
    say = log.info if finding.severity is Severity.NOTICE else log.warning
    say(
        "lint",
        tenant=tenant,
        rule=finding.rule,
        severity=str(finding.severity),
        subject=finding.subject,
        problem=finding.problem,
        remedy=finding.mend,
    )
