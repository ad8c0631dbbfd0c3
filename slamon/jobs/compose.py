"""From the store to a ticket's mail: its facts, its ledger, and where the reader finds more."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from slamon.core.ledger import Ledger
from slamon.core.reading import Reading
from slamon.core.ticket import STAGES, Stage
from slamon.core.transition import Change, Transition
from slamon.jobs.ledgers import load_ledger
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Store
from slamon.reporting.account import account_of
from slamon.reporting.context import TicketMail


def compose_ticket_mail(
    store: Store,
    settings: TenantSettings,
    zone: ZoneInfo,
    transition: Transition,
    reading: Reading,
    blind: tuple[datetime, datetime] | None = None,
) -> TicketMail:
    """Return the mail that tells of *transition*, of a stored ticket, as its goal stands in *reading*."""
    ticket = store.load_tickets(settings.name, [transition.ticket_id])[transition.ticket_id]
    ledger = load_ledger(store, settings.name, ticket.id, reading.as_of)
    left = reading.stage(transition.stage).remaining_seconds
    account = account_of(ledger, zone, up=left is not None and left >= 0)
    return TicketMail(
        ticket=ticket,
        reading=reading,
        transition=transition,
        policy_name=ledger.terms.policy,
        calendar_name=ledger.calendar.name,
        zone=zone,
        ticket_url=settings.link(ticket),
        page_url=settings.page(ticket),
        why_lines=account.why_lines,
        account=account,
        tenant=settings.name,
        blind=blind,
    )


def compose_preview(
    store: Store, settings: TenantSettings, ledger: Ledger, change: Change, stage: Stage | None
) -> TicketMail:
    """Return the mail that *change* would be told with, as the ticket of *ledger* stands; nothing need have happened.

    Without *stage* it is about the open goal with the least time left.
    """
    reading = ledger.reading
    about = most_urgent(reading) if stage is None else stage
    goal = reading.stage(about)
    happened_at = goal.breached_at if change is Change.BREACHED else goal.at_risk_at
    transition = Transition(
        ticket_id=reading.ticket_id,
        stage=about,
        change=change,
        at=min(happened_at or reading.as_of, reading.as_of),
        version=goal.version,
        goal_seconds=goal.goal_seconds,
        elapsed_seconds=goal.elapsed_seconds,
        due_at=goal.due_at,
    )
    zone = ZoneInfo(settings.zone or ledger.calendar.zone)
    return compose_ticket_mail(store, settings, zone, transition, reading)


def most_urgent(reading: Reading) -> Stage:
    """Return the open stage with the least business time left; resolve where none is open."""
    left = {
        stage: goal.remaining_seconds
        for stage in STAGES
        for goal in (reading.stage(stage),)
        if goal.is_open and goal.remaining_seconds is not None
    }
    return min(left, key=lambda stage: left[stage], default=Stage.RESOLVE)
