"""Tables that several kinds of report have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from slamon.core.attainment import Bin, Counts, Promised, Tallies
from slamon.core.ticket import STAGES
from slamon.reports.document import Cell, Column, Link, Table, Unit
from slamon.reports.kinds.words import (
    excuse_words,
    held_words,
    kept_words,
    named,
    promised_words,
    share_of,
    why_words,
)
from slamon.reports.lines import GoalLine
from slamon.reports.material import Material

STAGE = Column("stage", "Goal")
ATTAINMENT = Column("attainment", "Attainment", Unit.SHARE)
_COUNTS = (
    Column("met", "Met", Unit.COUNT),
    Column("missed", "Missed", Unit.COUNT),
    ATTAINMENT,
)
_ASIDE = (
    Column("open", "Open", Unit.COUNT),
    Column("over", "Of these over", Unit.COUNT),
    Column("excluded", "Excluded", Unit.COUNT),
)


def stage_table(tallies: Tallies, open_counts: Tallies) -> Table:
    """Return attainment by stage, beside what was promised and what is not judged; its total row adds up."""
    columns = (STAGE, *_COUNTS, Column("promised", "Promised"), Column("kept", "Kept?"), *_ASIDE)
    both = list(zip(STAGES, tallies, open_counts, strict=True))
    rows = [
        (stage.label, *_stage_row(own.counts, own.promised, still.counts))
        for stage, own, still in both
        if own.counts.goals or still.counts.goals
    ]
    # Stages have promises of their own: of all together none was made.
    total = ("all goals", *_stage_row(sum_up(tallies), None, sum_up(open_counts)))
    return Table("attainment", columns, tuple(rows), total, empty="No goal counts in this period.")


def sum_up(tallies: Tallies) -> Counts:
    """Return the counts of all stages together."""
    one, two, three = tallies
    return one.counts + two.counts + three.counts


def _stage_row(counts: Counts, promised: Promised | None, still: Counts) -> tuple[Cell, ...]:
    words = ("", "") if promised is None else (promised_words(promised), kept_words(promised))
    return counts.met, counts.missed, share_of(counts), *words, still.still_open, still.over, counts.excluded


def group_table(key: str, title: str, groups: Mapping[str, Tallies]) -> Table:
    """Return attainment by the names of a fact: those with most goals missed first, then by name."""
    columns = (
        Column(key, title),
        *_COUNTS,
        *(Column(stage.label, stage.label.capitalize(), Unit.SHARE) for stage in STAGES),
        Column("excluded", "Excluded", Unit.COUNT),
    )
    counted = [(name, tallies, sum_up(tallies)) for name, tallies in groups.items()]
    counted.sort(key=lambda one: (-one[2].missed, one[0]))
    rows = [(named(name), *_group_row(whole, tallies)) for name, tallies, whole in counted]
    return Table(f"by_{key}", columns, tuple(rows), empty="No goal counts in this period.")


def _group_row(whole: Counts, tallies: Tallies) -> tuple[Cell, ...]:
    shares = (share_of(tally.counts) for tally in tallies)
    return whole.met, whole.missed, share_of(whole), *shares, whole.excluded


TICKET = Column("ticket", "Ticket", Unit.LINK)
SUMMARY = Column("summary", "Summary")
GOAL_COLUMNS = (
    TICKET,
    SUMMARY,
    Column("company", "Company"),
    Column("board", "Board"),
    Column("priority", "Priority"),
    STAGE,
)


def ticket_cell(material: Material, ticket_id: int) -> Link:
    return Link(str(ticket_id), material.facts_of(ticket_id).address)


def goal_cells(material: Material, line: GoalLine) -> tuple[Cell, ...]:
    """Return the cells of GOAL_COLUMNS."""
    facts = (named(line.facts[fact]) for fact in ("company", "board", "priority"))
    ticket_id = line.key.ticket_id
    return ticket_cell(material, ticket_id), material.facts_of(ticket_id).summary, *facts, line.stage.label


def missed_table(material: Material, lines: Sequence[GoalLine], *, people: bool = True) -> Table:
    """Return goals that were missed, each with why; and, of *people*, who held the time."""
    # What matters most stands where a narrow page still shows it.
    columns = (
        *(TICKET, SUMMARY, Column("company", "Company"), STAGE, Column("over_seconds", "Over by", Unit.SECONDS)),
        Column("why", "Where the time went"),
        *((Column("held", "Held by"),) if people else ()),
        Column("priority", "Priority"),
        Column("board", "Board"),
        Column("goal_seconds", "Promised within", Unit.SECONDS),
        Column("elapsed_seconds", "Took", Unit.SECONDS),
        Column("due_at", "Was due", Unit.INSTANT),
        Column("ended_at", "Reached", Unit.INSTANT),
    )
    rows = tuple(_missed_row(material, line, people=people) for line in lines)
    return Table("missed", columns, rows, empty="No goal was missed.")


def _missed_row(material: Material, line: GoalLine, *, people: bool) -> tuple[Cell, ...]:
    ticket, summary, company, board, priority, stage = goal_cells(material, line)
    story = material.stories.get(line.key)
    return (
        *(ticket, summary, company, stage, line.over_seconds, why_words(story)),
        *((held_words(story),) if people else ()),
        *(priority, board, line.goal_seconds, line.elapsed_seconds, line.due_at, line.ended_at),
    )


_RULES = {
    Bin.NOT_MEASURED: "not measured",
    Bin.CANCELLED: "cancelled",
    Bin.EXEMPT: "exempted",
}


def excluded_table(material: Material, lines: Iterable[GoalLine]) -> Table:
    """Return goals that count neither way, each with the rule that took it out."""
    columns = (
        *GOAL_COLUMNS,
        Column("ended_at", "Ended", Unit.INSTANT),
        Column("rule", "Rule"),
        Column("reason", "Reason"),
    )
    rows = tuple(
        (*goal_cells(material, line), line.ended_at, _RULES[line.bin], reason_of(material, line)) for line in lines
    )
    return Table("excluded", columns, rows, empty="No goal was excluded.")


def reason_of(material: Material, line: GoalLine) -> str:
    """Return why a goal was excluded; '' where that is not known any more."""
    if line.bin is Bin.EXEMPT:
        excuse = material.excuse_of(line.key)
        return "" if excuse is None else excuse_words(excuse, material.period)
    return material.reasons.get(line.key.ticket_id, "")


def most_said(shown: int, whole: int) -> tuple[str, ...]:
    """Return the sentence that says how much of a list was left out; nothing where it is whole."""
    return () if whole <= shown else (f"The first {shown} of {whole} are listed; {whole - shown} are left out here.",)
