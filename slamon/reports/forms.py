"""The formats of reports, by the names that settings and commands know them by."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """A format of reports."""

    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


FORMS = tuple(str(form) for form in Form)
