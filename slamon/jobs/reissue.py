"""Reissue: a report as it was known at an instant, from the archive where it was sent, else made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from msgspec import structs

from slamon.jobs.compare_reports import compare_reports
from slamon.jobs.make_report import Asked, make_report
from slamon.jobs.scope_names import resolve_scope
from slamon.jobs.tenant import TenantSettings
from slamon.ports import ArchivedFile, ArchivedReport, Store, WantedReport
from slamon.reports.document import Report, Section, decode

Make = Callable[[Store, TenantSettings, Asked], Report]


@dataclass(frozen=True, slots=True)
class Reissued:
    """A report; `archived` where it is one that was sent, with the files it was sent with."""

    report: Report
    archived: ArchivedReport | None = None
    files: tuple[ArchivedFile, ...] = ()


def reissue(store: Store, settings: TenantSettings, asked: Asked, make: Make = make_report) -> Reissued:
    """Return the report as it was known at `asked.known_at`: the newest that was sent by then, byte by byte.

    Raises:
        InputError: There is no such kind or name.
        StoreError: What was known then is not kept, or the archive is damaged.
    """
    archived = find_archived(store, asked, asked.known_at)
    if archived is None:
        return Reissued(make(store, settings, asked))
    report = decode(store.load_report(archived.tenant, archived.key))
    return Reissued(report, archived, tuple(store.load_report_files(archived.tenant, archived.key)))


def renew(
    store: Store, settings: TenantSettings, asked: Asked, make: Make = make_report
) -> tuple[Report, Section | None]:
    """Return the report as it is known at `asked.known_at`, and what changed since it was sent; None: it never was.

    What changed is a section of the report too.
    """
    report = make(store, settings, asked)
    archived = find_archived(store, asked, asked.known_at)
    if archived is None:
        return report, None
    then = decode(store.load_report(archived.tenant, archived.key))
    changes = compare_reports(store, settings, then, report)
    return structs.replace(report, sections=(*report.sections, changes)), changes


def find_archived(store: Store, asked: Asked, known_by: datetime) -> ArchivedReport | None:
    """Return the newest report in the archive that is what is *asked*, known at or before *known_by*."""
    scope = resolve_scope(store, asked.scope, asked.period, asked.known_at)
    wanted = WantedReport(
        tenant=scope.tenant,
        kind=asked.kind,
        by=scope.by,
        of=scope.name,
        begins_at=asked.period.begins_at,
        ends_at=asked.period.ends_at,
        zone=asked.period.zone.key,
        denominator=asked.denominator,
    )
    return store.find_report(wanted, known_by)
