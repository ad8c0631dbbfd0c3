"""A report as its pages and mails show it: every cell in words, all decided here, so that templates only place it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from slamon.clean import clean_line
from slamon.reports.document import Cell, Chart, Column, Figure, Link, Report, Share, Table, Unit
from slamon.reports.written import (
    cell_text,
    counted_text,
    counts_text,
    instant_text,
    scope_text,
    span_text,
)

WIDE = 7  # columns from which a table wants a page on its side
LONG = 28  # characters from which a text wants room
_NUMBERS = (Unit.COUNT, Unit.SECONDS, Unit.SHARE)
_KINDS = {
    "breach": "Breach report",
    "daily": "Daily report",
    "weekly": "Weekly report",
    "monthly": "Monthly report",
    "review": "Business review",
    "pauses": "Pause report",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell: its words, smaller words beside them, and an address it leads to."""

    text: str
    detail: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column. `tone`: number, instant, link, text, or long for text that wants room."""

    title: str
    tone: str


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table in words. `left_out`: how many rows are not shown here."""

    title: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Shown, ...], ...]
    total: tuple[Shown, ...]
    empty: str
    left_out: int = 0

    @property
    def letters(self) -> tuple[int, ...]:
        """For each column about how many letters it wants, for paper, where widths are not found by trying."""
        rows = (*self.rows, self.total) if self.total else self.rows
        return tuple(_letters(head, [row[place] for row in rows]) for place, head in enumerate(self.heads))

    @property
    def wide(self) -> bool:
        return len(self.heads) >= WIDE

    @property
    def lines(self) -> tuple[tuple[tuple[str, Shown], ...], ...]:
        """Each row, the total last, as its cells that say something, by the titles of their columns."""
        rows = (*self.rows, self.total) if self.total else self.rows
        titles = [head.title for head in self.heads]
        return tuple(
            tuple((title, shown) for title, shown in zip(titles, row, strict=True) if shown.text) for row in rows
        )


_GAP = 4  # letters: the gap between two columns, and what wide letters take more


def _letters(head: Head, cells: Sequence[Shown]) -> int:
    longest = max((len(cell.text) + len(cell.detail) for cell in cells), default=0)
    words = [*head.title.split(), *(word for cell in cells for word in cell.text.split())]
    unbroken = max((len(word) for word in words), default=0)  # a word that does not fit would be cut in two
    most = 28 if head.tone == "long" else 12
    return _GAP + max(min(unbroken, 14), min(longest, most))


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure in words."""

    title: str
    value: Shown
    note: str


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section in words, with its charts as they are."""

    key: str
    title: str
    words: tuple[str, ...]
    tables: tuple[ShownTable, ...]
    charts: tuple[Chart, ...]

    @property
    def wide(self) -> bool:
        return any(table.wide for table in self.tables)


@dataclass(frozen=True, slots=True)
class Page:
    """A report in words."""

    kind: str
    title: str
    scope: str
    tenant: str
    period: str
    span: str
    zone: str
    known: str
    counted: str
    figures: tuple[ShownFigure, ...]
    sections: tuple[ShownSection, ...]
    definitions: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """How many rows of a table there is room for, and how many letters in a cell; None: for all."""

    rows: int | None = None
    letters: int | None = None


ENDLESS = Room()


def page_of(report: Report, room: Room = ENDLESS) -> Page:
    """Return *report* in words, as much of it as there is room for."""
    zone = ZoneInfo(report.zone)
    return Page(
        kind=_KINDS.get(report.kind, report.kind),
        title=report.title,
        scope=scope_text(report),
        tenant=report.scope.tenant,
        period=report.period,
        span=span_text(report),
        zone=report.zone,
        known=instant_text(report.known_at, zone),
        counted=counted_text(report),
        figures=tuple(_figure(figure, zone) for figure in report.figures),
        sections=tuple(
            ShownSection(
                section.key,
                section.title,
                section.words,
                tuple(shown_table(table, zone, room) for table in section.tables),
                section.charts,
            )
            for section in report.sections
        ),
        definitions=report.definitions,
        remarks=report.remarks,
    )


def shown_table(table: Table, zone: ZoneInfo, room: Room = ENDLESS) -> ShownTable:
    rows = tuple(_row(table.columns, row, zone, room) for row in table.rows[: room.rows])
    return ShownTable(
        title=table.title,
        heads=tuple(_head(column, [row[place] for row in rows]) for place, column in enumerate(table.columns)),
        rows=rows,
        total=() if table.total is None else _row(table.columns, table.total, zone),
        empty=table.empty,
        left_out=len(table.rows) - len(rows),
    )


def _head(column: Column, cells: Sequence[Shown]) -> Head:
    if column.unit in _NUMBERS:
        return Head(column.title, "number")
    long = column.unit is Unit.TEXT and any(len(cell.text) > LONG for cell in cells)
    return Head(column.title, "long" if long else column.unit.value)


def _row(columns: Sequence[Column], row: Sequence[Cell], zone: ZoneInfo, room: Room = ENDLESS) -> tuple[Shown, ...]:
    cells = (shown_cell(cell, column.unit, zone) for column, cell in zip(columns, row, strict=True))
    if room.letters is None:
        return tuple(cells)
    return tuple(replace(cell, text=clean_line(cell.text, room.letters)) for cell in cells)


def shown_cell(cell: Cell, unit: Unit, zone: ZoneInfo) -> Shown:
    text = cell_text(cell, unit, zone)
    if isinstance(cell, Share):
        return Shown(text, counts_text(cell))
    return Shown(text, address=cell.address) if isinstance(cell, Link) else Shown(text)


def _figure(figure: Figure, zone: ZoneInfo) -> ShownFigure:
    return ShownFigure(figure.title, shown_cell(figure.value, figure.unit, zone), figure.note)
