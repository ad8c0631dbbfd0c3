"""XLSX: a sheet for each table with typed cells, filters and a frozen head, a summary before them, native charts after.

Nothing that comes from a ticket becomes a formula, a number or a link by its looks.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from slamon.clean import clean_line
from slamon.errors import ReportFormatError
from slamon.reports.document import Cell, Chart, Column, Heat, Holders, Link, Report, Section, Share, Table, Trend, Unit
from slamon.reports.formats.files import ReportFile, stem_of
from slamon.reports.sheets import drawn
from slamon.reports.written import (
    NOT_APPLICABLE,
    counted_text,
    instant_text,
    scope_text,
    seconds_text,
    span_text,
    tenths,
)

MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_LINKS = 60_000  # Excel takes 65,530 on a sheet
MOST_ADDRESS = 2_000  # characters; Excel takes 2,079
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FORMATS: Mapping[str, dict[str, Any]] = {
    "text": {"valign": "top"},
    "long": {"valign": "top", "text_wrap": True},
    "count": {"num_format": "#,##0", "valign": "top"},
    "share": {"num_format": "0.0%", "valign": "top", "align": "right"},
    "seconds": {"num_format": "[h]:mm", "valign": "top", "align": "right"},
    "instant": {"num_format": "yyyy-mm-dd hh:mm", "valign": "top"},
    "link": {"font_color": "#0b5cad", "underline": 1, "valign": "top"},
    "head": {"bold": True, "bg_color": "#e6edf5", "bottom": 1, "text_wrap": True, "valign": "top"},
    "title": {"bold": True, "font_size": 16},
    "part": {"bold": True, "font_size": 12},
}
_WIDTHS = {Unit.TEXT: 24, Unit.COUNT: 11, Unit.SECONDS: 12, Unit.INSTANT: 17, Unit.SHARE: 12, Unit.LINK: 12}


def xlsx_file(report: Report) -> ReportFile:
    """
    Raises:
        ReportFormatError: It could not be written.
    """
    made = io.BytesIO()
    try:
        book = xlsxwriter.Workbook(made, _OPTIONS)
        _Writer(book, report).write()
        book.close()
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
        raise ReportFormatError(f"XLSX not written ({clean_line(str(error))}); is there room for it?") from error
    return ReportFile(f"{stem_of(report)}.xlsx", MEDIA, made.getvalue())


def sheet_name(wanted: str, taken: set[str]) -> str:
    """Return a name that Excel takes and that is not in *taken*, to which it is added."""
    legal = " ".join(re.sub(r"[\[\]:*?/\\]", " ", clean_line(wanted)).split())
    name = legal.strip(" '")[:31].strip(" '") or "Sheet"
    if name.lower() == "history":  # Excel keeps it for itself
        name = "History of goals"
    for number in chain([""], map(" {}".format, range(2, 1_000))):
        if (found := f"{name[: 31 - len(number)].rstrip()}{number}").lower() not in taken:
            break
    taken.add(found.lower())
    return found


@dataclass(slots=True)
class _Place:
    """A sheet and the next free row of it."""

    sheet: Any
    row: int = 0
    links: int = 0


class _Writer:
    def __init__(self, book: Any, report: Report) -> None:  # noqa: ANN401  (the library has no types)
        self._book = book
        self._report = report
        self._zone = ZoneInfo(report.zone)
        self._taken: set[str] = set()
        self._formats = {
            (name, bold): book.add_format({**kind, **({"bold": True, "top": 1} if bold else {})})
            for name, kind in _FORMATS.items()
            for bold in (False, True)
        }
        known = datetime.fromtimestamp(report.known_at, UTC).replace(tzinfo=None)
        book.set_properties({"title": report.title[:255], "comments": "Made by slamon", "created": known})

    def write(self) -> None:
        self._summary()
        for section in self._report.sections:
            for table in section.tables:
                self._table(section, table)
        self._charts([chart for section in self._report.sections for chart in section.charts])

    def _sheet(self, name: str) -> _Place:
        return _Place(self._book.add_worksheet(sheet_name(name, self._taken)))

    def _summary(self) -> None:
        place, report = self._sheet("Summary"), self._report
        place.sheet.set_column(0, 0, 30)
        place.sheet.set_column(1, 2, 18)
        place.sheet.set_column(3, 3, 60)
        self._line(place, report.title, "title")
        for term, text in (
            ("Period", span_text(report)),
            ("About", scope_text(report)),
            ("Counts", counted_text(report)),
            ("Known at", f"{instant_text(report.known_at, self._zone)}"),
            ("Times of", report.zone),
        ):
            self._pair(place, term, text)
        if report.remarks:
            self._part(place, "To know before reading")
            for remark in report.remarks:
                self._line(place, remark)
        self._figures(place)
        if report.definitions:
            self._part(place, "What the words mean")
            for term, meaning in report.definitions:
                self._pair(place, term, meaning)

    def _figures(self, place: _Place) -> None:
        self._part(place, "Figures")
        for column, title in enumerate(("Figure", "Value", "Of", "Note")):
            place.sheet.write_string(place.row, column, title, self._formats["head", False])
        place.row += 1
        for figure in self._report.figures:
            value = figure.value
            place.sheet.write_string(place.row, 0, figure.title)
            self._cell(place, 1, value, figure.unit, bold=False)
            if isinstance(value, Share):
                place.sheet.write_string(place.row, 2, f"{value.part:,} of {value.whole:,}")
            place.sheet.write_string(place.row, 3, figure.note)
            place.row += 1

    def _part(self, place: _Place, title: str) -> None:
        place.row += 1
        self._line(place, title, "part")

    def _line(self, place: _Place, text: str, kind: str = "text") -> None:
        place.sheet.write_string(place.row, 0, text, self._formats[kind, False])
        place.row += 1

    def _pair(self, place: _Place, term: str, text: str) -> None:
        place.sheet.write_string(place.row, 0, term)
        place.sheet.write_string(place.row, 1, text)
        place.row += 1

    def _table(self, section: Section, table: Table) -> None:
        place = self._sheet(table.title or section.title)
        last = self._block(place, table)
        place.sheet.freeze_panes(1, 0)
        place.sheet.autofilter(0, 0, max(len(table.rows), 1), last)
        place.sheet.repeat_rows(0)
        place.sheet.set_landscape()
        place.sheet.fit_to_pages(1, 0)

    def _block(self, place: _Place, table: Table) -> int:
        """Write *table* from the next free row on and return its last column."""
        last = 0
        for column, (title, width) in enumerate(_heads(table)):
            place.sheet.write_string(place.row, column, title, self._formats["head", False])
            place.sheet.set_column(column, column, width)
            last = column
        place.row += 1
        rows = zip(table.rows, repeat(False), strict=False)
        total = [(table.total, True)] if table.total is not None else []
        for row, bold in chain(rows, total):
            self._row(place, table.columns, row, bold=bold)
        if not table.rows:
            place.sheet.write_string(place.row, 0, table.empty)
            place.row += 1
        return last

    def _row(self, place: _Place, columns: tuple[Column, ...], row: tuple[Cell, ...], *, bold: bool) -> None:
        at = 0
        for column, cell in zip(columns, row, strict=True):
            self._cell(place, at, cell, column.unit, bold=bold)
            at += 1
            if column.unit is Unit.SHARE:
                if isinstance(cell, Share):
                    place.sheet.write_number(place.row, at, cell.part, self._formats["count", bold])
                    place.sheet.write_number(place.row, at + 1, cell.whole, self._formats["count", bold])
                at += 2
        place.row += 1

    def _cell(self, place: _Place, at: int, cell: Cell, unit: Unit, *, bold: bool) -> None:
        sheet, row = place.sheet, place.row
        if cell is None:
            return
        if isinstance(cell, Link):
            self._link(place, at, cell, bold=bold)
        elif isinstance(cell, Share):
            cut = tenths(cell)
            form = self._formats["share", bold]
            if cut is None:
                sheet.write_string(row, at, NOT_APPLICABLE, form)
            else:
                sheet.write_number(row, at, cut / 1000, form)
        elif isinstance(cell, str):
            sheet.write_string(row, at, cell, self._formats["long" if len(cell) > 40 else "text", bold])
        elif unit is Unit.SECONDS:
            self._seconds(place, at, cell, bold=bold)
        elif unit is Unit.INSTANT:
            local = datetime.fromtimestamp(cell, UTC).astimezone(self._zone).replace(tzinfo=None)
            sheet.write_datetime(row, at, local, self._formats["instant", bold])
        else:
            sheet.write_number(row, at, cell, self._formats["count", bold])

    def _seconds(self, place: _Place, at: int, seconds: int, *, bold: bool) -> None:
        form = self._formats["seconds", bold]
        if seconds < 0:  # Excel shows no time below zero
            place.sheet.write_string(place.row, at, seconds_text(seconds), form)
        else:
            place.sheet.write_number(place.row, at, seconds / 86_400, form)

    def _link(self, place: _Place, at: int, link: Link, *, bold: bool) -> None:
        if not link.address or len(link.address) > MOST_ADDRESS or place.links >= MOST_LINKS:
            place.sheet.write_string(place.row, at, link.words, self._formats["text", bold])
            return
        place.links += 1
        words = link.words or link.address
        place.sheet.write_url(place.row, at, link.address, self._formats["link", bold], words)

    def _charts(self, charts: list[Chart]) -> None:
        for chart in charts:
            place = self._sheet(chart.title)
            self._block(place, drawn(chart))
            place.sheet.freeze_panes(1, 0)
            if isinstance(chart.drawing, Heat):
                scale = {"type": "2_color_scale", "min_color": "#ffffff", "max_color": "#0072b2"}
                place.sheet.conditional_format(1, 2, place.row - 1, 2, scale)
            elif place.row > 1:
                self._picture(place, chart)

    def _picture(self, place: _Place, chart: Chart) -> None:
        drawing = chart.drawing
        kind = "line" if isinstance(drawing, Trend) else "bar" if isinstance(drawing, Holders) else "column"
        made = self._book.add_chart({"type": kind})
        name, last = place.sheet.get_name(), place.row - 1
        series = {"categories": [name, 1, 0, last, 0], "values": [name, 1, 1, last, 1], "name": chart.title}
        colour = {"color": "#0072b2"}
        look: dict[str, Any] = {"line": colour, "marker": {"type": "circle"}} if kind == "line" else {"fill": colour}
        made.add_series({**series, **look, "data_labels": {"value": True}})
        if isinstance(drawing, Trend) and drawing.goal_percent is not None:
            self._goal(place, made, drawing.goal_percent)
        made.set_title({"name": chart.title, "overlay": False})
        made.set_legend({"none": True})
        if kind == "bar":
            made.set_y_axis({"reverse": True})
        made.set_size({"width": 760, "height": 380})
        place.sheet.insert_chart(1, 6, made, {"description": chart.words})

    def _goal(self, place: _Place, made: Any, goal: int) -> None:  # noqa: ANN401
        """Draw the promise as a line of its own; its values stand beside the others as shares."""
        place.sheet.write_string(0, 5, "Promised", self._formats["head", False])
        for row in range(1, place.row):
            place.sheet.write_number(row, 5, goal / 100, self._formats["share", False])
        values = [place.sheet.get_name(), 1, 5, place.row - 1, 5]
        dashed = {"color": "#d55e00", "dash_type": "dash"}
        made.add_series({"name": f"promised {goal} %", "values": values, "line": dashed})


def _heads(table: Table) -> list[tuple[str, int]]:
    heads: list[tuple[str, int]] = []
    for place, column in enumerate(table.columns):
        texts = (row[place] for row in table.rows[:200])
        longest = max((len(cell) for cell in texts if isinstance(cell, str)), default=0)
        heads.append((column.title, max(_WIDTHS[column.unit], min(longest + 2, 60))))
        if column.unit is Unit.SHARE:
            heads += [(f"{column.title}: part", 11), (f"{column.title}: of", 11)]
    return heads
