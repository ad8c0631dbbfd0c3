"""What a report is made of, loaded from the store as it was known at one instant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from slamon.clean import clean_line
from slamon.core.attainment import Bin, Counts, Denominator, counts_of, of_scope, sort_out
from slamon.core.goals import FACTS, NEVER, NO_GOALS, Goals
from slamon.core.holding import waits_since
from slamon.core.instants import to_epoch
from slamon.core.intervention import standing
from slamon.core.period import Period, period_before
from slamon.core.ticket import STAGES, Kind, Ticket
from slamon.errors import KnowledgeGoneError
from slamon.jobs.evaluate import Evaluator
from slamon.jobs.sight import load_blind_spans
from slamon.jobs.stories import Wanted, load_stories, wanted_of
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Store, Unobserved
from slamon.reports.breaks import read_breaks
from slamon.reports.changed import Changed, changes_in, compare_goals, flips_first
from slamon.reports.document import Scope
from slamon.reports.kinds import Kind as ReportKind
from slamon.reports.material import (
    NONE_NAMED,
    Break,
    Breaks,
    Excuse,
    Material,
    PastPeriod,
    Rule,
    TicketFacts,
    Waiting,
    Watched,
)
from slamon.reports.picks import due_lines, excluded_lines, missed_lines, over_lines, paused_lines

MOST_SUMMARY = 200  # letters
MOST_LISTED = 500  # goals of each list of which tickets are loaded
MOST_LOOKED_AT = 500  # waiting tickets whose events are read
PROMPT = timedelta(days=1)  # a report is taken to be made no later than this after its period


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the store: a report's kind, scope, period and denominator, and the instant of knowledge."""

    kind: str
    scope: Scope
    period: Period
    known_at: datetime
    denominator: Denominator
    year_begins: int = 1

    @property
    def until(self) -> datetime:
        """How far the report can tell."""
        return max(self.period.begins_at, min(self.period.ends_at, self.known_at))


def load_material(store: Store, settings: TenantSettings, asked: Question, kind: ReportKind) -> Material:
    """
    Return the material of a report of *kind*.

    Raises:
        KnowledgeGoneError: The goals of its denominator cannot be told as they were known then.
    """
    bare = Material(
        kind=asked.kind,
        scope=asked.scope,
        period=asked.period,
        known_at=to_epoch(asked.known_at),
        until=to_epoch(asked.until),
        denominator=asked.denominator,
        watched=load_watched(store, settings, asked.period.begins_at, asked.until),
        seen_at=_seen_at(store, asked),
    )
    if asked.known_at <= asked.period.begins_at:
        return bare
    counted = _with_goals(store, asked, kind, bare) if kind.goals else _with_breaks(store, settings, asked, bare)
    return _with_details(store, settings, asked, kind, counted)


def load_watched(store: Store, settings: TenantSettings, begins_at: datetime, ends_at: datetime) -> Watched:
    """Return what slamon could see of the tenant in [begins_at, ends_at)."""
    since = dict(store.load_runs("watch")).get(settings.name) or store.load_first_reading_at(settings.name)
    blind = load_blind_spans(store, settings.name, settings.pace, begins_at, ends_at)
    return Watched(
        to_epoch(begins_at),
        to_epoch(ends_at),
        None if since is None else to_epoch(since),
        tuple((to_epoch(begin), to_epoch(end)) for begin, end in blind),
    )


def _seen_at(store: Store, asked: Question) -> int | None:
    poll = store.load_last_poll(asked.scope.tenant, successful=True, until=asked.known_at)
    return None if poll is None else to_epoch(poll.started_at)


# --- goals


def load_scoped(store: Store, asked: Question, period: Period, known_at: datetime, by: Denominator) -> Goals:
    """Return the goals of *period* in the scope, as known at *known_at*."""
    goals = store.load_goals(asked.scope.tenant, period.begins_at, period.ends_at, known_at=known_at, by=by.column)
    return in_scope(goals, asked.scope)


def in_scope(goals: Goals, scope: Scope) -> Goals:
    """Return those of *goals* that *scope* is about."""
    if not scope.by or not scope.name:
        return goals
    return of_scope(goals, scope.by, "" if scope.name == NONE_NAMED else scope.name)


def _with_goals(store: Store, asked: Question, kind: ReportKind, bare: Material) -> Material:
    goals = load_scoped(store, asked, asked.period, asked.known_at, asked.denominator)
    open_goals, notes = NO_GOALS, tuple[str, ...]()
    try:
        found = store.load_open_goals(asked.scope.tenant, asked.until, known_at=asked.known_at)
        open_goals = in_scope(found, asked.scope)
    except KnowledgeGoneError:
        notes = ("Which goals were open at the end cannot be told any more: readings of that time are not kept.",)
    material = replace(
        bare,
        goals=goals,
        open_goals=open_goals,
        notes=notes,
        past=_past(store, asked, kind.past),
        waiting=_waiting(store, asked, open_goals, kind.waiting) if kind.waiting else (),
    )
    return _with_changes(store, asked, kind.past, material) if kind.changes else material


