"""Corrections: goals of earlier periods that are told otherwise now than when they were reported, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from slamon.core.attainment import Bin
from slamon.reports.changed import BIN_WORDS, Changed, Rename, flips_first
from slamon.reports.document import Cell, Column, Figure, Report, Section, Share, Table, Unit
from slamon.reports.kinds.tables import SUMMARY, TICKET, most_said, ticket_cell
from slamon.reports.kinds.words import excuse_words, instant_words, named
from slamon.reports.lines import GoalLine
from slamon.reports.material import Material
from slamon.reports.written import cell_text, counts_text

MOST_CHANGES = 200


def why_changed(change: Changed, rules: Mapping[str, str], excused: str = "exempted") -> str:
    """Return what changed, in words; *rules* are promises by version, *excused* says who exempted the goal and why."""
    was, now = change.was, change.now
    if was is None:
        return "learnt of later"
    if now is None:
        return "no longer ended then: reopened, or its history was told anew"
    said = []
    if was.terms != now.terms:
        said.append(f"judged by another promise or calendar: {_rule(rules, was.terms)}, now {_rule(rules, now.terms)}")
    elif was.goal_seconds != now.goal_seconds:
        said.append("another goal")
    if was.ended_at is None:
        said += _went_on(was, now)
    elif was.ended_at != now.ended_at or (was.elapsed_seconds != now.elapsed_seconds and not said):
        said.append("its history was told anew")
    if (was.bin is Bin.EXEMPT) != (now.bin is Bin.EXEMPT):
        said.append(excused if now.bin is Bin.EXEMPT else "no longer exempted")
    moved = [fact for fact in was.facts if was.facts[fact] != now.facts[fact] and fact != "policy"]
    said += [f"{fact} {named(was.facts[fact])!r} is now {named(now.facts[fact])!r}" for fact in moved]
    return "; ".join(said) or "its history was told anew"


def _went_on(was: GoalLine, now: GoalLine) -> list[str]:
    """Return what became of a goal that was open."""
    if now.ended_at is not None:
        return ["open then, over since"]
    return ["its deadline has passed since"] if (was.bin, now.bin) == (Bin.OPEN, Bin.OVER) else []


def _rule(rules: Mapping[str, str], version: str) -> str:
    return rules.get(version, version or "none")


def changes_table(key: str, material: Material, changes: Sequence[Changed]) -> Table:
    """Return what changed, a row a goal."""
    columns = (
        TICKET,
        SUMMARY,
        Column("company", "Company"),
        Column("stage", "Goal"),
        Column("ended_at", "Ended", Unit.INSTANT),
        Column("was", "Was"),
        Column("now", "Now"),
        Column("why", "Why"),
        Column("learnt_at", "Learnt", Unit.INSTANT),
    )
    rules = {version: f"{rule.policy} on {rule.calendar} ({version})" for version, rule in material.rules.items()}
    rows = tuple(_row(material, change, rules) for change in changes)
    return Table(key, columns, rows, empty="Nothing changed.")


def _row(material: Material, change: Changed, rules: Mapping[str, str]) -> tuple[Cell, ...]:
    line = change.now or change.was
    assert line is not None
    was = "not told of" if change.was is None else BIN_WORDS[change.was.bin]
    now = "not counted" if change.now is None else BIN_WORDS[change.now.bin]
    facts = material.facts_of(change.key.ticket_id)
    excuse = material.excuse_of(change.key) if change.now is not None and change.now.bin is Bin.EXEMPT else None
    why = why_changed(change, rules, "exempted" if excuse is None else excuse_words(excuse, material.period))
    learnt_at = excuse.at if excuse is not None and change.learnt_at is None else change.learnt_at
    head = (ticket_cell(material, change.key.ticket_id), facts.summary, named(line.facts["company"]))
    return (*head, line.stage.label, line.ended_at, was, now, why, learnt_at)


def corrections(material: Material) -> Section | None:
    """Return the goals of earlier periods that are told otherwise since those were reported; None without any."""
    if not material.changes:
        return None
    listed = flips_first(material.changes)[:MOST_CHANGES]
    since = instant_words(material.changes_since, material.period)
    words = (
        f"Of these goals slamon learnt otherwise after {since}, about when their periods were reported.",
        "They count in those periods, not in this one.",
        *most_said(len(listed), len(material.changes)),
    )
    table = changes_table("corrections", material, listed)
    return Section("corrections", "Corrections to earlier periods", words, (table,))


def differences(material: Material, then: Report, now: Report, renames: Sequence[Rename]) -> Section:
    """Return what *now* tells otherwise than *then*: its figures, single goals with the reason, and names."""
    period = material.period
    was_known, is_known = (instant_words(report.known_at, period) for report in (then, now))
    words = [f"What was known on {was_known} beside what was known on {is_known}."]
    figures = _figures_table(then, now)
    if not (figures.rows or material.changes or renames):
        words.append("Nothing that this report counts has changed.")
    listed = flips_first(material.changes)[:MOST_CHANGES]
    words += most_said(len(listed), len(material.changes))
    tables = (figures, changes_table("changed_goals", material, listed), _renames_table(renames))
    return Section("changed", "What has changed since", tuple(words), tables)


def _figures_table(then: Report, now: Report) -> Table:
    before = {figure.key: figure for figure in then.figures}
    after = {figure.key: figure for figure in now.figures}
    rows = []
    for key in dict.fromkeys([*before, *after]):
        titles = [figure.title for figure in (before.get(key), after.get(key)) if figure is not None]
        was, has = (_shown(figures.get(key), now) for figures in (before, after))
        if was != has:
            rows.append((titles[0], was, has))
    columns = (Column("figure", "Figure"), Column("was", "Was"), Column("now", "Now"))
    return Table("changed_figures", columns, tuple(rows), empty="No figure has changed.")


def _shown(figure: Figure | None, report: Report) -> str:
    """Return a figure in words: figures of several units stand in one column."""
    if figure is None or figure.value is None:
        return "not there"
    said = cell_text(figure.value, figure.unit, ZoneInfo(report.zone))
    return f"{said}, {counts_text(figure.value)}" if isinstance(figure.value, Share) else said


def _renames_table(renames: Sequence[Rename]) -> Table:
    columns = (
        Column("fact", "What"),
        Column("was", "Was called"),
        Column("now", "Is called"),
        Column("goals", "Goals", Unit.COUNT),
    )
    return Table(
        "renamed", columns, tuple((fact, named(a), named(b), n) for fact, a, b, n in renames), empty="No name."
    )
