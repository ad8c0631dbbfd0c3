"""A report made fit to be shown: text from tickets cleaned, and what nobody would read to its end cut, saying so."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from slamon.clean import clean_line
from slamon.reporting.context import safe_link
from slamon.reporting.words import plural
from slamon.reports.document import Cell, Chart, Figure, Holders, Link, Report, Scope, Section, Table, Trend

LONGEST = 2_000  # characters of a text


def fit(report: Report) -> Report:
    """Return *report* with every text one clean line of at most LONGEST characters; a remark says how many were cut.

    Addresses that are not http or https are gone. What is fit already stays as it is.
    """
    tailor = _Tailor()
    fitted = tailor.report(report)
    if not tailor.cuts:
        return fitted
    remark = f"{plural(tailor.cuts, 'text was', 'texts were')} longer than {LONGEST:,} characters and cut."
    return msgspec.structs.replace(fitted, remarks=(*fitted.remarks, remark))


@dataclass
class _Tailor:
    cuts: int = 0

    def text(self, text: str) -> str:
        if len(text) <= LONGEST:
            return clean_line(text, LONGEST)
        self.cuts += 1
        said = f" [cut: {len(text):,} characters]"
        return clean_line(text, LONGEST - len(said)) + said

    def texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(self.text, texts))

    def cell(self, cell: Cell) -> Cell:
        if isinstance(cell, str):
            return self.text(cell)
        if isinstance(cell, Link):
            return Link(self.text(cell.words), safe_link(cell.address))
        return cell

    def row(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return tuple(map(self.cell, row))

    def table(self, table: Table) -> Table:
        return msgspec.structs.replace(
            table,
            title=self.text(table.title),
            empty=self.text(table.empty),
            columns=tuple(msgspec.structs.replace(c, title=self.text(c.title)) for c in table.columns),
            rows=tuple(map(self.row, table.rows)),
            total=None if table.total is None else self.row(table.total),
        )

    def chart(self, chart: Chart) -> Chart:
        drawing = chart.drawing
        if isinstance(drawing, Holders):
            drawing = Holders(tuple((self.text(name), seconds) for name, seconds in drawing.seconds))
        if isinstance(drawing, Trend):
            points = tuple((self.text(name), share) for name, share in drawing.points)
            drawing = Trend(points, drawing.goal_percent)
        return Chart(chart.key, self.text(chart.title), self.text(chart.words), drawing)

    def section(self, section: Section) -> Section:
        return Section(
            section.key,
            self.text(section.title),
            self.texts(section.words),
            tuple(map(self.table, section.tables)),
            tuple(map(self.chart, section.charts)),
        )

    def figure(self, figure: Figure) -> Figure:
        return msgspec.structs.replace(
            figure, title=self.text(figure.title), value=self.cell(figure.value), note=self.text(figure.note)
        )

    def report(self, report: Report) -> Report:
        scope = report.scope
        return msgspec.structs.replace(
            report,
            title=self.text(report.title),
            scope=Scope(self.text(scope.tenant), scope.by, self.text(scope.name)),
            figures=tuple(map(self.figure, report.figures)),
            sections=tuple(map(self.section, report.sections)),
            definitions=tuple((self.text(term), self.text(meaning)) for term, meaning in report.definitions),
            remarks=self.texts(report.remarks),
        )