def _past(store: Store, asked: Question, most: int) -> tuple[PastPeriod, ...]:
    """Return the counts of up to *most* periods before, oldest first, from the first on that has any goal."""
    found: list[PastPeriod] = []
    for period in _periods_before(store, asked, most):
        try:
            goals = load_scoped(store, asked, period, asked.known_at, asked.denominator)
        except KnowledgeGoneError:
            break
        found.insert(0, PastPeriod(period.name, counts_of(goals, to_epoch(asked.known_at))))
    while found and not _goals(found[0].counts):
        del found[0]
    return tuple(found)


def _goals(counts: tuple[Counts, Counts, Counts]) -> int:
    return sum(own.goals for own in counts)


def _periods_before(store: Store, asked: Question, most: int) -> list[Period]:
    """Return up to *most* periods before the reported one, the newest first; none before the first goal that ended."""
    periods, period = [], asked.period
    for _ in range(most):
        period = period_before(period, asked.year_begins)
        periods.append(period)
    first = store.load_first_outcome_at(asked.scope.tenant, period.begins_at)
    return [] if first is None else [each for each in periods if each.ends_at > first]


# --- what broke, what waits


def _with_breaks(store: Store, settings: TenantSettings, asked: Question, bare: Material) -> Material:
    """Return *bare* with what slamon learnt of broken goals in the period."""
    begins, until = asked.period.begins_at, asked.until
    records = [
        record
        for record in store.load_transitions(settings.name, begins, until)
        if _is_in(ticket_facts(record.ticket), asked.scope)
    ]
    # Read anew at the end of the period: a stored reading tells when something changed, not how long it lasts.
    found = Evaluator(settings.name, store, Unobserved()).read({record.ticket.id for record in records}, until)
    return replace(
        bare, breaks=read_breaks(records, {reading.ticket_id: reading for reading in found}, begins, ticket_facts)
    )


def ticket_facts(ticket: Ticket) -> Mapping[str, str]:
    """Return the facts of a ticket as goals have them, but for its policy."""
    named = {"team": ticket.team, "priority": ticket.priority, "company": ticket.company}
    named |= {"board": ticket.board, "agreement": ticket.agreement, "type": ticket.type}
    return {"technician": ticket.owner, **{fact: ref.name if ref else "" for fact, ref in named.items()}}


def _is_in(facts: Mapping[str, str], scope: Scope) -> bool:
    if not scope.by or not scope.name:
        return True
    return facts.get(scope.by, "") == ("" if scope.name == NONE_NAMED else scope.name)


def _waiting(store: Store, asked: Question, goals: Goals, most: int) -> tuple[Waiting, ...]:
    """Return the open tickets that have waited longest, among those open longest."""
    stands = (sort_out(goals, to_epoch(asked.until)) == Bin.OPEN) & (goals.due_at == NEVER)
    rows = np.flatnonzero(stands)
    rows = rows[np.lexsort((goals.ticket_id[rows], goals.started_at[rows]))]
    first: dict[int, int] = {}
    for row in rows.tolist():
        first.setdefault(int(goals.ticket_id[row]), row)
    first = dict(list(first.items())[:MOST_LOOKED_AT])
    events = store.load_events_of(asked.scope.tenant, list(first))
    waits = [
        Waiting(number, to_epoch(since), {fact: _name(goals, fact, row) for fact in FACTS})
        for number, row in first.items()
        if (since := waits_since(events.get(number, ()), asked.until)) is not None
    ]
    return tuple(sorted(waits, key=lambda each: (each.since, each.ticket_id))[:most])


def _name(goals: Goals, fact: str, row: int) -> str:
    names = goals.facts[fact]
    return names.table[int(names.codes[row])]


# --- corrections


def _with_changes(store: Store, asked: Question, most: int, material: Material) -> Material:
    """Return *material* with what was learnt of earlier periods since about when the one before was reported.

    That report is taken to have been made as long after its period as this one is, a day at most.
    """
    lag = min(max(asked.known_at - asked.period.ends_at, timedelta(0)), PROMPT)
    since = min(asked.period.begins_at + lag, asked.known_at)
    # What was over before slamon began to watch was never reported: learning of it is no correction.
    watched = material.watched.since
    before = [each for each in _periods_before(store, asked, most) if watched and to_epoch(each.ends_at) > watched]
    if not before:
        return material
    changes = [*_compared(store, asked, before[0], since), *_earlier(store, asked, before[1:], since)]
    ordered = tuple(sorted(changes, key=lambda change: change.key))
    return replace(material, changes=ordered, changes_since=to_epoch(since))


def _compared(store: Store, asked: Question, period: Period, since: datetime) -> list[Changed]:
    """Return what changed of the period before: compared as a whole, since an exemption leaves no row of its own."""
    then, now = (load_scoped(store, asked, period, at, Denominator.CONCLUDED) for at in (since, asked.known_at))
    return compare_goals(then, now, to_epoch(since), to_epoch(asked.known_at))


def _earlier(store: Store, asked: Question, periods: Sequence[Period], since: datetime) -> list[Changed]:
    if not periods:
        return []
    rows = store.load_goal_changes(
        asked.scope.tenant,
        periods[-1].begins_at,
        periods[0].ends_at,
        known_from=since,
        known_until=asked.known_at,
    )
    return changes_in(in_scope(rows, asked.scope), to_epoch(since), to_epoch(asked.known_at))


