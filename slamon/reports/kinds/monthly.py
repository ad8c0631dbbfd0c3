"""The SLA report of a month, or any other period: of all, or of one company, board, team, technician and so on."""

from __future__ import annotations

from slamon.reports.document import Report, Section
from slamon.reports.kinds import parts
from slamon.reports.kinds.changes import corrections
from slamon.reports.kinds.frame import PERCENTILES, report_of, whose
from slamon.reports.kinds.summary import summary
from slamon.reports.kinds.tables import sum_up
from slamon.reports.material import Material
from slamon.reports.picks import missed_lines

MOST_MISSED = 50

FACT_TITLES = {
    "company": "Company",
    "board": "Board",
    "team": "Team",
    "technician": "Technician",
    "priority": "Priority",
    "agreement": "Agreement",
    "type": "Type",
}


def build_monthly(material: Material) -> Report:
    """Return attainment against what was promised, what was missed and why, and how it was before."""
    tallies = parts.totals_of(material)
    lines = missed_lines(material, MOST_MISSED)
    stories = material.stories_of(line.key for line in lines)
    sections: list[Section | None] = [
        summary(material, tallies, lines),
        parts.attainment(material, tallies),
        parts.missed(material, lines, sum_up(tallies).missed),
        parts.holders(stories),
        parts.over(material),
        *parts.groups(material, facts_shown(material), FACT_TITLES),
        parts.times(material, tallies),
        parts.trend(material, tallies),
        parts.hours(material),
        parts.excluded(material, tallies),
        corrections(material),
    ]
    figures = [*parts.stage_figures(tallies), *parts.open_figures(parts.open_totals(material))]
    return report_of(material, f"SLA report, {whose(material)}", figures, sections, definitions=(PERCENTILES,))


def facts_shown(material: Material) -> list[str]:
    """Return the facts by which goals are counted: each but the one that the report is about."""
    scope = material.scope
    if scope.by and not scope.name:
        return [scope.by]
    shown = [fact for fact in FACT_TITLES if fact != scope.by]
    return shown if not scope.by else ["priority", *(fact for fact in shown if fact != "priority")]
