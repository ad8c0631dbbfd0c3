"""Which promise holds for a ticket: the policy that won, why the others lost, its goals and its calendar."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slamon.core.policy import NO_PERCENTS, Change, Percents, Reopen, Terms
from slamon.core.reference import GoalHours, Reference, Sla, SourceCalendar
from slamon.core.rules import DAY_SECONDS, CalendarRules, DatedSpan, Window
from slamon.core.ticket import Ref, Ticket
from slamon.core.versions import version_of

ALL_HOURS = CalendarRules("AllHours", "UTC", ((Window(0, DAY_SECONDS),),) * 7)


@dataclass(frozen=True, slots=True)
class Match:
    """Conditions of a rule; an empty one matches nothing. All that are given must hold, each by name or id."""

    company: tuple[str, ...] = ()
    company_field: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    agreement: tuple[str, ...] = ()
    board: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    priority_rank: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """A policy of the settings. The row of a priority's rank wins over `goals`."""

    name: str
    match: Match = field(default_factory=Match)
    calendar: str = "MyCalendar"  # or Customer, AllHours, or the name of a calendar of the settings
    goals: GoalHours = field(default_factory=GoalHours)
    goals_by_rank: Mapping[int, GoalHours] = field(default_factory=dict)
    before_source: bool = False
    warn_percent: int = 75
    warn_left_seconds: int = 0
    change: Change = "same_start"
    reopen: Reopen = "resume"
    reopen_grace_seconds: int = 0
    waiting_responds: bool = False
    stage_warns: tuple[tuple[int, int], ...] = ()  # as in Terms


@dataclass(frozen=True, slots=True)
class PromiseSettings:
    """What the settings say of promises. The default policy's knobs also hold for SLAs of ConnectWise.

    `percents` hold for the policies of that name whatever ConnectWise says, `percents_else` where nobody says any.
    """

    default: PolicyRule
    rules: tuple[PolicyRule, ...] = ()
    calendars: Mapping[str, CalendarRules] = field(default_factory=dict)
    zone: str | None = None
    rank_by_id: bool = False
    trust_source: bool = True
    percents: Mapping[str, Percents] = field(default_factory=dict)
    percents_else: Percents = NO_PERCENTS

    def percents_of(self, policy: str, source: Percents = NO_PERCENTS) -> Percents:
        """Return how many goals of a hundred are to be met under *policy*, of which ConnectWise says *source*."""
        return self.percents.get(policy, NO_PERCENTS).over(source).over(self.percents_else)


@dataclass(frozen=True, slots=True)
class Choice:
    """The terms for one ticket, the calendar they name, and the reasons, one line each.

    `problem` says why no promise could be chosen; the terms then have no targets.
    """

    terms: Terms
    calendar: CalendarRules
    why: tuple[str, ...]
    problem: str = ""


class _NoPromiseError(Exception):
    """A policy was chosen but cannot be kept: no calendar, no zone, no priority."""


def choose_terms(ticket: Ticket, reference: Reference, settings: PromiseSettings) -> Choice:
    """Return the promise for *ticket*: own rules put first, ConnectWise's SLA, other rules, the default."""
    why: list[str] = []
    rank = _rank(ticket, reference, settings.rank_by_id)
    try:
        early = _first_fit([r for r in settings.rules if r.before_source], ticket, reference, rank, why)
        if early is not None:
            return _by_rule(early, ticket, reference, settings, rank, why)
        sla = _source_sla(ticket, reference, settings, why)
        if sla is not None:
            return _by_sla(sla, ticket, reference, settings, why)
        late = _first_fit([r for r in settings.rules if not r.before_source], ticket, reference, rank, why)
        if late is None:
            why.append("default policy: no rule fitted")
        return _by_rule(late or settings.default, ticket, reference, settings, rank, why)
    except _NoPromiseError as error:
        why.append(str(error))
        terms = Terms("none", version_of(ALL_HOURS))
        return Choice(terms, ALL_HOURS, tuple(why), problem=str(error))


