"""What every report says around its content: whose it is, what it counts, what slamon could see, what held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from slamon.core.attainment import judged_by_terms
from slamon.core.instants import to_epoch
from slamon.core.ticket import STAGES
from slamon.reporting.words import plural, wall_time
from slamon.reports.document import Column, Figure, Report, Section, Share, Table, Unit
from slamon.reports.kinds.words import instant_words, named, period_words
from slamon.reports.material import Material, Watched
from slamon.reports.written import percent_text

_TERMS = (
    ("Met", "Reached within its business time. A goal reached in its last second is met."),
    ("Missed", "Reached after its business time had run out."),
    (
        "Open",
        "Not reached yet: neither met nor missed, however late. Open goals past their deadline are shown apart.",
    ),
    ("Attainment", "Met, of met and missed. Where none was met or missed it is n/a, not 100 %."),
    (
        "Excluded",
        "Counts neither way and is listed: cancelled, not measured (too little of it is known), or exempted.",
    ),
    (
        "Business time",
        "Time within the hours of the promise's calendar. Closed hours, holidays and waiting do not count.",
    ),
    (
        "Facts",
        "Company, board, team, technician, priority, agreement and type are those of when the goal ended.",
    ),
    ("Coverage", "How much of the period slamon could read ConnectWise. What happened meanwhile is learnt later."),
)
PERCENTILES = (
    "p50, p90, p95",
    "Half, 90 % and 95 % of the goals met or missed were reached within this business time (nearest rank).",
)


def report_of(
    material: Material,
    title: str,
    figures: Sequence[Figure],
    sections: Sequence[Section | None],
    *,
    counted: str = "",
    definitions: Sequence[tuple[str, str]] = (),
    remarks: Sequence[str] = (),
) -> Report:
    """Return the report with what every report says."""
    period = material.period
    return Report(
        kind=material.kind,
        title=f"{title}, {period_words(period)}",
        scope=material.scope,
        period=period.name,
        begins_at=to_epoch(period.begins_at),
        ends_at=to_epoch(period.ends_at),
        zone=period.zone.key,
        known_at=material.known_at,
        denominator=str(material.denominator),
        figures=(*figures, coverage_figure(material.watched)),
        sections=tuple(section for section in (*sections, promises(material), coverage(material)) if section),
        definitions=(("Counted", counted or material.denominator.words), *_TERMS, *definitions),
        remarks=(*state_remarks(material), *remarks, *material.notes, *_untold(material)),
    )


def whose(material: Material) -> str:
    """Return what the report is about, for its title."""
    scope = material.scope
    return f"{scope.by} {scope.name}" if scope.by not in ("", "company") and scope.name else scope.name or scope.tenant


def coverage_figure(watched: Watched) -> Figure:
    note = "" if watched.seen_seconds == watched.whole_seconds else "see the section on coverage"
    return Figure(
        "coverage", "Of the period seen", Share(watched.seen_seconds, watched.whole_seconds), Unit.SHARE, note
    )


def state_remarks(material: Material) -> list[str]:
    """Return what the reader must know of the period first: that it is not over, not seen, or has no goals."""
    period, watched, scope = material.period, material.watched, material.scope
    begins, ends = to_epoch(period.begins_at), to_epoch(period.ends_at)
    if material.known_at <= begins:
        return [f"The period begins on {instant_words(begins, period)}: there is nothing to tell of it yet."]
    said = []
    if material.known_at < ends:
        known = instant_words(material.known_at, period)
        said.append(f"The period is not over. This is what was known on {known}; the numbers will change.")
    if watched.since is None or watched.since >= watched.ends_at:
        said.append("slamon did not watch this desk in the period: what is counted was read from its history later.")
    elif watched.seen_seconds < watched.whole_seconds:
        said.append(
            f"slamon saw {percent_text(Share(watched.seen_seconds, watched.whole_seconds))} of the period."
            " The section on coverage says when it did not."
        )
    if not len(material.goals) and material.kind != "breach":
        whom = f"{scope.by} {scope.name!r}" if scope.name else f"tenant {scope.tenant!r}"
        said.append(f"No goal of {whom} counts in this period: attainment is n/a, not 100 %.")
    return said


def _untold(material: Material) -> list[str]:
    if not material.untold:
        return []
    goals = plural(material.untold, "goal")
    return [f"Of {goals} it is not told where the time went: what is stored today does not add up to it."]


def coverage(material: Material) -> Section | None:
    """Return when slamon did not see the desk; None where it always did."""
    watched, period = material.watched, material.period
    if watched.seen_seconds == watched.whole_seconds:
        return None
    words = []
    if watched.since is not None and watched.begins_at < watched.since < watched.ends_at:
        since = instant_words(watched.since, period)
        words.append(f"slamon has watched since {since}. What came before was read from ConnectWise's history.")
    columns = (
        Column("from", "Blind from", Unit.INSTANT),
        Column("to", "to", Unit.INSTANT),
        Column("length", "Length"),
    )
    rows = tuple((begin, end, wall_time(timedelta(seconds=end - begin))) for begin, end in watched.blind)
    table = Table("blind", columns, rows, empty="While slamon watched it was never blind.")
    return Section("coverage", "What slamon could see", tuple(words), (table,))


def promises(material: Material) -> Section | None:
    """Return the promises that the goals were judged by, with their versions; None where none was judged."""
    judged = judged_by_terms(material.goals, material.known_at) or Counter(each.terms for each in material.breaks.broke)
    known = [(rule, version, judged[version]) for version, rule in material.rules.items() if version in judged]
    if not known:
        return None
    columns = (
        Column("policy", "Promise"),
        Column("version", "Version"),
        Column("calendar", "Calendar"),
        Column("calendar_version", "Its version"),
        *(Column(f"{stage.label}_seconds", stage.label.capitalize(), Unit.SECONDS) for stage in STAGES),
        *(Column(f"{stage.label}_percent", f"{stage.label.capitalize()} percent", Unit.COUNT) for stage in STAGES),
        Column("goals", "Goals judged", Unit.COUNT),
    )
    known.sort(key=lambda one: (one[0].policy, one[0].calendar, one[1]))
    rows = tuple(
        (named(rule.policy), version, rule.calendar, rule.calendar_version, *rule.goals, *rule.percents, goals)
        for rule, version, goals in known
    )
    words = "The goals were judged by these promises, each in the version of its time."
    return Section("promises", "Promises and calendars used", (words,), (Table("promises", columns, rows),))
