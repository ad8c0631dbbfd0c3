"""A report as plain tables for machines: what it is about, its figures, its tables, and what its charts draw."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from slamon.reports.document import (
    Cell,
    Chart,
    Column,
    Drawing,
    Figure,
    Heat,
    Report,
    Section,
    Share,
    Spread,
    Table,
    Trend,
    Unit,
)
from slamon.reports.written import cell_text, local_rfc3339

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def sheets_of(report: Report) -> Iterator[tuple[str, Table]]:
    """Yield (name, table), the names without repetition: what a chart draws is `.chart` where a table has its name."""
    yield "about", about(report)
    yield "figures", figures(report)
    for section in report.sections:
        tables = {_name(section, table): table for table in section.tables}
        yield from tables.items()
        for chart in section.charts:
            name = _name(section, chart)
            yield f"{name}.chart" if name in tables else name, drawn(chart)


def _name(section: Section, part: Table | Chart) -> str:
    return part.key if part.key == section.key else f"{section.key}.{part.key}"


def about(report: Report) -> Table:
    zone = ZoneInfo(report.zone)
    rows = [
        ("title", report.title),
        ("kind", report.kind),
        ("tenant", report.scope.tenant),
        ("scope", report.scope.by),
        ("name", report.scope.name),
        ("period", report.period),
        ("begins_at", local_rfc3339(report.begins_at, zone)),
        ("ends_at", local_rfc3339(report.ends_at, zone)),
        ("zone", report.zone),
        ("known_at", local_rfc3339(report.known_at, zone)),
        ("denominator", report.denominator),
        *(("remark", remark) for remark in report.remarks),
        *(("definition", f"{term}: {meaning}") for term, meaning in report.definitions),
    ]
    return Table("about", (Column("what", "What"), Column("value", "Value")), tuple(rows))


def figures(report: Report) -> Table:
    zone = ZoneInfo(report.zone)
    columns = (
        Column("key", "Key"),
        Column("title", "Figure"),
        Column("unit", "Unit"),
        Column("text", "In words"),
        Column("number", "Number", Unit.COUNT),
        Column("whole", "Of", Unit.COUNT),
        Column("note", "Note"),
    )
    return Table("figures", columns, tuple(_figure(figure, zone) for figure in report.figures))


def _figure(figure: Figure, zone: ZoneInfo) -> tuple[Cell, ...]:
    value = figure.value
    number = value.part if isinstance(value, Share) else value if isinstance(value, int) else None
    whole = value.whole if isinstance(value, Share) else None
    text = cell_text(value, figure.unit, zone)
    return figure.key, figure.title, figure.unit.value, text, number, whole, figure.note


def drawn(chart: Chart) -> Table:
    """Return what a chart draws as a table."""
    columns, rows = _drawn(chart.drawing)
    return Table(chart.key, columns, rows, title=chart.title)


def _drawn(drawing: Drawing) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...]]:
    if isinstance(drawing, Trend):
        return _TREND, tuple((name, share, drawing.goal_percent) for name, share in drawing.points)
    if isinstance(drawing, Spread):
        return _SPREAD, tuple(zip((*drawing.up_to_percent, None), drawing.goals, strict=True))
    if isinstance(drawing, Heat):
        days = zip(WEEKDAYS, drawing.counts, strict=True)
        return _HEAT, tuple((day, hour, count) for day, counts in days for hour, count in enumerate(counts))
    return _HOLDERS, drawing.seconds


_TREND = (
    Column("period", "Period"),
    Column("attainment", "Attainment", Unit.SHARE),
    Column("goal_percent", "Promised, percent", Unit.COUNT),
)
_SPREAD = (
    Column("up_to_percent", "Up to percent of the goal", Unit.COUNT),
    Column("goals", "Goals", Unit.COUNT),
)
_HEAT = (Column("weekday", "Weekday"), Column("hour", "Hour", Unit.COUNT), Column("breaches", "Breaches", Unit.COUNT))
_HOLDERS = (Column("holder", "Held by"), Column("held_seconds", "Business time", Unit.SECONDS))
