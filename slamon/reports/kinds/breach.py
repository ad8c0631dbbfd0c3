"""The breach report: what broke since the last one, worst first, why, and who held the time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from slamon.core.ticket import STAGES
from slamon.reporting.words import plural
from slamon.reports.document import Cell, Column, Figure, Report, Section, Table, Unit
from slamon.reports.kinds import parts
from slamon.reports.kinds.frame import report_of, whose
from slamon.reports.kinds.tables import STAGE, SUMMARY, TICKET, most_said, ticket_cell
from slamon.reports.kinds.words import excuse_words, held_words, named, why_words
from slamon.reports.material import Break, Material

MOST_TOLD = 100  # of which it is said why
MOST_ROWS = 2000
STATES = {
    "open": "still open",
    "paused": "still open, paused",
    "late": "reached late",
    "superseded": "superseded",
    "cancelled": "cancelled",
}


def build_breach(material: Material) -> Report:
    """Return what slamon learnt of broken goals in the period, whenever they broke."""
    broke = material.breaks.broke
    return report_of(
        material,
        f"Breach report, {whose(material)}",
        _figures(broke),
        [
            _listed(material, "broke", "What broke", broke, "No goal broke in this time."),
            parts.holders(material.stories_of(each.key for each in broke)),
            _groups("company", "Company", broke),
            _groups("board", "Board", broke),
            _optional(material, "concluded", "Broke earlier, reached now, too late", material.breaks.concluded),
            _optional(
                material, "superseded", "No longer counted: the deadline has changed", material.breaks.superseded
            ),
        ],
        counted="Goals of which slamon learnt in the period that they broke, whenever that was.",
        remarks=() if broke else ("No goal broke in this time.",),
    )


def _figures(broke: Sequence[Break]) -> list[Figure]:
    still = sum(each.state in ("open", "paused") for each in broke)
    tickets = len({each.key.ticket_id for each in broke})
    return [
        Figure("broke", "Goals broke", len(broke), Unit.COUNT, f"on {plural(tickets, 'ticket')}" if broke else ""),
        Figure("still_open", "Of these still open", still, Unit.COUNT),
    ]


def _optional(material: Material, key: str, title: str, rows: Sequence[Break]) -> Section | None:
    return _listed(material, key, title, rows, "None.") if rows else None


def _listed(material: Material, key: str, title: str, rows: Sequence[Break], empty: str) -> Section:
    columns = (
        *(TICKET, SUMMARY, Column("company", "Company"), STAGE, Column("over_seconds", "Over by", Unit.SECONDS)),
        Column("state", "Now"),
        Column("why", "Where the time went"),
        Column("held", "Held by"),
        Column("technician", "Owner"),
        Column("priority", "Priority"),
        Column("board", "Board"),
        Column("goal_seconds", "Promised within", Unit.SECONDS),
        Column("due_at", "Was due", Unit.INSTANT),
        Column("exempt", "Exempted"),
    )
    table = Table(key, columns, tuple(_row(material, each) for each in rows[:MOST_ROWS]), empty=empty)
    words = ["Worst first: by business time over the goal."] if rows else []
    if len(rows) > MOST_TOLD:
        words.append(f"Where the time went is told of the worst {MOST_TOLD}.")
    return Section(key, title, (*words, *most_said(min(len(rows), MOST_ROWS), len(rows))), (table,))


def _row(material: Material, each: Break) -> tuple[Cell, ...]:
    ticket_id, stage, _ = each.key
    story, excuse = material.stories.get(each.key), material.excuse_of(each.key)
    return (
        *(ticket_cell(material, ticket_id), material.facts_of(ticket_id).summary, named(each.facts["company"])),
        *(STAGES[stage].label, each.over_seconds, STATES[each.state], why_words(story), held_words(story)),
        each.facts["technician"] or "nobody",
        *(named(each.facts["priority"]), named(each.facts["board"]), each.goal_seconds, each.broke_at),
        None if excuse is None else excuse_words(excuse, material.period),
    )


def _groups(fact: str, title: str, broke: Iterable[Break]) -> Section | None:
    """Return how many goals broke by a fact and stage, the most first."""
    counts = Counter((each.facts[fact], each.key.stage) for each in broke)
    names = {name: sum(counts[name, stage] for stage in STAGES) for name, _ in counts}
    if not names:
        return None
    columns = (
        Column(fact, title),
        *(Column(stage.label, stage.label.capitalize(), Unit.COUNT) for stage in STAGES),
        Column("total", "Total", Unit.COUNT),
    )
    ordered = sorted(names, key=lambda name: (-names[name], name))
    rows = tuple[tuple[Cell, ...], ...](
        (named(name), *(counts[name, stage] for stage in STAGES), names[name]) for name in ordered
    )
    by_stage = (sum(counts[name, stage] for name in names) for stage in STAGES)
    total: tuple[Cell, ...] = ("all", *by_stage, sum(names.values()))
    return Section(f"by_{fact}", f"By {title.lower()}", tables=(Table(f"by_{fact}", columns, rows, total),))