# --- details of what is listed


def _with_details(
    store: Store, settings: TenantSettings, asked: Question, kind: ReportKind, material: Material
) -> Material:
    """Return *material* with stories, tickets, excuses, reasons and rules of what the report lists."""
    wanted = _wanted(material, kind)
    stories = load_stories(store, settings.name, wanted)
    excluded = excluded_lines(material, MOST_LISTED)
    broken = [row.key for row in _all_breaks(material.breaks)]
    excused = {line.key.ticket_id for line in excluded if line.bin is Bin.EXEMPT} | {key.ticket_id for key in broken}
    excused |= {change.key.ticket_id for change in material.changes if change.flips}
    unjudged = {line.key.ticket_id for line in excluded if line.bin is not Bin.EXEMPT}
    return replace(
        material,
        stories=stories,
        untold=len(wanted) - len(stories),
        tickets=load_tickets(store, settings, _listed(material, wanted), asked.known_at),
        excuses=load_excuses(store, settings.name, excused, asked.known_at),
        reasons=_reasons(store, settings.name, unjudged, asked.known_at),
        rules=load_rules(store, _versions(material)),
    )


def _wanted(material: Material, kind: ReportKind) -> list[Wanted]:
    until = material.until
    lines = missed_lines(material, kind.missed) if kind.missed else []
    lines += paused_lines(material, kind.paused) if kind.paused else []
    broken = [Wanted(row.key, until) for row in material.breaks.broke[: kind.breaks]]
    return [*wanted_of(lines, until), *broken]


def _all_breaks(breaks: Breaks) -> Iterable[Break]:
    return (*breaks.broke, *breaks.concluded, *breaks.superseded)


def _listed(material: Material, wanted: Iterable[Wanted]) -> set[int]:
    """Return the tickets that the report may list."""
    lines = [
        *missed_lines(material, MOST_LISTED),
        *over_lines(material, MOST_LISTED),
        *due_lines(material, NEVER, MOST_LISTED),
        *excluded_lines(material, MOST_LISTED),
    ]
    ids = {line.key.ticket_id for line in lines} | {each.key.ticket_id for each in wanted}
    ids |= {each.ticket_id for each in material.waiting} | {row.key.ticket_id for row in _all_breaks(material.breaks)}
    return ids | {change.key.ticket_id for change in flips_first(material.changes)[:MOST_LISTED]}


def load_tickets(
    store: Store, settings: TenantSettings, ids: Collection[int], known_at: datetime
) -> dict[int, TicketFacts]:
    """Return what lists say of tickets: as they are called today, their status only if they have not changed since."""
    return {
        number: TicketFacts(
            summary=clean_line(ticket.summary, MOST_SUMMARY),
            address=settings.way_to(ticket),
            status=ticket.status.name if ticket.last_updated_at <= known_at else "",
        )
        for number, ticket in store.load_tickets(settings.name, ids).items()
    }


def load_excuses(store: Store, tenant: str, ids: Collection[int], known_at: datetime) -> dict[tuple[int, int], Excuse]:
    """Return who had excused which goals by *known_at*, by ticket and stage."""
    found = {}
    for number, said in store.load_interventions(tenant, ids).items():
        known = [each for each in said if each.at <= known_at]
        for stage in STAGES:
            exempt = standing(known, stage, 0, known_at).exempt
            if exempt is not None:
                reason = clean_line(exempt.reason, MOST_SUMMARY)
                found[number, int(stage)] = Excuse(clean_line(exempt.by, 60), to_epoch(exempt.at), reason)
    return found


def _reasons(store: Store, tenant: str, ids: Collection[int], known_at: datetime) -> dict[int, str]:
    """Return why tickets were cancelled or not measured, as their events say."""
    kinds = (Kind.CANCELLED, Kind.NOT_MEASURED)
    told = {
        number: [event.name for event in events if event.kind in kinds and event.at <= known_at]
        for number, events in store.load_events_of(tenant, ids).items()
    }
    return {number: clean_line(names[-1], MOST_SUMMARY) for number, names in told.items() if names}


def _versions(material: Material) -> set[str]:
    changed = [line.terms for change in material.changes for line in (change.was, change.now) if line is not None]
    broken = [row.terms for row in _all_breaks(material.breaks)]
    return {version for version in (*material.goals.terms.table, *changed, *broken) if version}


def load_rules(store: Store, versions: Collection[str]) -> dict[str, Rule]:
    """Return the promises of these versions, in names."""
    terms = store.load_terms(versions)
    calendars = store.load_calendars({each.calendar for each in terms.values()})
    return {
        version: Rule(
            policy=each.policy,
            calendar=calendars[each.calendar].name if each.calendar in calendars else "",
            calendar_version=each.calendar,
            goals=(each.respond_seconds, each.plan_seconds, each.resolve_seconds),
            percents=(each.percents.respond, each.percents.plan, each.percents.resolve),
        )
        for version, each in sorted(terms.items())
    }