def _source_sla(ticket: Ticket, reference: Reference, settings: PromiseSettings, why: list[str]) -> Sla | None:
    if ticket.sla is None:
        why.append("ConnectWise names no SLA on the ticket")
        return None
    if not settings.trust_source:
        why.append(f"SLA {ticket.sla.name!r} of ConnectWise is set aside by the settings")
        return None
    sla = reference.slas.get(ticket.sla.id)
    if sla is None:
        why.append(f"SLA {ticket.sla.name!r} of the ticket is not among the SLAs of ConnectWise")
    return sla


def _by_sla(sla: Sla, ticket: Ticket, reference: Reference, settings: PromiseSettings, why: list[str]) -> Choice:
    row = sla.rows.get(ticket.priority.id) if ticket.priority else None
    why.append(f"SLA {sla.name!r} of ConnectWise stands on the ticket")
    if row is not None and ticket.priority is not None:
        why.append(f"goals from its row for priority {ticket.priority.name!r}")
    else:
        why.append("goals from the SLA itself: it has no row for the ticket's priority")
    named = {
        "Custom": _source_calendar(sla.custom_calendar_id, reference),
        "MyCalendar": _source_calendar(reference.default_calendar_id, reference),
    }
    calendar = (
        _pick_calendar(sla.based_on, ticket, reference, settings, why)
        if sla.based_on in ("Customer", "AllHours")
        else _zoned(named[sla.based_on], sla.based_on, reference, settings, why)
    )
    # ConnectWise stores "no goal" as zero hours.
    goals = row or sla.goals
    hours = GoalHours(goals.respond or None, goals.plan or None, goals.resolve or None)
    name = f"sla:{sla.name}"
    percents = settings.percents_of(name, sla.percents_for(ticket.priority.id if ticket.priority else None))
    return _choice(name, hours, calendar, settings.default, percents, why)


def _by_rule(
    rule: PolicyRule,
    ticket: Ticket,
    reference: Reference,
    settings: PromiseSettings,
    rank: int | None,
    why: list[str],
) -> Choice:
    goals = _goals_of(rule, rank, why)
    calendar = _pick_calendar(rule.calendar, ticket, reference, settings, why)
    return _choice(rule.name, goals, calendar, rule, settings.percents_of(rule.name), why)


def _goals_of(rule: PolicyRule, rank: int | None, why: list[str]) -> GoalHours:
    """Return the row of the ticket's priority rank, else the rule's goals, else the next less urgent row."""
    rows = rule.goals_by_rank
    if rank is not None and rank in rows:
        why.append(f"goals for priority rank {rank}")
        return rows[rank]
    if not rows or rule.goals != GoalHours():
        return rule.goals
    if rank is None:
        raise _NoPromiseError(f"policy {rule.name!r} goes by priority, and the ticket has none")
    row = min((known for known in rows if known > rank), default=max(rows))
    why.append(f"goals for priority rank {rank}: no row of its own, row {row} holds")
    return rows[row]


def _choice(
    policy: str, goals: GoalHours, calendar: CalendarRules, knobs: PolicyRule, percents: Percents, why: list[str]
) -> Choice:
    if not any(calendar.week) and not calendar.openings:
        raise _NoPromiseError(f"calendar {calendar.name!r} never opens; give it hours in ConnectWise")
    terms = Terms(
        policy=policy,
        calendar=version_of(calendar),
        respond_seconds=seconds_of(goals.respond),
        plan_seconds=seconds_of(goals.plan),
        resolve_seconds=seconds_of(goals.resolve),
        warn_percent=knobs.warn_percent,
        warn_left_seconds=knobs.warn_left_seconds,
        change=knobs.change,
        reopen=knobs.reopen,
        reopen_grace_seconds=knobs.reopen_grace_seconds,
        waiting_responds=knobs.waiting_responds,
        percents=percents,
        stage_warns=knobs.stage_warns,
    )
    return Choice(terms, calendar, tuple(why))


def _pick_calendar(
    name: str, ticket: Ticket, reference: Reference, settings: PromiseSettings, why: list[str]
) -> CalendarRules:
    if name == "AllHours":
        return ALL_HOURS
    if name in settings.calendars:
        why.append(f"calendar {name!r} of the settings")
        return settings.calendars[name]
    company = reference.companies.get(ticket.company.id) if ticket.company else None
    if name == "Customer" and company is not None and company.calendar_id in reference.calendars:
        found = _source_calendar(company.calendar_id, reference)
        return _zoned(found, "Customer", reference, settings, why, company.zone)
    if name == "Customer":
        why.append("the company has no calendar of its own; MyCalendar holds")
    found = _source_calendar(reference.default_calendar_id, reference)
    return _zoned(found, "MyCalendar", reference, settings, why)


