"""Reports as files: every format shows the one `Report`, and no format counts anything."""

from __future__ import annotations

from slamon.reports.document import Report
from slamon.reports.fit import fit
from slamon.reports.formats.files import ReportFile, stem_of, write_files
from slamon.reports.forms import Form

__all__ = ["Form", "ReportFile", "files_of", "stem_of", "write_files"]


def files_of(report: Report, form: Form) -> tuple[ReportFile, ...]:
    """Return the files of *report* in one format. The same report gives the same bytes.

    Raises:
        ReportFormatError: What the format needs is not installed or gave up; other formats may still go.
    """
    report = fit(report)
    if form is Form.CSV:
        from slamon.reports.formats.csv_files import csv_files

        return csv_files(report)
    if form is Form.PARQUET:
        from slamon.reports.formats.parquet_files import parquet_files

        return parquet_files(report)
    return (_file_of(report, form),)


def _file_of(report: Report, form: Form) -> ReportFile:
    if form is Form.HTML:
        from slamon.reports.formats.html_page import html_file

        return html_file(report)
    if form is Form.PDF:
        from slamon.reports.formats.pdf_file import pdf_file

        return pdf_file(report)
    if form is Form.XLSX:
        from slamon.reports.formats.workbook import xlsx_file

        return xlsx_file(report)
    from slamon.reports.formats.json_file import json_file

    return json_file(report)
