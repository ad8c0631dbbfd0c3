"""From a report to what is sent: its files, its mail, and its data for programs."""

from __future__ import annotations

from collections.abc import Sequence

from slamon.errors import ReportFormatError
from slamon.ports import ArchivedFile
from slamon.reporting.environment import Rendered
from slamon.reporting.render import Renderer
from slamon.reports.document import Report
from slamon.reports.formats import Form, files_of
from slamon.reports.mail import mail_of


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
        return mail_of(self._renderer, report)

    def data(self, report: Report) -> str:
        """Return the report as JSON."""
        (file,) = files_of(report, Form.JSON)
        return file.body.decode()
