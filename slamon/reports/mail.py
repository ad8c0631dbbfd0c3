"""A report as a mail: its figures, words and tables in plain texts, the HTML part kept to what mail programs show."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from slamon.reporting.environment import Rendered
from slamon.reporting.render import Renderer
from slamon.reports.document import Report, Section, Table
from slamon.reports.fit import fit
from slamon.reports.written import cell_text, counted_text, instant_text, span_text

MOST_CELLS = 100  # of all tables in the HTML part: mail programs cut what is longer than 100 KB


@dataclass(frozen=True, slots=True)
class MailTable:
    """A table as texts; `shown` of its rows stand in the HTML part."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str
    shown: int


@dataclass(frozen=True, slots=True)
class MailSection:
    title: str
    words: tuple[str, ...]
    tables: tuple[MailTable, ...]


@dataclass(frozen=True, slots=True)
class ReportMail:
    """A report in plain texts, for `report.*`. `figures` are title, value and note."""

    title: str
    tenant: str
    span: str
    zone: str
    known_at: str
    counted: str
    remarks: tuple[str, ...]
    figures: tuple[tuple[str, str, str], ...]
    sections: tuple[MailSection, ...]


def mail_of(renderer: Renderer, report: Report) -> Rendered:
    """Return the mail that brings *report*."""
    return renderer.render("report", mail=report_mail(report))


def report_mail(report: Report) -> ReportMail:
    report, zone = fit(report), ZoneInfo(report.zone)
    left, sections = MOST_CELLS, []
    for section in report.sections:
        made = _section(section, zone, left)
        left -= sum(table.shown * len(table.head) for table in made.tables)
        sections.append(made)
    return ReportMail(
        title=report.title,
        tenant=report.scope.tenant,
        span=span_text(report),
        zone=report.zone,
        known_at=instant_text(report.known_at, zone),
        counted=counted_text(report),
        remarks=report.remarks,
        figures=tuple((one.title, cell_text(one.value, one.unit, zone), one.note) for one in report.figures),
        sections=tuple(sections),
    )


def _section(section: Section, zone: ZoneInfo, left: int) -> MailSection:
    tables = []
    for table in section.tables:
        made = _table(table, zone, left)
        left -= made.shown * len(made.head)
        tables.append(made)
    return MailSection(section.title, section.words, tuple(tables))


def _table(table: Table, zone: ZoneInfo, left: int) -> MailTable:
    units = [column.unit for column in table.columns]
    whole = (*table.rows, *([table.total] if table.total else []))
    rows = tuple(tuple(cell_text(cell, unit, zone) for cell, unit in zip(row, units, strict=True)) for row in whole)
    shown = min(len(rows), 12, max(0, left) // max(1, len(units)))
    return MailTable(tuple(column.title for column in table.columns), rows, table.empty, shown)
