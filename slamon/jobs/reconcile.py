"""Reconcile: hold ConnectWise's own figures of the stored tickets against slamon's, and say where they part and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from slamon.core.assumptions import Case
from slamon.core.desk_facts import gather_facts
from slamon.core.figures import Life, Shelf
from slamon.core.instants import to_epoch
from slamon.core.lifeline import EventRow
from slamon.core.reconcile import Bench, Findings, explain, find_differences
from slamon.core.reference import Reference
from slamon.core.sla_text import SlaText, find_day_order, settle
from slamon.core.ticket import Kind, Ticket
from slamon.core.witness import Cause, Evidence
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Observer, Store

ReadText = Callable[[str, datetime, datetime], SlaText]  # text, entered at, now


AT_ONCE = 2000  # tickets compared at a time; of those that agree nothing is kept


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
    """One tenant at one instant: the findings, and the tickets that differ."""

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
    A ticket that has changed since *now*, or is changed by a poll meanwhile, is left to the next comparison.
    """
    tenant, shelf = settings.name, Shelf({}, {})
    facts = gather_facts(reference, settings.promises, (), ())
    bench = Bench(facts, shelf, to_epoch(now), goal_tolerance_seconds)
    found, differing = _compare(store, tenant, also, read_text, now, bench)
    cases = _load_cases(store, tenant, differing)
    tickets = {each.ticket.id: each.ticket for each in differing}
    moved = _moved(store, tenant, tickets)
    found = replace(found, differences=tuple(d for d in found.differences if d.ticket_id not in moved))
    facts = gather_facts(reference, settings.promises, shelf.rules.values(), shelf.terms.values())
    return Reconciliation(explain(found, cases, replace(bench, desk=facts)), tickets)


def _compare(
    store: Store, tenant: str, also: Collection[int], read_text: ReadText, now: datetime, bench: Bench
) -> tuple[Findings, list[Evidence]]:
    """Return what differs, and the tickets that do with what is told of them."""

    def text_of(ticket: Ticket) -> SlaText:
        return read_text(ticket.witness.sla_status, ticket.entered_at, now)

    order = find_day_order(text_of(ticket) for chunk in _chunks(store, tenant, also) for ticket in chunk)
    found, differing = Findings(), list[Evidence]()
    for tickets in _chunks(store, tenant, also):
        lives = _load_lives(store, tenant, tickets, bench.shelf)
        still = [t for t in tickets if t.id in lives and not _is_ahead(lives[t.id], bench.as_of)]
        told = [Evidence(t, lives[t.id], settle(text_of(t), order)) for t in still]
        part = find_differences(told, bench)
        ids = {difference.ticket_id for difference in part.differences}
        differing += [each for each in told if each.ticket.id in ids]
        found = found.plus(part)
    return found, differing


def _is_ahead(life: Life, as_of: int) -> bool:
    """Say whether a life knows more than *as_of*; a start to come is known in advance."""
    return life.written_at > as_of or any(row.at > as_of and row.kind != Kind.STARTED for row in life.rows)


def _chunks(store: Store, tenant: str, also: Collection[int]) -> Iterator[list[Ticket]]:
    """Yield the open tickets by id, and those of *also* that are closed."""
    last = -1
    while chunk := store.load_open_tickets(tenant, after=last, limit=AT_ONCE):
        yield chunk
        last = chunk[-1].id
    closed = [ticket for ticket in store.load_tickets(tenant, also).values() if ticket.closed]
    if closed:
        yield closed


def publish(observer: Observer, tenant: str, tally: Tally, now: datetime) -> None:
    """Tell the metrics what was found, all causes each time."""
    for cause, number in tally.causes.items():
        observer.set("slamon_witness_differences", number, tenant=tenant, cause=cause.value)
    observer.set("slamon_witness_tickets_compared", tally.compared, tenant=tenant)
    observer.set("slamon_witness_last_success_timestamp_seconds", now.timestamp(), tenant=tenant)


def _load_cases(store: Store, tenant: str, differing: Sequence[Evidence]) -> list[Case]:
    cases: list[Case] = []
    for begin in range(0, len(differing), AT_ONCE):
        chunk = differing[begin : begin + AT_ONCE]
        events = store.load_events_of(tenant, [each.ticket.id for each in chunk])
        cases += [Case.of(each, events[each.ticket.id]) for each in chunk]
    return cases


def _moved(store: Store, tenant: str, tickets: Mapping[int, Ticket]) -> set[int]:
    """Return the open ones of *tickets* that are not as they were when they were loaded."""
    marks = store.load_open_marks(tenant)
    return {t.id for t in tickets.values() if not t.closed and marks.get(t.id) != to_epoch(t.last_updated_at)}


def _load_lives(store: Store, tenant: str, tickets: Sequence[Ticket], shelf: Shelf) -> dict[int, Life]:
    """Return the lives of those of *tickets* that have a history; the versions they name are put on *shelf*."""
    rows: dict[int, list[EventRow]] = defaultdict(list)
    for row in store.load_history(tenant, [ticket.id for ticket in tickets]):
        rows[row.ticket_id].append(EventRow(row.at, row.kind, row.level, row.terms))
    named = {row.terms for own in rows.values() for row in own if row.terms is not None}
    terms = store.load_terms(named - shelf.terms.keys())
    shelf.add(terms, store.load_calendars({each.calendar for each in terms.values()} - shelf.rules.keys()))
    return {t.id: Life(t.id, tuple(rows[t.id]), to_epoch(t.last_updated_at)) for t in tickets if t.id in rows}
