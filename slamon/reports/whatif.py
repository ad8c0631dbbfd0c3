"""What other rules would have changed, as a report: attainment before and after, and each goal that flips."""

from __future__ import annotations

from collections.abc import Sequence

from slamon.core.backtest import MET
from slamon.core.instants import to_epoch
from slamon.core.ticket import STAGES, Stage
from slamon.core.whatif import AFTER, BEFORE, TO_MET, TO_MISSED, TO_OTHER, Findings, Flip, Span, Sums
from slamon.reports.document import Cell, Column, Report, Scope, Section, Share, Table, Unit

CAUSES = {
    "goal": "another goal",
    "calendar": "another calendar",
    "pause": "a status counts otherwise",
    "rule": "another rule for reopenings, changes or answers",
}
_COUNTED = (
    Column("stage", "Stage"),
    Column("before", "As it was", Unit.SHARE),
    Column("after", "Under the other rules", Unit.SHARE),
    Column("to_met", "Turn to met", Unit.COUNT),
    Column("to_missed", "Turn to missed", Unit.COUNT),
    Column("to_other", "Turn to neither", Unit.COUNT),
)
_FLIPS = (
    Column("ticket", "Ticket"),
    Column("company", "Company"),
    Column("stage", "Stage"),
    Column("ended_at", "Ended", Unit.INSTANT),
    Column("before", "As it was"),
    Column("after", "Then"),
    Column("why", "Why"),
    Column("goal_before", "Goal", Unit.SECONDS),
    Column("goal_after", "Goal then", Unit.SECONDS),
    Column("took_before", "Took", Unit.SECONDS),
    Column("took_after", "Took then", Unit.SECONDS),
)
_MEANINGS = (
    ("As it was", "As stored: each goal by the rules of its time, and as reports count it."),
    ("Then", "Where the other rules give another promise, or another meaning of a status, than today's: by them."),
    ("Turns", "Goals that ended in the period by either reading, with another verdict. Excused goals are left out."),
)


def shares(sums: Sums, stage: Stage, company: str | None = None) -> tuple[Share, Share]:
    """Return how many goals were met of those that ended, before and after."""
    before, after = (
        Share(sums.count(which, stage, MET, company), sums.count(which, stage, None, company))
        for which in (BEFORE, AFTER)
    )
    return before, after


def turns(sums: Sums, stage: Stage, company: str | None = None) -> tuple[int, int, int]:
    """Return how many goals turn to met, to missed, and to neither."""
    met, missed, neither = (sums.count(which, stage, None, company) for which in (TO_MET, TO_MISSED, TO_OTHER))
    return met, missed, neither


def whatif_report(scope: Scope, found: Findings, flips: Sequence[Flip], span: Span, zone: str, policy: str) -> Report:
    """Return the report on what the rules of the file *policy* would have changed."""
    sums = found.sums()
    sections = [Section("attainment", "Attainment", tables=(Table("stages", _COUNTED, _rows(sums)),))]
    by_company = tuple((company, *row) for company in found.companies() for row in _rows(sums, company))
    table = Table("companies", (Column("company", "Company"), *_COUNTED), by_company)
    sections.append(Section("companies", "By company", tables=(table,)))
    listed = Table("flips", _FLIPS, tuple(_flip(flip) for flip in flips), empty="No goal flips.")
    sections.append(Section("flips", "Goals that flip", tables=(listed,)))
    return Report(
        kind="backtest",
        title=f"What {policy} would have changed",
        scope=scope,
        period=f"{span.since:%Y-%m-%d}..{span.until:%Y-%m-%d}",
        begins_at=to_epoch(span.since),
        ends_at=to_epoch(span.until),
        zone=zone,
        known_at=to_epoch(span.now),
        denominator="concluded",
        sections=tuple(sections),
        definitions=_MEANINGS,
        remarks=tuple(remarks(found)),
    )


def remarks(found: Findings) -> list[str]:
    """Return what the reader must know of how far the figures go."""
    said = (
        (found.untold, "tickets keep the promise they had: nothing tells what they were when it was chosen"),
        (found.unreadable, "tickets are left out: their history does not begin with an entry"),
        (found.exempt, "goals are left out: a person has excused them"),
    )
    return [f"{number} {words}." for number, words in said if number]


def why_words(flip: Flip) -> str:
    return ", ".join(CAUSES[cause] for cause in flip.causes)


def _rows(sums: Sums, company: str | None = None) -> tuple[tuple[Cell, ...], ...]:
    return tuple((stage.label, *shares(sums, stage, company), *turns(sums, stage, company)) for stage in STAGES)


def _flip(flip: Flip) -> tuple[Cell, ...]:
    return (
        str(flip.ticket_id),
        flip.company,
        flip.stage.label,
        to_epoch(flip.ended_at),
        flip.before,
        flip.after,
        why_words(flip),
        flip.goal_before_seconds,
        flip.goal_after_seconds,
        flip.elapsed_before_seconds,
        flip.elapsed_after_seconds,
    )
