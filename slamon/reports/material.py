"""What reports are made of: plain data, loaded beforehand, as it was known at one instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from slamon.core.attainment import Counts, Denominator
from slamon.core.goals import NO_GOALS, Goals
from slamon.core.holding import Holding
from slamon.core.period import Period
from slamon.reports.changed import Changed
from slamon.reports.document import Scope
from slamon.reports.lines import GoalKey

NONE_NAMED = "(none)"  # how a report calls a ticket's company, team and so on where it has none


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What a list says of a ticket beside its goal. `status` is empty where the ticket has changed since."""

    summary: str = ""
    address: str = ""
    status: str = ""


NO_FACTS = TicketFacts()


@dataclass(frozen=True, slots=True)
class Story:
    """How one goal's time passed, from its ledger when it ended, or when it was read."""

    holding: Holding
    elapsed_seconds: int
    changes: int = 0  # how often its promise changed on the way


@dataclass(frozen=True, slots=True)
class Excuse:
    """Who excused a goal, when (epoch seconds), and why."""

    by: str
    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A promise that goals were judged by, in names and versions. Goals are business seconds, by stage."""

    policy: str
    calendar: str
    calendar_version: str
    goals: tuple[int | None, int | None, int | None]
    percents: tuple[int | None, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Watched:
    """What slamon could see of [begins_at, ends_at): from `since` on, but for the spans it was blind in."""

    begins_at: int
    ends_at: int
    since: int | None = None
    blind: tuple[tuple[int, int], ...] = ()

    @property
    def whole_seconds(self) -> int:
        return max(0, self.ends_at - self.begins_at)

    @property
    def seen_seconds(self) -> int:
        if self.since is None:
            return 0
        begins = max(self.begins_at, self.since)
        blind = sum(max(0, end - max(begin, begins)) for begin, end in self.blind)
        return max(0, max(0, self.ends_at - begins) - blind)


@dataclass(frozen=True, slots=True)
class PastPeriod:
    """What became of the goals of a period, by stage."""

    name: str
    counts: tuple[Counts, Counts, Counts]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open ticket that waits, since when (epoch seconds), and whose it is."""

    ticket_id: int
    since: int
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Break:
    """A goal that broke, as it was told of. `state` is open, paused, late, superseded or cancelled."""

    key: GoalKey
    broke_at: int
    goal_seconds: int | None
    over_seconds: int
    state: str
    terms: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Breaks:
    """What was learnt of in the period: what broke, what broke earlier and was reached now, what no longer counts."""

    broke: tuple[Break, ...] = ()
    concluded: tuple[Break, ...] = ()
    superseded: tuple[Break, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """All that one report is made of. `until` is how far it can tell: to the period's end, or to its instant.

    `goals` are those of the denominator, `open_goals` those open at `until`; `changes` is what slamon learnt of the
    goals of earlier periods after `changes_since`, about when those were reported. `stories`, `tickets` and `reasons`
    are of what the report lists alone; `untold` is how many stories do not add up to what was known.
    """

    kind: str
    scope: Scope
    period: Period
    known_at: int
    until: int
    denominator: Denominator
    watched: Watched
    goals: Goals = NO_GOALS
    open_goals: Goals = NO_GOALS
    changes: tuple[Changed, ...] = ()
    changes_since: int = 0
    past: tuple[PastPeriod, ...] = ()
    tickets: Mapping[int, TicketFacts] = field(default_factory=dict)
    stories: Mapping[GoalKey, Story] = field(default_factory=dict)
    untold: int = 0
    excuses: Mapping[tuple[int, int], Excuse] = field(default_factory=dict)  # by ticket and stage
    reasons: Mapping[int, str] = field(default_factory=dict)  # why a ticket is not measured, or cancelled
    rules: Mapping[str, Rule] = field(default_factory=dict)  # by version of terms
    breaks: Breaks = Breaks()
    waiting: tuple[Waiting, ...] = ()
    seen_at: int | None = None  # how old the newest that was known is
    notes: tuple[str, ...] = ()  # what could not be loaded, in words for the reader

    def facts_of(self, ticket_id: int) -> TicketFacts:
        return self.tickets.get(ticket_id, NO_FACTS)

    def stories_of(self, keys: Iterable[GoalKey]) -> list[Story]:
        """Return one story of each ticket's cycle among *keys*, the longest: its goals share one clock."""
        found: dict[tuple[int, int], Story] = {}
        for key in keys:
            story, cycle = self.stories.get(key), (key.ticket_id, key.cycle)
            if story and (cycle not in found or found[cycle].elapsed_seconds < story.elapsed_seconds):
                found[cycle] = story
        return list(found.values())

    def excuse_of(self, key: GoalKey) -> Excuse | None:
        return self.excuses.get((key.ticket_id, key.stage))
