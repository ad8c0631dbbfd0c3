"""Sections that several kinds of report have. Each is None where there is nothing to say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from slamon.core.attainment import Counts, Promised, Tallies, attain, total
from slamon.core.shapes import EDGES, heat, spread
from slamon.core.ticket import STAGES, Stage
from slamon.reporting.words import business_time, plural
from slamon.reports.document import (
    Cell,
    Chart,
    Column,
    Figure,
    Heat,
    Holders,
    Section,
    Share,
    Spread,
    Table,
    Trend,
    Unit,
)
from slamon.reports.kinds.tables import (
    GOAL_COLUMNS,
    excluded_table,
    goal_cells,
    group_table,
    missed_table,
    most_said,
    stage_table,
    sum_up,
)
from slamon.reports.kinds.words import by_owner, by_status, promised_words, share_of
from slamon.reports.lines import GoalLine
from slamon.reports.material import Material, Story
from slamon.reports.picks import excluded_lines, over_lines
from slamon.reports.written import percent_text

MOST_EXCLUDED = 500
MOST_OVER = 50
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def totals_of(material: Material) -> Tallies:
    return total(material.goals, material.known_at)


def open_totals(material: Material) -> Tallies:
    return total(material.open_goals, material.until)


def stage_figures(tallies: Tallies) -> list[Figure]:
    """Return the attainment of each stage that has goals, and of all together."""
    figures = [
        Figure(f"{stage.label}_attainment", _title(stage), share_of(tally.counts), Unit.SHARE, _note(tally.promised))
        for stage, tally in zip(STAGES, tallies, strict=True)
        if tally.counts.goals
    ]
    whole = sum_up(tallies)
    missed = Figure("missed", "Goals missed", whole.missed, Unit.COUNT, f"of {whole.judged} met or missed")
    return [*figures, missed]


def _title(stage: Stage) -> str:
    return f"{stage.label.capitalize()} goals met"


def _note(promised: Promised) -> str:
    said = promised_words(promised)
    return "" if not said else f"promised {said}: {'kept' if promised.is_kept else 'not kept'}"


def open_figures(open_counts: Tallies) -> list[Figure]:
    whole = sum_up(open_counts)
    note = f"{whole.over} of them past their deadline" if whole.over else "none of them past its deadline"
    return [Figure("open", "Goals open at the end", whole.still_open, Unit.COUNT, note if whole.still_open else "")]


def attainment(material: Material, tallies: Tallies) -> Section:
    table = stage_table(tallies, open_totals(material))
    words = [material.denominator.words]
    excluded = sum_up(tallies).excluded
    if excluded:
        words.append(f"{plural(excluded, 'goal')} count{'s' if excluded == 1 else ''} neither way, and each is listed.")
    return Section("attainment", "Attainment", tuple(words), (table,))


def groups(material: Material, facts: Iterable[str], titles: dict[str, str]) -> list[Section]:
    """Return attainment by each of *facts* that any goal has."""
    counted = {fact: attain(material.goals, material.known_at, fact) for fact in facts}
    return [
        Section(
            f"by_{fact}",
            f"By {titles[fact].lower()}",
            tables=(group_table(fact, titles[fact], own),),
        )
        for fact, own in counted.items()
        if any(own)
    ]


def missed(material: Material, lines: Sequence[GoalLine], whole: int, *, people: bool = True) -> Section:
    words = most_said(len(lines), whole)
    if lines:
        words = ("Worst first: by business time over the goal.", *words)
    return Section("missed", "Goals missed", words, (missed_table(material, lines, people=people),))


def over(material: Material) -> Section | None:
    """Return the goals that are open past their deadline."""
    lines = over_lines(material, MOST_OVER)
    if not lines:
        return None
    whole = sum_up(open_totals(material)).over
    columns = (*GOAL_COLUMNS, Column("technician", "Owner"), Column("due_at", "Was due", Unit.INSTANT))
    rows = tuple((*goal_cells(material, line), line.facts["technician"] or "nobody", line.due_at) for line in lines)
    words = ("Not reached yet: they can only be missed, and count as missed once they are reached.",)
    table = Table("over", columns, rows)
    return Section("over", "Open, past the deadline", (*words, *most_said(len(lines), whole)), (table,))


def excluded(material: Material, tallies: Tallies) -> Section | None:
    lines = excluded_lines(material, MOST_EXCLUDED)
    if not lines:
        return None
    words = most_said(len(lines), sum_up(tallies).excluded)
    return Section("excluded", "Goals that count neither way", words, (excluded_table(material, lines),))


def times(material: Material, tallies: Tallies) -> Section | None:
    """Return how long goals took: percentiles by stage, and how much of their goal."""
    lain = spread(material.goals, material.known_at)
    spent = [(stage, tally.spent, tally.counts) for stage, tally in zip(STAGES, tallies, strict=True) if tally.spent]
    if not spent:
        return None
    columns = (
        Column("stage", "Goal"),
        Column("goals", "Met or missed", Unit.COUNT),
        *(Column(name, name, Unit.SECONDS) for name in ("p50", "p90", "p95")),
    )
    rows = tuple((stage.label, counts.judged, own.p50, own.p90, own.p95) for stage, own, counts in spent if own)
    return Section(
        "times",
        "How long it took",
        ("Business time until the goals were reached: half, 90 % and 95 % of them took no longer.",),
        (Table("times", columns, rows),),
        tuple(_spread(stage, lain[stage]) for stage, _, _ in spent),
    )


def _spread(stage: Stage, counted: tuple[int, ...]) -> Chart:
    within = sum(counted[: EDGES.index(100) + 1])
    words = f"{within} of {sum(counted)} {stage.label} goals took no more than their time."
    title = f"{stage.label.capitalize()}: share of the goal that was used"
    return Chart(f"spread_{stage.label}", title, words, Spread(EDGES, counted))


def hours(material: Material) -> Section | None:
    """Return when goals broke, by weekday and hour; None where none did."""
    counted = heat(material.goals, material.known_at, material.period.zone)
    whole = sum(map(sum, counted))
    if not whole:
        return None
    most, day, hour = max((n, -d, -h) for d, row in enumerate(counted) for h, n in enumerate(row))
    when = f"on a {_DAYS[-day]} between {-hour:02}:00 and {1 - hour:02}:00"
    words = f"{plural(whole, 'goal')} broke; most, {most}, {when}." if whole > 1 else f"1 goal broke, {when}."
    chart = Chart("hours", "When goals broke", words, Heat(counted))
    return Section("hours", "When goals broke", (f"By the deadline, in {material.period.zone.key}.",), charts=(chart,))


def trend(material: Material, tallies: Tallies) -> Section | None:
    """Return attainment over the periods up to this one."""
    now = (material.period.name, tuple(tally.counts for tally in tallies))
    points = [*((past.name, past.counts) for past in material.past), now]
    if len(points) < 2:
        return None
    columns = (
        Column("period", "Period"),
        *(Column(stage.label, stage.label.capitalize(), Unit.SHARE) for stage in STAGES),
        Column("met", "Met", Unit.COUNT),
        Column("missed", "Missed", Unit.COUNT),
        Column("attainment", "Attainment", Unit.SHARE),
    )
    rows = tuple((name, *_trend_row(counts)) for name, counts in points)
    charts = [
        _trend(stage, [(name, share_of(counts[stage])) for name, counts in points], tallies[stage].promised)
        for stage in STAGES
        if any(counts[stage].judged for _, counts in points)
    ]
    return Section("trend", "Over time", tables=(Table("trend", columns, rows),), charts=tuple(charts))


def _trend_row(counts: Sequence[Counts]) -> tuple[Cell, ...]:
    whole = counts[0] + counts[1] + counts[2]
    return (*(share_of(own) for own in counts), whole.met, whole.missed, share_of(whole))


def _trend(stage: Stage, points: list[tuple[str, Share]], promised: Promised) -> Chart:
    known = [(name, share) for name, share in points if share.whole]
    first, last = known[0], known[-1]
    words = f"{stage.label.capitalize()} goals met: {percent_text(first[1])} in {first[0]}"
    if len(known) > 1:
        words += f", {percent_text(last[1])} in {last[0]}"
    goal = promised.low if promised.goals and promised.low == promised.high else None
    if goal is not None:
        words += f"; promised are {goal} %"
    return Chart(f"trend_{stage.label}", _title(stage), words + ".", Trend(tuple(points), goal))


def holders(stories: Sequence[Story]) -> Section | None:
    """Return who held the time of tickets: while it counted by owner, while it did not by status."""
    sums: defaultdict[str, int] = defaultdict(int)
    for story in stories:
        for owner, seconds in by_owner(story.holding.counted):
            sums[owner] += seconds
        for status, seconds in by_status(story.holding.waited):
            sums[f"{status} (waiting)"] += seconds
    ordered = tuple(sorted(sums.items(), key=lambda one: (-one[1], one[0])))
    if not ordered:
        return None
    columns = (Column("holder", "Held by"), Column("seconds", "Business time", Unit.SECONDS))
    words = f"Most was held by {ordered[0][0]}: {business_time(ordered[0][1])}."
    of_what = "the ticket" if len(stories) == 1 else f"{len(stories)} tickets"
    return Section(
        "holders",
        "Who held the time",
        (f"Business time of {of_what} above: what counted by owner, waiting by status.",),
        (Table("holders", columns, ordered),),
        (Chart("holders", "Time held", words, Holders(ordered[:12])),),
    )
