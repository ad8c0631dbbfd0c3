"""The pause report: whether waiting was waiting, or a way to stop the clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from slamon.core.attainment import Tallies, attain, total, without_pauses
from slamon.core.holding import Pause
from slamon.core.instants import to_epoch
from slamon.core.ticket import STAGES
from slamon.reports.changed import BIN_WORDS
from slamon.reports.document import Cell, Column, Figure, Report, Section, Share, Table, Unit
from slamon.reports.kinds import parts
from slamon.reports.kinds.frame import report_of, whose
from slamon.reports.kinds.tables import SUMMARY, TICKET, sum_up, ticket_cell
from slamon.reports.kinds.words import named, share_of
from slamon.reports.lines import GoalLine
from slamon.reports.material import Material, Story
from slamon.reports.picks import cycle_lines, paused_lines, waited_seconds
from slamon.reports.written import percent_text

MOST_STORIES = 1000
MOST_ROWS = 200
LATE_PERCENT = 90  # of a goal: a pause that begins from here on came just in time
FLAPS = 3  # pauses of one ticket that begin within...
FLAP_SPAN = timedelta(days=1)


def build_pauses(material: Material) -> Report:
    """Return who paused what for how long, what looks odd of it, and attainment with pauses and without."""
    lines = [line for line in paused_lines(material, MOST_STORIES) if line.key in material.stories]
    told = [(line, material.stories[line.key]) for line in lines]
    waited = sum(sum(story.holding.waited.values()) for _, story in told)
    whole = max(waited, waited_seconds(material))
    tallies, bare = parts.totals_of(material), total(without_pauses(material.goals), material.known_at)
    late, flapping = list(_late_pauses(material, told)), list(_flapping(told))
    return report_of(
        material,
        f"Pause report, {whose(material)}",
        [
            Figure("waited", "Business time waited", whole, Unit.SECONDS),
            Figure("attainment", "Goals met", share_of(sum_up(tallies)), Unit.SHARE),
            Figure("without_pauses", "If pauses had counted", share_of(sum_up(bare)), Unit.SHARE),
            Figure("late_pauses", "Pauses begun in the last 10 % of a goal", len(late), Unit.COUNT),
            Figure("flapping", "Tickets paused again and again", len(flapping), Unit.COUNT),
        ],
        [
            _attainment(tallies, bare),
            _by_technician(material),
            _held(told, waited, whole),
            _late(material, late),
            _flaps(material, flapping),
            _replies(),
        ],
        remarks=_cut(waited, whole),
    )


def _cut(waited: int, whole: int) -> list[str]:
    if waited >= whole:
        return []
    share = percent_text(Share(waited, whole))
    return [f"Statuses, owners and single pauses are told of the tickets that waited longest: {share} of the waiting."]


def _attainment(tallies: Tallies, bare: Tallies) -> Section:
    columns = (
        Column("stage", "Goal"),
        Column("with_pauses", "Attainment", Unit.SHARE),
        Column("without_pauses", "If pauses had counted", Unit.SHARE),
        Column("by_pause", "Met by a pause alone", Unit.COUNT),
    )
    both = zip((stage.label for stage in STAGES), tallies, bare, strict=True)
    rows = tuple(
        (name, share_of(own.counts), share_of(other.counts), own.counts.met - other.counts.met)
        for name, own, other in both
        if own.counts.judged
    )
    whole, less = sum_up(tallies), sum_up(bare)
    total_row = ("all goals", share_of(whole), share_of(less), whole.met - less.met)
    words = "The same goals, judged once as promised and once as if the clock had run on through every wait."
    return Section(
        "attainment", "Attainment with and without pauses", (words,), (Table("both", columns, rows, total_row),)
    )


def _by_technician(material: Material) -> Section | None:
    """Return the technicians who met goals by a pause alone, the most first."""
    own = attain(material.goals, material.known_at, "technician")
    bare = attain(without_pauses(material.goals), material.known_at, "technician")
    found = [(name, sum_up(tallies), sum_up(bare[name])) for name, tallies in own.items()]
    rows = sorted(
        ((named(name), share_of(own), share_of(less), own.met - less.met) for name, own, less in found if own != less),
        key=lambda row: (-row[3], row[0]),
    )
    if not rows:
        return None
    columns = (
        Column("technician", "Technician"),
        Column("with_pauses", "Attainment", Unit.SHARE),
        Column("without_pauses", "If pauses had counted", Unit.SHARE),
        Column("by_pause", "Met by a pause alone", Unit.COUNT),
    )
    return Section("by_technician", "By technician", tables=(Table("by_technician", columns, tuple(rows)),))


def _held(told: Sequence[tuple[GoalLine, Story]], waited: int, whole: int) -> Section:
    """Return the time waited by status and owner."""
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    for _, story in told:
        for holder, seconds in story.holding.waited.items():
            sums[holder] += seconds
        for pause in story.holding.pauses:
            counts[pause.status, pause.owner] += 1
    columns = (
        Column("status", "Status"),
        Column("owner", "Owner"),
        Column("seconds", "Business time waited", Unit.SECONDS),
        Column("pauses", "Pauses begun", Unit.COUNT),
        Column("share", "Of all waiting", Unit.SHARE),
    )
    ordered = sorted(sums, key=lambda holder: (-sums[holder], holder))
    rows = tuple((*holder, sums[holder], counts[holder], Share(sums[holder], whole)) for holder in ordered)
    total_row = ("all", "", waited, sum(counts.values()), Share(waited, whole))
    empty = "No ticket waited." if not whole else "It is not told who waited."
    table = Table("waited", columns, rows, total_row if rows else None, empty=empty)
    return Section("waited", "Waiting by status and owner", ("Business time: closed hours left out.",), (table,))


LatePause = tuple[GoalLine, Pause]


def _late_pauses(material: Material, told: Sequence[tuple[GoalLine, Story]]) -> Iterator[LatePause]:
    """Yield the pauses that began when a goal had used 90 % of its time, and was neither reached nor over."""
    pauses = {(line.key.ticket_id, line.key.cycle): story.holding.pauses for line, story in told}
    for line in cycle_lines(material, pauses):
        for pause in pauses[line.key.ticket_id, line.key.cycle]:
            goal, used = line.goal_seconds or 0, pause.used_seconds
            just_in_time = LATE_PERCENT * goal <= 100 * used <= 100 * goal
            if goal and just_in_time and (line.ended_at is None or to_epoch(pause.begins_at) < line.ended_at):
                yield line, pause


def _late(material: Material, late: Sequence[LatePause]) -> Section:
    columns = (
        *_PAUSE_COLUMNS,
        Column("stage", "Goal"),
        Column("used", "Used by then", Unit.SHARE),
        Column("begins_at", "Paused", Unit.INSTANT),
        Column("seconds", "Waited", Unit.SECONDS),
        Column("became", "Became"),
    )
    ordered = sorted(late, key=lambda one: (one[0].key, one[1].begins_at))
    rows = tuple(
        (
            *_pause_cells(material, line, pause),
            line.stage.label,
            Share(pause.used_seconds, line.goal_seconds or 0),
            to_epoch(pause.begins_at),
            pause.seconds,
            BIN_WORDS[line.bin],
        )
        for line, pause in ordered[:MOST_ROWS]
    )
    table = Table("late_pauses", columns, rows, empty="No pause began in the last 10 % of a goal.")
    words = "The clock was stopped when at least 90 % of the goal had been used. That may be right; it is worth a look."
    return Section("late_pauses", "Pauses begun in the last 10 % of a goal", (words,) if rows else (), (table,))


_PAUSE_COLUMNS = (
    TICKET,
    SUMMARY,
    Column("company", "Company"),
    Column("status", "Status"),
    Column("owner", "Owner"),
)


def _pause_cells(material: Material, line: GoalLine, pause: Pause) -> tuple[Cell, ...]:
    ticket_id = line.key.ticket_id
    facts = (material.facts_of(ticket_id).summary, named(line.facts["company"]))
    return ticket_cell(material, ticket_id), *facts, pause.status, pause.owner


Flap = tuple[GoalLine, Sequence[Pause], int]


def _flapping(told: Sequence[tuple[GoalLine, Story]]) -> Iterator[Flap]:
    """Yield tickets with FLAPS or more pauses begun within a day, with their pauses and how many began in one day."""
    for line, story in told:
        starts = [pause.begins_at for pause in story.holding.pauses]
        most = max((sum(at <= each < at + FLAP_SPAN for each in starts) for at in starts), default=0)
        if most >= FLAPS:
            yield line, story.holding.pauses, most


def _flaps(material: Material, flapping: Sequence[Flap]) -> Section:
    columns = (
        *_PAUSE_COLUMNS,
        Column("pauses", "Pauses", Unit.COUNT),
        Column("in_a_day", "Most in a day", Unit.COUNT),
        Column("seconds", "Waited", Unit.SECONDS),
    )
    ordered = sorted(flapping, key=lambda one: (-one[2], -len(one[1]), one[0].key))
    rows = tuple(
        (*_pause_cells(material, line, pauses[0]), len(pauses), most, sum(pause.seconds for pause in pauses))
        for line, pauses, most in ordered[:MOST_ROWS]
    )
    table = Table("flapping", columns, rows, empty=f"No ticket was paused {FLAPS} times within a day.")
    return Section("flapping", "Paused again and again", tables=(table,))


def _replies() -> Section:
    words = (
        "Whether a customer replied while a ticket waited cannot be known: slamon does not read notes.",
        "A reply that moves a ticket out of waiting ends the pause, and is told above as one.",
    )
    return Section("replies", "Replies during a pause", words)