def _source_calendar(calendar_id: int | None, reference: Reference) -> SourceCalendar | None:
    return None if calendar_id is None else reference.calendars.get(calendar_id)


def _zoned(
    calendar: SourceCalendar | None,
    based_on: str,
    reference: Reference,
    settings: PromiseSettings,
    why: list[str],
    company_zone: str | None = None,
) -> CalendarRules:
    """Return a ConnectWise calendar in the zone it is read in; they carry none of their own."""
    if calendar is None:
        raise _NoPromiseError(f"{based_on}: ConnectWise names no such calendar; set one there")
    zone = company_zone or settings.zone or reference.server_zone
    if zone is None:
        raise _NoPromiseError(
            f"calendar {calendar.name!r}: no time zone is known; set `zone` for the tenant in slamon.toml"
        )
    why.append(f"calendar {calendar.name!r} ({based_on}) read in {zone}")
    return source_rules(calendar, zone)


def source_rules(calendar: SourceCalendar, zone: str) -> CalendarRules:
    """Return the rules of a ConnectWise calendar, read in *zone*."""
    return CalendarRules(
        name=calendar.name,
        zone=zone,
        week=tuple((window,) if window else () for window in calendar.week),
        holidays=tuple(
            DatedSpan(h.on, h.window or Window(0, DAY_SECONDS), h.name)
            for h in sorted(calendar.holidays, key=lambda h: (h.on, h.name))
        ),
    )


def _first_fit(
    rules: Sequence[PolicyRule], ticket: Ticket, reference: Reference, rank: int | None, why: list[str]
) -> PolicyRule | None:
    for rule in rules:
        lost = _misfit(rule.match, ticket, reference, rank)
        why.append(f"policy {rule.name!r}: {lost or 'fits'}")
        if not lost:
            return rule
    return None


def _misfit(match: Match, ticket: Ticket, reference: Reference, rank: int | None) -> str:
    """Return why *match* does not fit, or an empty text. A match without any condition fits nothing."""
    company = reference.companies.get(ticket.company.id) if ticket.company else None
    asked: list[tuple[str, tuple[str, ...], list[str]]] = [
        ("company", match.company, [*_names(ticket.company), ticket.company_identifier] if ticket.company else []),
        ("agreement", match.agreement, _names(ticket.agreement)),
        ("board", match.board, _names(ticket.board)),
        ("type", match.type, _names(ticket.type)),
        ("priority", match.priority, _names(ticket.priority)),
    ]
    fields = company.custom_fields if company else {}
    asked += [(f"company field {k!r}", v, [fields[k]] if k in fields else []) for k, v in match.company_field.items()]
    if not any(wanted for _, wanted, _ in asked) and not match.priority_rank:
        return "has no condition"
    for what, wanted, have in asked:
        if wanted and not {w.casefold() for w in wanted} & {h.casefold() for h in have}:
            return f"{what} is {have[0]!r}" if have else f"the ticket has no {what}"
    if match.priority_rank and rank not in match.priority_rank:
        return f"priority rank is {rank}"
    return ""


def _names(ref: Ref | None) -> list[str]:
    """Return what a setting may call *ref*: its name, or its id."""
    return [] if ref is None else [ref.name, str(ref.id)]


def _rank(ticket: Ticket, reference: Reference, by_id: bool) -> int | None:
    """Return 1 for the most urgent priority, 2 for the next...; None without a known priority."""
    if ticket.priority is None:
        return None
    if by_id:
        return ticket.priority.id
    known = reference.priorities.get(ticket.priority.id)
    sort = known.sort if known is not None else ticket.priority_sort
    if sort is None:
        return None
    return 1 + len({p.sort for p in reference.priorities.values() if p.sort < sort})


def seconds_of(hours: float | None) -> int | None:
    """Return *hours* in whole seconds, None for no target; the settings refuse what is not a length of time."""
    return None if hours is None or not math.isfinite(hours) else round(hours * 3600)
