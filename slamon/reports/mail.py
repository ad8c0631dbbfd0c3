"""A report as a mail: all of it as text, the HTML part kept to what mail programs show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from slamon.reporting.environment import Rendered
from slamon.reporting.render import Renderer
from slamon.reports.document import Report
from slamon.reports.fit import fit
from slamon.reports.view import Page, page_of

MOST_CELLS = 100  # of all tables in the HTML part: mail programs cut what is longer than 100 KB
MOST_ROWS = 12


@dataclass(frozen=True, slots=True)
class ReportMail:
    """A report for `report.*`. `shown`: how many rows of each table, by section, stand in the HTML part."""

    page: Page
    shown: tuple[tuple[int, ...], ...]


def mail_of(renderer: Renderer, report: Report) -> Rendered:
    """Return the mail that brings *report*."""
    return renderer.render("report", mail=report_mail(report))


def report_mail(report: Report) -> ReportMail:
    page = page_of(fit(report))
    page = replace(page, sections=tuple(one for one in page.sections if one.words or one.tables))  # not only charts
    shown = _shown(page)
    return ReportMail(page, tuple(tuple(next(shown) for _ in section.tables) for section in page.sections))


def _shown(page: Page) -> Iterator[int]:
    """Yield for each table how many of its rows there is room for: the first tables take what they need."""
    left = MOST_CELLS
    for section in page.sections:
        for table in section.tables:
            rows = min(len(table.rows), MOST_ROWS, left // len(table.heads))
            left -= rows * len(table.heads)
            yield rows
