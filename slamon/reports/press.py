"""From a report to what is sent: its files, its mail, and its data for programs."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from zoneinfo import ZoneInfo

from slamon.errors import ReportFormatError
from slamon.ports import ArchivedFile
from slamon.reporting.environment import Rendered
from slamon.reporting.render import Renderer
from slamon.reports.document import Report
from slamon.reports.formats import Form, files_of
from slamon.reports.written import cell_text


class FilePress:
    """Makes files in any format; mails by the templates of *renderer*."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def files(self, report: Report, forms: Sequence[str]) -> tuple[list[ArchivedFile], list[str]]:
        """Return the files, and a line for each format that could not be made."""
        made: list[ArchivedFile] = []
        problems: list[str] = []
        for form in dict.fromkeys(forms):
            try:
                files = files_of(report, Form(form))
            except ReportFormatError as error:
                problems.append(f"{form}: {error}")
            else:
                made += [ArchivedFile(file.name, file.media_type, file.body) for file in files]
        return made, problems

    def mail(self, report: Report) -> Rendered:
        return _mail(report)

    def data(self, report: Report) -> str:
        """Return the report as JSON."""
        (file,) = files_of(report, Form.JSON)
        return file.body.decode()


def _mail(report: Report) -> Rendered:
    zone = ZoneInfo(report.zone)
    lines = [*report.remarks]
    lines += [f"{figure.title}: {cell_text(figure.value, figure.unit, zone)}" for figure in report.figures]
    for section in report.sections:
        lines += ["", section.title, *section.words]
        for table in section.tables:
            units = [column.unit for column in table.columns]
            rows = [[cell_text(cell, unit, zone) for cell, unit in zip(row, units, strict=True)] for row in table.rows]
            lines += [" | ".join(row) for row in rows] or [table.empty]
    text = "\n".join(lines)
    html = f'<body><h1>{escape(report.title)}</h1><pre style="white-space:pre-wrap">{escape(text)}</pre></body>'
    return Rendered(subject=report.title, text=text, html=html)
