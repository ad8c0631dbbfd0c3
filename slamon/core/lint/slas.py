"""SLAs and priorities: whether a ticket under each has goals, in order, and a calendar to count them on."""

from __future__ import annotations

from collections.abc import Iterator

from slamon.core.lint.finding import (
    AGREEMENTS,
    MY_COMPANY,
    PRIORITIES,
    SLAS,
    Finding,
    Rule,
    Severity,
    counted,
    listed,
)
from slamon.core.lint.view import View
from slamon.core.reference import GoalHours, Sla

NO_GOALS = Rule(
    "sla_no_goals",
    SLAS,
    "Tickets under an SLA without goals have no target: nothing about them is ever late.",
    "Give it hours to respond, plan and resolve; or, if that is meant, leave it, or let a [[policy]] with"
    " `before_source` decide.",
)
DISORDER = Rule(
    "sla_goals_disorder",
    SLAS,
    "All goals count from the start of the ticket, so a later stage cannot be due before an earlier one.",
    "Make respond the smallest and resolve the largest.",
)
NO_DEFAULT = Rule(
    "sla_no_default",
    SLAS,
    "A ticket without an agreement gets the default SLA. Without exactly one, it may get none; slamon's"
    " policies then decide.",
    "Mark one SLA as the default.",
)
NO_CALENDAR = Rule(
    "sla_no_calendar",
    SLAS,
    "A goal without a calendar cannot be counted: tickets under this SLA have no promise.",
    "Name a calendar there; or base the SLA on MyCalendar, Customer or AllHours.",
)
NO_ROW = Rule(
    "sla_no_priority_row",
    SLAS,
    "A priority without a row of its own falls to the goals of the SLA itself.",
    "Add a row for the priority where other hours are promised.",
)
NO_DEFAULT_CALENDAR = Rule(
    "default_calendar_missing",
    MY_COMPANY,
    "MyCalendar is the company's default calendar. Without one, goals on it cannot be counted.",
    "Choose a default calendar there (right: System > My Company), or write `calendar` in the policies of slamon.toml.",
)
ZONE_UNKNOWN = Rule(
    "zone_unknown",
    MY_COMPANY,
    "ConnectWise's calendars carry no time zone. Without one they cannot be read.",
    "Set `zone` of the tenant in slamon.toml.",
)
AGREEMENT_LOST = Rule(
    "agreement_sla_gone",
    AGREEMENTS,
    "The agreement promises an SLA that is not among those read: its tickets fall to slamon's policies.",
    "Choose an SLA that exists.",
)
BEYOND_ROWS = Rule(
    "priority_beyond_rows",
    PRIORITIES,
    "The default policy has goals by rank of priority; beyond its last row, the last one holds.",
    "Add a row for the rank to `priority_goals` of [default_policy].",
)
SAME_RANK = Rule(
    "priority_same_rank",
    PRIORITIES,
    "Priorities of one sort order are one rank, and get the same goals from the policies.",
    "Give each a sort order of its own.",
)
RULES = (
    *(NO_GOALS, DISORDER, NO_DEFAULT, NO_CALENDAR, NO_ROW, NO_DEFAULT_CALENDAR, ZONE_UNKNOWN),
    *(AGREEMENT_LOST, BEYOND_ROWS, SAME_RANK),
)


def lint_slas(view: View) -> Iterator[Finding]:
    """Yield what is wrong with SLAs, as far as slamon goes by them, and with agreements that name them."""
    if not view.settings.promises.trust_source or not view.read("SLAs"):
        return
    for sla in view.reference.slas.values():
        yield from _goals(view, sla)
        yield from _order(view, sla)
        yield from _rows(view, sla)
        if sla.based_on == "Custom" and view.read("calendars"):
            yield from _custom_calendar(view, sla)
    yield from _default(view)
    yield from _agreements(view)


def lint_calendar_choice(view: View) -> Iterator[Finding]:
    """Yield what keeps every goal on one of ConnectWise's calendars from being counted."""
    reference = view.reference
    slas = reference.slas.values() if view.settings.promises.trust_source else ()
    on_default = [f"SLA {sla.name!r}" for sla in slas if sla.based_on in ("MyCalendar", "Customer")]
    on_default += [f"policy {p.name!r}" for p in view.policies if p.calendar in ("MyCalendar", "Customer")]
    if on_default and reference.default_calendar_id not in reference.calendars:
        said = "may not be read" if not view.read("company defaults", "calendars") else "is not set"
        problem = f"it {said}, and these count on it: {', '.join(on_default)}"
        yield NO_DEFAULT_CALENDAR.found(Severity.ERROR, "default calendar", problem)
    if on_default and view.settings.promises.zone is None and reference.server_zone is None:
        yield ZONE_UNKNOWN.found(Severity.ERROR, "zone of the server", "it is not known, and the settings name none")


