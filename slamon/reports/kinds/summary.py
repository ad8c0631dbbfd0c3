"""The first lines of a report: how much was kept, who missed the rest, and where the time went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from slamon.core.attainment import Tallies, attain
from slamon.core.ticket import STAGES
from slamon.reporting.words import business_time, plural
from slamon.reports.document import Section
from slamon.reports.kinds.parts import open_totals
from slamon.reports.kinds.tables import sum_up
from slamon.reports.kinds.words import by_status, few, kept_words, named, promised_words, share_of
from slamon.reports.lines import GoalLine
from slamon.reports.material import Material
from slamon.reports.written import percent_text


def summary(material: Material, tallies: Tallies, missed: Sequence[GoalLine], *, people: bool = True) -> Section:
    """Return the report in a few sentences; of *people* who missed most is named."""
    whole = sum_up(tallies)
    if not whole.judged:
        return Section("summary", "Summary", ("No goal was met or missed in this period.",))
    words = [f"{whole.met} of {plural(whole.judged, 'goal')} {_were(whole.met)} met: {percent_text(share_of(whole))}."]
    words += [*_kept(tallies), *_before(material)]
    if whole.missed:
        words += [*_who(material, people=people), *_where(material, missed)]
    return Section("summary", "Summary", (" ".join(words), *_still_open(material)))


def _kept(tallies: Tallies) -> list[str]:
    """Return of which stages the promised percent was kept, and of which it was not."""
    said = [
        f"{stage.label} {promised_words(tally.promised)} {kept_words(tally.promised)}"
        for stage, tally in zip(STAGES, tallies, strict=True)
        if tally.promised.goals
    ]
    return [f"Promised: {', '.join(said)}."] if said else []


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _before(material: Material) -> list[str]:
    if not material.past:
        return []
    before = material.past[-1]
    counts = before.counts[0] + before.counts[1] + before.counts[2]
    if not counts.judged:
        return []
    return [f"In {before.name} it was {percent_text(share_of(counts))}, {counts.met} of {counts.judged}."]


def _who(material: Material, *, people: bool) -> list[str]:
    """Return whose goals were missed most often."""
    facts = ["technician", "company"] if people else []
    words = []
    for fact in facts:
        if fact == material.scope.by and material.scope.name:
            continue
        groups = attain(material.goals, material.known_at, fact)
        missed = Counter({name: sum_up(tallies).missed for name, tallies in groups.items()})
        most = sorted((name for name in missed if missed[name]), key=lambda name: (-missed[name], name))
        who = few(f"{named(name) if name or fact != 'technician' else 'nobody'} {missed[name]}" for name in most)
        words.append(f"Missed by {fact}: {who}.")
    return words


def _where(material: Material, missed: Sequence[GoalLine]) -> list[str]:
    """Return in which statuses the time of the goals missed went."""
    stories = material.stories_of(line.key for line in missed)
    spent: Counter[tuple[str, str]] = Counter()
    for story in stories:
        spent.update(story.holding.counted)
    if not spent:
        return []
    where = few(f"{business_time(seconds)} in {status}" for status, seconds in by_status(spent))
    return [f"The time of the missed went: {where}."]


def _still_open(material: Material) -> list[str]:
    still = sum_up(open_totals(material))
    if not still.still_open:
        return []
    which = f"{still.over} of them" if still.still_open > 1 else "and is"
    over = f", {which} past the deadline" if still.over else ""
    return [f"At the end {plural(still.still_open, 'goal')} {_were(still.still_open)} open{over}."]
