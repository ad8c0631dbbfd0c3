"""What is legal in a configuration but probably not meant, one line each."""

from __future__ import annotations

from slamon.config.checks import plain
from slamon.config.database import sslmode_of
from slamon.config.models import Config
from slamon.config.policies import Goals, Promise
from slamon.core.ladder import Ladder
from slamon.core.rules_document import find_overlaps
from slamon.core.ticket import STAGES


def find_warnings(config: Config) -> list[str]:
    """Return one line, beginning with the key, for each thing that is probably not meant."""
    found = _mail(config) + _store(config)
    for name, document in config.calendar.items():
        found += [f"calendar.{name}.{line}" for line in find_overlaps(plain(document))]
    promises: list[tuple[str, Promise]] = [("default_policy", config.default_policy)]
    promises += [(f"policy[{number}]", policy) for number, policy in enumerate(config.policy)]
    for key, promise in promises:
        found += _unordered(key, promise)
    found += [line for name, section in config.ladder.items() for line in _untold(section.core_ladder(name))]
    for number, policy in enumerate(config.policy):
        if any(policy.match == earlier.match for earlier in config.policy[:number]):
            found.append(f"policy[{number}].match: never reached, an earlier policy matches the same")
    return found + _slo(config)


def _slo(config: Config) -> list[str]:
    """SLAs are ConnectWise's and not known here; policies are."""
    known = {config.default_policy.name, *(policy.name for policy in config.policy)}
    return [
        f"slo.policy.{name}: there is no such policy; an SLA of ConnectWise is written sla:NAME"
        for name in config.slo.policy
        if name not in known and not name.startswith("sla:")
    ]


def _mail(config: Config) -> list[str]:
    if config.mail is None and config.alerts.channels:
        return ["mail: there is no [mail]; reports are not sent, and what a channel refuses for good is only logged"]
    if config.mail is None:
        return ["mail: there is no [mail]; alerts and reports are not sent, they stay in the metrics"]
    found = []
    untold = [name for name in config.tenant if not config.alerted_of(name)]
    if untold == list(config.tenant):
        found.append("alerts.recipients: nobody is named, so near breaches and breaches are not mailed")
    else:
        found += [f"tenant.{name}.recipients: nobody is named, so its breaches are not mailed" for name in untold]
    if config.mail.sender.endswith("@example.org"):
        found.append(f"mail.sender: {config.mail.sender} is an example; mail servers may refuse it")
    if not config.mail.fallback:
        found.append(
            "mail.fallback: nobody is named; what a recipient's server refuses for good is only logged and counted"
        )
    return found + _unread(config)


def _unread(config: Config) -> list[str]:
    found = []
    for number, report in enumerate(config.report):
        recipients = config.reported_of(report.name)
        unread = [tenant for tenant, who in recipients.items() if not who]
        about = "" if len(unread) == len(recipients) else f" about {', '.join(unread)}"
        if unread and report.enabled and not report.recipients_of and not report.channels:
            found.append(f"report[{number}].recipients: nobody is mailed {report.name}{about}; it is archived only")
    return found


def _store(config: Config) -> list[str]:
    """What is written down is done; that it was meant cannot be known."""
    mode = sslmode_of(config.store.url.get_secret_value())
    if mode in (None, "verify-full"):
        return []
    return [f"store.url: sslmode={mode} believes whoever answers; only sslmode=verify-full proves which server it is"]


def _untold(ladder: Ladder) -> list[str]:
    """Return the stages whose breach a ladder tells nobody of."""
    silent = [stage.label for stage in STAGES if not ladder.rungs_at(stage, None)]
    return [f'ladder.{ladder.name}: no rung at = "breach" for {", ".join(silent)}; nobody is told of it'] * bool(silent)


def _unordered(key: str, promise: Promise) -> list[str]:
    rows: list[tuple[str, Goals]] = [("goals", promise.goals)] if promise.goals else []
    rows += [(f"priority_goals[{number}]", row) for number, row in enumerate(promise.priority_goals)]
    found = []
    for name, row in rows:
        hours = [hours for hours in (row.respond, row.plan, row.resolve) if hours is not None]
        if hours != sorted(hours):
            found.append(f"{key}.{name}: a later stage is due before an earlier one")
    return found
