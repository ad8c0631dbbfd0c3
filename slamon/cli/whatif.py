"""What a backtest or a recomputation found, for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slamon.cli.table import format_table, terminal_width

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from slamon.core.ticket import Stage
    from slamon.core.whatif import Findings, Flip, Sums

HEAD = ("STAGE", "ENDED", "MET", "ATTAINED", "THEN ENDED", "THEN MET", "THEN ATTAINED", "TO MET", "TO MISSED", "ELSE")
_FLIP = ("TICKET", "STAGE", "COMPANY", "ENDED", "BEFORE", "AFTER", "GOAL", "GOAL THEN", "TOOK", "TOOK THEN", "WHY")


def findings_document(found: Findings, flips: Sequence[Flip]) -> dict[str, Any]:
    """Return the counts, of all and by company, and the goals that flip."""
    from slamon.core.ticket import STAGES

    sums = found.sums()
    return {
        "tickets": found.tickets,
        "goals_changed": found.changed,
        "untold": found.untold,
        "unreadable": found.unreadable,
        "exempt": found.exempt,
        "attainment": [_counts(sums, stage) for stage in STAGES],
        "companies": [
            {"company": company, **_counts(sums, stage, company)} for company in found.companies() for stage in STAGES
        ],
        "flips": [_document(flip) for flip in flips],
    }


def _counts(sums: Sums, stage: Stage, company: str | None = None) -> dict[str, Any]:
    from slamon.reports.whatif import shares, turns

    before, after = shares(sums, stage, company)
    to_met, to_missed, to_other = turns(sums, stage, company)
    return {
        "stage": stage.label,
        "met_before": before.part,
        "ended_before": before.whole,
        "met_after": after.part,
        "ended_after": after.whole,
        "to_met": to_met,
        "to_missed": to_missed,
        "to_other": to_other,
    }


def _document(flip: Flip) -> dict[str, Any]:
    return {
        "ticket": flip.ticket_id,
        "company": flip.company,
        "stage": flip.stage.label,
        "cycle": flip.cycle,
        "ended_at": flip.ended_at.isoformat(),
        "before": flip.before,
        "after": flip.after,
        "causes": list(flip.causes),
        "goal_before_seconds": flip.goal_before_seconds,
        "goal_after_seconds": flip.goal_after_seconds,
        "elapsed_before_seconds": flip.elapsed_before_seconds,
        "elapsed_after_seconds": flip.elapsed_after_seconds,
    }


def findings_text(found: Findings, flips: Sequence[Flip], zone: ZoneInfo) -> str:
    """Return the tables for people; *flips* are those to list."""
    from slamon.core.ticket import STAGES
    from slamon.reports.whatif import remarks

    width, sums = terminal_width(), found.sums()
    lines = [format_table(HEAD, [_row(sums, stage) for stage in STAGES], width=width)]
    turned = [company for company in found.companies() if _turns(sums, company)]
    total = _turns(sums)
    rows = [(company or "-", *_row(sums, stage, company)) for company in turned for stage in STAGES]
    if rows:
        lines += ["", format_table(("COMPANY", *HEAD), rows, width=width)]
    lines += ["", f"{total} {'goal flips' if total == 1 else 'goals flip'}"]
    if flips:
        lines += ["", format_table(_FLIP, [_flip_row(flip, zone) for flip in flips], width=width)]
    if total > len(flips) > 0:
        lines.append(f"{total - len(flips)} more; --limit shows them")
    return "\n".join([*lines, *remarks(found)])


def _turns(sums: Sums, company: str | None = None) -> int:
    from slamon.core.ticket import STAGES
    from slamon.reports.whatif import turns

    return sum(sum(turns(sums, stage, company)) for stage in STAGES)


def _row(sums: Sums, stage: Stage, company: str | None = None) -> tuple[str, ...]:
    from slamon.reports.whatif import shares, turns
    from slamon.reports.written import percent_text

    before, after = shares(sums, stage, company)
    return (
        stage.label,
        *(str(before.whole), str(before.part), percent_text(before)),
        *(str(after.whole), str(after.part), percent_text(after)),
        *(str(number) for number in turns(sums, stage, company)),
    )


def _flip_row(flip: Flip, zone: ZoneInfo) -> tuple[str, ...]:
    from slamon.reporting.words import business_time
    from slamon.reports.whatif import why_words

    goals = (flip.goal_before_seconds, flip.goal_after_seconds)
    took = (flip.elapsed_before_seconds, flip.elapsed_after_seconds)
    return (
        str(flip.ticket_id),
        flip.stage.label,
        flip.company or "-",
        f"{flip.ended_at.astimezone(zone):%Y-%m-%d %H:%M}",
        flip.before,
        flip.after,
        *("none" if goal is None else business_time(goal) for goal in goals),
        *(business_time(seconds, up=True) for seconds in took),
        why_words(flip),
    )
