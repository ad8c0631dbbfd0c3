"""Reconcile: hold ConnectWise's own figures of the stored tickets against slamon's, and say where they part and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from slamon.core.assumptions import Case
from slamon.core.desk_facts import gather_facts
from slamon.core.figures import Life, Shelf
from slamon.core.instants import to_epoch
from slamon.core.lifeline import EventRow
from slamon.core.reconcile import Bench, Findings, explain, find_differences, settle_texts
from slamon.core.reference import Reference
from slamon.core.sla_text import SlaText
from slamon.core.ticket import Ticket
from slamon.core.witness import Cause, Evidence
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Observer, Store

ReadText = Callable[[str, datetime, datetime], SlaText]  # text, entered at, now


EVENTS_AT_ONCE = 2000  # tickets whose events are loaded with one query


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of one comparison: tickets compared, and differences by cause, all causes."""

    compared: int
    causes: Mapping[Cause, int]

    @classmethod
    def of(cls, findings: Findings) -> Tally:
        return cls(findings.compared, findings.count_causes())


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One tenant at one instant: the findings, and the tickets they tell of."""

    findings: Findings
    tickets: Mapping[int, Ticket] = field(default_factory=dict)


def known_reference(store: Store, tenant: str) -> Reference | None:
    """Return the reference data by which the last good poll went, None if none is stored."""
    last = store.load_last_poll(tenant, successful=True)
    return store.load_reference(last.reference) if last and last.reference else None


def reconcile(
    store: Store,
    settings: TenantSettings,
    reference: Reference | None,
    read_text: ReadText,
    now: datetime,
    *,
    also: Collection[int] = (),
    goal_tolerance_seconds: int = 0,
) -> Reconciliation:
    """Compare every open ticket of the store at *now*, and those of *also* whatever their state.

    Without *reference* the causes tried are those that the settings and the promises in use offer.
    A ticket that a poll changes meanwhile is left to the next comparison.
    """
    tenant = settings.name
    tickets = store.load_tickets(tenant, store.load_open_ids(tenant) | set(also))
    told, shelf = _load(store, tenant, tickets, read_text, now)
    desk = gather_facts(reference, settings.promises, shelf.rules.values(), shelf.terms.values())
    bench = Bench(desk, shelf, to_epoch(now), goal_tolerance_seconds)
    told = settle_texts(told)
    findings = find_differences(told, bench)
    cases = _load_cases(store, tenant, told, {difference.ticket_id for difference in findings.differences})
    moved = _moved(store, tenant, tickets)
    findings = replace(findings, differences=tuple(d for d in findings.differences if d.ticket_id not in moved))
    return Reconciliation(explain(findings, cases, bench), tickets)


def publish(observer: Observer, tenant: str, tally: Tally, now: datetime) -> None:
    """Tell the metrics what was found, all causes each time."""
    for cause, number in tally.causes.items():
        observer.set("slamon_witness_differences", number, tenant=tenant, cause=cause.value)
    observer.set("slamon_witness_tickets_compared", tally.compared, tenant=tenant)
    observer.set("slamon_witness_last_success_timestamp_seconds", now.timestamp(), tenant=tenant)


def _load_cases(store: Store, tenant: str, told: Sequence[Evidence], differing: Collection[int]) -> list[Case]:
    wanted = [each for each in told if each.ticket.id in differing]
    cases: list[Case] = []
    for begin in range(0, len(wanted), EVENTS_AT_ONCE):
        chunk = wanted[begin : begin + EVENTS_AT_ONCE]
        events = store.load_events_of(tenant, [each.ticket.id for each in chunk])
        cases += [Case.of(each, events[each.ticket.id]) for each in chunk]
    return cases


def _moved(store: Store, tenant: str, tickets: Mapping[int, Ticket]) -> set[int]:
    """Return the open ones of *tickets* that are not as they were when they were loaded."""
    marks = store.load_open_marks(tenant)
    return {t.id for t in tickets.values() if not t.closed and marks.get(t.id) != to_epoch(t.last_updated_at)}


def _load(
    store: Store, tenant: str, tickets: Mapping[int, Ticket], read_text: ReadText, now: datetime
) -> tuple[list[Evidence], Shelf]:
    rows: dict[int, list[EventRow]] = defaultdict(list)
    for row in store.load_history(tenant, list(tickets)):
        rows[row.ticket_id].append(EventRow(row.at, row.kind, row.level, row.terms))
    terms = store.load_terms({row.terms for own in rows.values() for row in own if row.terms is not None})
    calendars = store.load_calendars({each.calendar for each in terms.values()})
    told = [
        Evidence(
            ticket,
            Life(ticket.id, tuple(rows[ticket.id]), to_epoch(ticket.last_updated_at)),
            read_text(ticket.witness.sla_status, ticket.entered_at, now),
        )
        for ticket in sorted(tickets.values(), key=lambda ticket: ticket.id)
        if ticket.id in rows
    ]
    return told, Shelf(terms, calendars)
