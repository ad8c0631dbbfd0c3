"""What a report says of the tickets it lists: stories, names, excuses, reasons, and what was promised."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from slamon.clean import clean_line
from slamon.core.attainment import Bin
from slamon.core.goals import NEVER
from slamon.core.instants import to_epoch
from slamon.core.intervention import standing
from slamon.core.ticket import STAGES, Kind
from slamon.jobs.stories import Wanted, load_stories, wanted_of
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Store
from slamon.reports.changed import flips_first
from slamon.reports.kinds import Kind as ReportKind
from slamon.reports.material import Break, Breaks, Excuse, Material, Rule, TicketFacts
from slamon.reports.picks import due_lines, excluded_lines, missed_lines, over_lines, paused_lines

MOST_SUMMARY = 200  # letters
MOST_LISTED = 500  # goals of each list of which tickets are loaded


def with_details(
    store: Store, settings: TenantSettings, known_at: datetime, kind: ReportKind, material: Material
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
        tickets=load_tickets(store, settings, _listed(material, wanted), known_at),
        excuses=load_excuses(store, settings.name, excused, known_at),
        reasons=_reasons(store, settings.name, unjudged, known_at),
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
