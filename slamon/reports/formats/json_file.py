"""JSON: the report with its structure, for programs. `docs/reference/report.schema.json` describes it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slamon.reports.document import Cell, Chart, Column, Figure, Link, Report, Section, Share, Table, Unit
from slamon.reports.formats.files import ReportFile, stem_of
from slamon.reports.sheets import drawn
from slamon.reports.written import local_rfc3339, percent_number, utc_rfc3339

FORM = "slamon.report/1"


def json_file(report: Report) -> ReportFile:
    body = msgspec.json.format(msgspec.json.encode(document_of(report)), indent=1)
    return ReportFile(f"{stem_of(report)}.json", "application/json", body + b"\n")


def document_of(report: Report) -> dict[str, Any]:
    """Return the report as what JSON is made of."""
    zone = ZoneInfo(report.zone)
    scope = report.scope
    return {
        "form": FORM,
        "kind": report.kind,
        "title": report.title,
        "scope": {"tenant": scope.tenant, "by": scope.by or None, "name": scope.name or None},
        "period": {
            "name": report.period,
            "begins_at": _instant(report.begins_at, zone),
            "ends_at": _instant(report.ends_at, zone),
            "zone": report.zone,
        },
        "known_at": _instant(report.known_at, zone),
        "denominator": report.denominator,
        "remarks": report.remarks,
        "figures": [_figure(figure, zone) for figure in report.figures],
        "sections": [_section(section, zone) for section in report.sections],
        "definitions": [{"term": term, "meaning": meaning} for term, meaning in report.definitions],
    }


def _figure(figure: Figure, zone: ZoneInfo) -> dict[str, Any]:
    value = _value(figure.value, figure.unit, zone)
    return {"key": figure.key, "title": figure.title, "unit": figure.unit, "value": value, "note": figure.note}


def _section(section: Section, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": section.title,
        "words": section.words,
        "tables": [_table(table, zone) for table in section.tables],
        "charts": [_chart(chart, zone) for chart in section.charts],
    }


def _table(table: Table, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "key": table.key,
        "title": table.title,
        "columns": [{"key": column.key, "title": column.title, "unit": column.unit} for column in table.columns],
        "rows": [_row(table.columns, row, zone) for row in table.rows],
        "total": None if table.total is None else _row(table.columns, table.total, zone),
    }


def _chart(chart: Chart, zone: ZoneInfo) -> dict[str, Any]:
    kind = chart.drawing.__struct_config__.tag
    return {"kind": kind, "words": chart.words, **_table(drawn(chart), zone)}


def _row(columns: tuple[Column, ...], row: tuple[Cell, ...], zone: ZoneInfo) -> dict[str, Any]:
    return {column.key: _value(cell, column.unit, zone) for column, cell in zip(columns, row, strict=True)}


def _value(cell: Cell, unit: Unit, zone: ZoneInfo) -> Any:  # noqa: ANN401  (whatever JSON may hold)
    if isinstance(cell, Share):
        return {"part": cell.part, "whole": cell.whole, "percent": percent_number(cell)}
    if isinstance(cell, Link):
        return {"words": cell.words, "address": cell.address or None}
    return _instant(cell, zone) if unit is Unit.INSTANT and isinstance(cell, int) else cell


def _instant(at: int, zone: ZoneInfo) -> dict[str, str]:
    return {"utc": utc_rfc3339(at), "local": local_rfc3339(at, zone)}
