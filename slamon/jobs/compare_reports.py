"""What changed of a report between two instants of knowledge, and why."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from slamon.core.attainment import Denominator
from slamon.core.goals import Goals
from slamon.core.instants import from_epoch
from slamon.core.period import stretch
from slamon.jobs.report_details import load_excuses, load_rules, load_tickets
from slamon.jobs.report_material import Question, load_scoped, load_watched
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Store
from slamon.reports.changed import Changed, compare_goals, find_renames, flips_first
from slamon.reports.document import Report, Section
from slamon.reports.kinds.changes import MOST_CHANGES, differences
from slamon.reports.material import Material


def compare_reports(store: Store, settings: TenantSettings, then: Report, now: Report) -> Section:
    """
    Return what *now* tells otherwise than *then*, the same report of an earlier instant of knowledge, and why.

    Raises:
        KnowledgeGoneError: What was known then is not kept any more.
    """
    old, new = (_load(store, report) for report in (then, now))
    changes = compare_goals(old, new, then.known_at, now.known_at)
    listed = {change.key.ticket_id for change in flips_first(changes)[:MOST_CHANGES]}
    asked = _question(now)
    material = Material(
        kind=now.kind,
        scope=now.scope,
        period=asked.period,
        known_at=now.known_at,
        until=now.ends_at,
        denominator=asked.denominator,
        watched=load_watched(store, settings, asked.period.begins_at, asked.until),
        changes=tuple(changes),
        changes_since=then.known_at,
        tickets=load_tickets(store, settings, listed, asked.known_at),
        excuses=load_excuses(store, settings.name, listed, asked.known_at),
        rules=load_rules(store, _versions(changes)),
    )
    return differences(material, then, now, find_renames(old, new))


def _load(store: Store, report: Report) -> Goals:
    asked = _question(report)
    return load_scoped(store, asked, asked.period, asked.known_at, asked.denominator)


def _question(report: Report) -> Question:
    period = stretch(from_epoch(report.begins_at), from_epoch(report.ends_at), ZoneInfo(report.zone))
    known_at = from_epoch(report.known_at)
    return Question(report.kind, report.scope, period, known_at, Denominator(report.denominator))


def _versions(changes: Iterable[Changed]) -> set[str]:
    lines = [line for change in changes for line in (change.was, change.now) if line is not None]
    return {line.terms for line in lines if line.terms}