def lint_priorities(view: View) -> Iterator[Finding]:
    """Yield what is wrong with the ranks of priorities."""
    priorities = view.reference.priorities.values()
    rows, default = view.settings.promises.default.goals_by_rank, view.settings.promises.default
    for priority in priorities:
        rank = view.rank(priority)
        if rows and default.goals == GoalHours() and rank > max(rows):
            problem = f"has rank {rank}; the last row of the default policy is for rank {max(rows)}"
            yield BEYOND_ROWS.found(Severity.NOTICE, f"priority {priority.name!r}", problem)
    by_rank: dict[int, list[str]] = {}
    for priority in priorities:
        by_rank.setdefault(view.rank(priority), []).append(priority.name)
    for rank, same in by_rank.items():
        if len(same) > 1:
            yield SAME_RANK.found(Severity.NOTICE, f"rank {rank}", f"is that of {listed(same)}")


def _goals(view: View, sla: Sla) -> Iterator[Finding]:
    if not any(_hours(goals) for goals in (sla.goals, *sla.rows.values())):
        severity = Severity.WARNING if sla.id in view.promised_slas else Severity.NOTICE
        used = "it is the default one, or an agreement names it" if sla.id in view.promised_slas else "nothing names it"
        yield NO_GOALS.found(severity, _called(sla), f"has no goals, neither of its own nor by priority; {used}")


def _order(view: View, sla: Sla) -> Iterator[Finding]:
    sets = [("its own goals", sla.goals)]
    for key, goals in sla.rows.items():
        priority = view.reference.priorities.get(key)
        sets.append((f"the goals for {priority.name!r}" if priority else f"the goals for priority {key}", goals))
    for what, goals in sets:
        hours = _hours(goals)
        if hours != sorted(hours):
            shown = " / ".join("none" if not h else f"{h:g}" for h in (goals.respond, goals.plan, goals.resolve))
            problem = f"{what} are {shown} hours (respond / plan / resolve)"
            yield DISORDER.found(Severity.WARNING, _called(sla), problem)


def _rows(view: View, sla: Sla) -> Iterator[Finding]:
    missing = [p.name for p in view.reference.priorities.values() if not _hours(sla.rows.get(p.id, GoalHours()))]
    own = _hours(sla.goals)
    if not missing or not (own or any(_hours(goals) for goals in sla.rows.values())):
        return
    holds = "its own goals hold there" if own else "there is no target there, for it has no goals of its own"
    severity = Severity.NOTICE if own else Severity.WARNING
    yield NO_ROW.found(severity, _called(sla), f"no row for {listed(missing)}: {holds}")


def _custom_calendar(view: View, sla: Sla) -> Iterator[Finding]:
    if sla.custom_calendar_id is None:
        yield NO_CALENDAR.found(Severity.ERROR, _called(sla), "is based on a custom calendar and names none")
    elif sla.custom_calendar_id not in view.reference.calendars:
        problem = f"names the calendar {sla.custom_calendar_id}, which is not among the calendars"
        yield NO_CALENDAR.found(Severity.ERROR, _called(sla), problem)


def _default(view: View) -> Iterator[Finding]:
    slas = view.reference.slas.values()
    default = [sla.name for sla in slas if sla.default]
    if slas and len(default) != 1:
        problem = f"there are {len(default)}: {listed(default)}" if default else "no SLA is marked as the default"
        yield NO_DEFAULT.found(Severity.WARNING, "default SLA", problem)


def _agreements(view: View) -> Iterator[Finding]:
    lost: dict[str, list[str]] = {}
    for agreement in view.reference.agreements.values():
        if agreement.sla is not None and agreement.sla.id not in view.reference.slas:
            lost.setdefault(f"SLA {agreement.sla.name!r} ({agreement.sla.id})", []).append(agreement.name)
    for subject, agreements in lost.items():
        number = counted(len(agreements), "agreement names", "agreements name")
        yield AGREEMENT_LOST.found(Severity.WARNING, subject, f"{number} it: {listed(agreements)}")


def _hours(goals: GoalHours) -> list[float]:
    """Return the goals there are, in the order of the stages; ConnectWise writes none as zero."""
    return [hours for hours in (goals.respond, goals.plan, goals.resolve) if hours]


def _called(sla: Sla) -> str:
    return f"SLA {sla.name!r}"
