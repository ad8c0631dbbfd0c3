"""What a desk offers besides the promise a ticket has: other calendars, zones and goals that ConnectWise may use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from slamon.core.policy import Terms
from slamon.core.promise import ALL_HOURS, Choice, PromiseSettings, choose_terms, seconds_of, source_rules
from slamon.core.reference import GoalHours, Reference, Sla
from slamon.core.rules import CalendarRules
from slamon.core.ticket import Ticket

Goals = tuple[int | None, int | None, int | None]  # business seconds, None for no goal


@dataclass(frozen=True, slots=True)
class DeskFacts:
    """The choices of one desk, the likeliest first. Without reference data they are those of the promises in use."""

    reference: Reference | None
    settings: PromiseSettings
    zones: tuple[str, ...]
    calendars: tuple[CalendarRules, ...]
    promises: tuple[Terms, ...]

    def zones_for(self, ticket: Ticket) -> Sequence[str]:
        """Return the zones, with the one of the ticket's company after the server's."""
        known = self.reference.companies.get(ticket.company.id) if self.reference and ticket.company else None
        own = [known.zone] if known is not None and known.zone else []
        return list(dict.fromkeys([*self.zones[:1], *own, *self.zones[1:]]))

    def goals_for(self, ticket: Ticket) -> list[tuple[str, Goals]]:
        """Return (whose they are, goals): rows of the ticket's own SLA, then other SLAs, then promises in use."""
        slas = list(self.reference.slas.values()) if self.reference else []
        slas.sort(key=lambda sla: (ticket.sla is None or sla.id != ticket.sla.id, sla.id))
        found = [(name, _goals(hours)) for sla in slas for name, hours in self._rows(sla, ticket)]
        found += [(f"policy {terms.policy!r}", goals_of(terms)) for terms in self.promises]
        first: dict[Goals, str] = {}
        for name, goals in found:
            first.setdefault(goals, name)
        return [(name, goals) for goals, name in first.items()]

    def own_sla(self, ticket: Ticket) -> Choice | None:
        """Return the promise of the SLA that ConnectWise names on the ticket, whatever the settings put before it."""
        if self.reference is None or ticket.sla is None or ticket.sla.id not in self.reference.slas:
            return None
        plain = replace(self.settings, rules=(), trust_source=True)
        choice = choose_terms(ticket, self.reference, plain)
        return None if choice.problem else choice

    def _rows(self, sla: Sla, ticket: Ticket) -> Iterable[tuple[str, GoalHours]]:
        """Yield the rows of an SLA: the ticket's priority, the SLA itself, then the other priorities."""
        own = ticket.priority.id if ticket.priority else None
        if own is not None and own in sla.rows:
            yield f"SLA {sla.name!r}, row of the ticket's priority", sla.rows[own]
        yield f"SLA {sla.name!r} itself", sla.goals
        for priority, hours in sla.rows.items():
            known = self.reference.priorities.get(priority) if self.reference else None
            yield f"SLA {sla.name!r}, row {known.name if known else priority}", hours


def gather_facts(
    reference: Reference | None,
    settings: PromiseSettings,
    calendars: Iterable[CalendarRules],
    promises: Iterable[Terms],
) -> DeskFacts:
    """Return what the reference data (None: not at hand), the settings and the promises in use offer."""
    named = list(calendars)
    server = reference.server_zone if reference else None
    companies = list(reference.companies.values()) if reference else []
    zones = [server, "UTC", settings.zone, *sorted(c.zone for c in companies if c.zone)]
    zones += [rules.zone for rules in (*named, *settings.calendars.values())]
    home = settings.zone or server
    source = list(reference.calendars.values()) if reference else []
    found = [source_rules(calendar, home) for calendar in source] if home else []
    for company in companies:
        own = reference.calendars.get(company.calendar_id or 0) if reference else None
        if own is not None and company.zone:
            found.append(source_rules(own, company.zone))
    found += [*settings.calendars.values(), *named, ALL_HOURS]
    return DeskFacts(
        reference,
        settings,
        tuple(dict.fromkeys(zone for zone in zones if zone)),
        tuple(dict.fromkeys(rules for rules in found if any(rules.week) or rules.openings)),
        tuple(dict.fromkeys(promises)),
    )


def goals_of(terms: Terms) -> Goals:
    return terms.respond_seconds, terms.plan_seconds, terms.resolve_seconds


def with_goals(terms: Terms, goals: Goals) -> Terms:
    return replace(terms, respond_seconds=goals[0], plan_seconds=goals[1], resolve_seconds=goals[2])


def _goals(hours: GoalHours) -> Goals:
    # ConnectWise stores "no goal" as zero hours.
    return (seconds_of(hours.respond or None), seconds_of(hours.plan or None), seconds_of(hours.resolve or None))
