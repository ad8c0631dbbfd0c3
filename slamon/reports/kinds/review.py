"""The quarterly business review of one company: for its people, in words they need not have explained."""

from __future__ import annotations

from slamon.core.attainment import Bin
from slamon.reports.document import Column, Report, Section, Table, Unit
from slamon.reports.kinds import parts
from slamon.reports.kinds.changes import corrections
from slamon.reports.kinds.frame import PERCENTILES, report_of, whose
from slamon.reports.kinds.summary import summary
from slamon.reports.kinds.tables import GOAL_COLUMNS, goal_cells, sum_up
from slamon.reports.kinds.words import instant_words
from slamon.reports.material import Material
from slamon.reports.picks import excluded_lines, missed_lines

MOST_WORST = 10


def build_review(material: Material) -> Report:
    """Return summary, trend, worst tickets and exceptions. No technician is named, and no note is quoted."""
    tallies = parts.totals_of(material)
    lines = missed_lines(material, MOST_WORST)
    return report_of(
        material,
        f"Service review, {whose(material)}",
        [*parts.stage_figures(tallies), *parts.open_figures(parts.open_totals(material))],
        [
            summary(material, tallies, lines, people=False),
            parts.attainment(material, tallies),
            parts.trend(material, tallies),
            *parts.groups(material, ["priority", "type"], {"priority": "Priority", "type": "Type"}),
            parts.missed(material, lines, sum_up(tallies).missed, people=False),
            _exceptions(material),
            parts.times(material, tallies),
            parts.hours(material),
            parts.excluded(material, tallies),
            corrections(material),
        ],
        definitions=(PERCENTILES,),
    )


def _exceptions(material: Material) -> Section:
    """Return the goals that a person excused: who, when and why."""
    columns = (
        *GOAL_COLUMNS,
        Column("reason", "Reason"),
        Column("by", "Approved by"),
        Column("at", "Approved", Unit.INSTANT),
    )
    lines = [line for line in excluded_lines(material, parts.MOST_EXCLUDED) if line.bin is Bin.EXEMPT]
    told = [(line, material.excuse_of(line.key)) for line in lines]
    rows = tuple(
        (*goal_cells(material, line), *((each.reason, each.by, each.at) if each else ("", "", None)))
        for line, each in told
    )
    table = Table("exceptions", columns, rows, empty="No exception was made.")
    words = f"Goals that were taken out by a person until {instant_words(material.known_at, material.period)}."
    return Section("exceptions", "Exceptions", (words,) if rows else (), (table,))
