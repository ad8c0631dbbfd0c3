"""The digests for a team, of a day and of a week: what was concluded, what broke, what is next, what waits."""

from __future__ import annotations

from slamon.reporting.words import plural
from slamon.reports.document import Column, Figure, Report, Section, Table, Unit
from slamon.reports.kinds import parts
from slamon.reports.kinds.frame import report_of, whose
from slamon.reports.kinds.tables import GOAL_COLUMNS, SUMMARY, TICKET, goal_cells, sum_up, ticket_cell
from slamon.reports.kinds.words import named
from slamon.reports.material import Material
from slamon.reports.picks import due_lines, missed_lines

MOST_MISSED = 30
MOST_DUE = 30
MOST_WAITING = 20
AHEAD_SECONDS = 86_400


def build_daily(material: Material) -> Report:
    return _digest(material, "Daily digest", [])


def build_weekly(material: Material) -> Report:
    """Return the digest of a week, with attainment by board and technician and the weeks before."""
    tallies = parts.totals_of(material)
    titles = {"board": "Board", "technician": "Technician", "company": "Company"}
    facts = [fact for fact in titles if fact != material.scope.by or not material.scope.name]
    more = [*parts.groups(material, facts, titles), parts.trend(material, tallies)]
    return _digest(material, "Weekly digest", more)


def _digest(material: Material, title: str, more: list[Section | None]) -> Report:
    tallies, open_counts = parts.totals_of(material), parts.open_totals(material)
    lines = missed_lines(material, MOST_MISSED)
    whole = sum_up(tallies)
    concluded = Figure("concluded", "Goals concluded", whole.judged, Unit.COUNT, f"{whole.met} in time")
    seen = Figure("seen_at", "Data of", material.seen_at, Unit.INSTANT, "when ConnectWise was last read")
    return report_of(
        material,
        f"{title}, {whose(material)}",
        [concluded, *parts.stage_figures(tallies), *parts.open_figures(open_counts), seen],
        [
            parts.missed(material, lines, whole.missed),
            parts.over(material),
            _due_next(material),
            _waiting(material),
            parts.attainment(material, tallies),
            *more,
            parts.excluded(material, tallies),
        ],
    )


def _due_next(material: Material) -> Section:
    """Return the goals due within the next day; of a clock that stands nobody knows when its goal is due."""
    columns = (
        *GOAL_COLUMNS,
        Column("technician", "Owner"),
        Column("status", "Status"),
        Column("due_at", "Due", Unit.INSTANT),
    )
    lines = due_lines(material, material.until + AHEAD_SECONDS, MOST_DUE)
    rows = tuple(
        (
            *goal_cells(material, line),
            line.facts["technician"] or "nobody",
            material.facts_of(line.key.ticket_id).status,
            line.due_at,
        )
        for line in lines
    )
    table = Table("due_next", columns, rows, empty="No goal is due within the next day.")
    cut = (f"The first {plural(MOST_DUE, 'goal')} are listed.",) if len(lines) == MOST_DUE else ()
    return Section("due_next", "Due within the next day", cut, (table,))


def _waiting(material: Material) -> Section:
    """Return the open tickets that have waited longest."""
    columns = (
        TICKET,
        SUMMARY,
        Column("company", "Company"),
        Column("board", "Board"),
        Column("technician", "Owner"),
        Column("status", "Status"),
        Column("since", "Waits since", Unit.INSTANT),
    )
    rows = tuple(
        (
            ticket_cell(material, each.ticket_id),
            material.facts_of(each.ticket_id).summary,
            named(each.facts["company"]),
            each.facts["board"],
            each.facts["technician"] or "nobody",
            material.facts_of(each.ticket_id).status,
            each.since,
        )
        for each in material.waiting[:MOST_WAITING]
    )
    table = Table("waiting", columns, rows, empty="No open ticket waits.")
    return Section("waiting", "Waiting longest", tables=(table,))
