"""What a report is made of, loaded from the store as it was known at one instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from slamon.core.attainment import Bin, Counts, Denominator, counts_of, of_scope, sort_out
from slamon.core.goals import FACTS, NEVER, NO_GOALS, Goals
from slamon.core.holding import waits_since
from slamon.core.instants import to_epoch
from slamon.core.period import Period, period_before
from slamon.core.ticket import Ticket
from slamon.errors import KnowledgeGoneError
from slamon.jobs.evaluate import Evaluator
from slamon.jobs.report_details import with_details
from slamon.jobs.sight import load_blind_spans
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Store, Unobserved
from slamon.reports.breaks import read_breaks
from slamon.reports.changed import Changed, changes_in, compare_goals
from slamon.reports.document import Scope
from slamon.reports.kinds import Kind as ReportKind
from slamon.reports.material import (
    NONE_NAMED,
    Material,
    PastPeriod,
    Waiting,
    Watched,
)

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
    return with_details(store, settings, asked.known_at, kind, counted)


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
