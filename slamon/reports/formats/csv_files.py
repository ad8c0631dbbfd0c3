"""CSV: one file for each table, its first line the keys of the columns. Spreadsheets run nothing of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from slamon.reports.document import Report, Table
from slamon.reports.flat import Field, Plain, Value, fields_of, values_of
from slamon.reports.formats.files import ReportFile, stem_of
from slamon.reports.sheets import sheets_of
from slamon.reports.written import local_rfc3339

# What a spreadsheet takes for the beginning of a formula, also in the wide forms that some turn into plain ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_files(report: Report) -> tuple[ReportFile, ...]:
    stem, zone = stem_of(report), ZoneInfo(report.zone)
    return tuple(
        ReportFile(f"{stem}.{name}.csv", "text/csv; charset=utf-8", _csv(table, zone))
        for name, table in sheets_of(report)
    )


def _csv(table: Table, zone: ZoneInfo) -> bytes:
    """Return *table* in UTF-8 with the mark that Excel knows it by; lines end as RFC 4180 has it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    fields = fields_of(table)
    writer.writerow(field.name for field in fields)
    writer.writerows(_lines(table, fields, zone))
    return text.getvalue().encode("utf-8-sig")


def _lines(table: Table, fields: tuple[Field, ...], zone: ZoneInfo) -> Iterator[list[str]]:
    for row in values_of(table):
        yield [_written(value, field, zone) for value, field in zip(row, fields, strict=True)]


def _written(value: Value, field: Field, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if field.plain is Plain.FLAG:
        return "true" if value else "false"
    if field.plain is Plain.INSTANT and isinstance(value, int):
        return local_rfc3339(value, zone)
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return str(value)
