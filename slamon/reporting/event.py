"""From what a mail says to the same as data, for programs: built once, and frozen in the outbox."""

from __future__ import annotations

from slamon.clean import clean_line
from slamon.core.alert_key import AlertKey
from slamon.core.ticket import Ref
from slamon.ports.event import Event, EventLinks, EventTicket
from slamon.reporting.context import TicketMail

SUMMARY_LIMIT = 300


def event_of(mail: TicketMail, key: AlertKey, *, threshold: str = "") -> Event:
    """Return the event that *mail* tells; whatever the ticket's texts hold, it encodes to UTF-8."""
    goal, told = mail.goal, mail.transition
    return Event(
        key=key.event,
        kind=str(told.change),
        tenant=mail.tenant,
        stage=told.stage.label,
        threshold=threshold,
        state=str(goal.verdict),
        at=told.at,
        as_of=mail.reading.as_of,
        due_at=mail.due_at,
        goal_seconds=mail.goal_seconds,
        elapsed_seconds=goal.elapsed_seconds,
        remaining_seconds=mail.remaining_seconds,
        deadline_version=told.version,
        policy=clean_line(mail.policy_name),
        calendar=clean_line(mail.calendar_name),
        ticket=_ticket(mail),
        links=EventLinks(ticket=mail.link, explanation=mail.page_link),
        why=[clean_line(line) for line in mail.why_lines],
    )


def _ticket(mail: TicketMail) -> EventTicket:
    ticket = mail.ticket
    return EventTicket(
        id=ticket.id,
        summary=clean_line(ticket.summary, SUMMARY_LIMIT),
        company=_name(ticket.company),
        board=_name(ticket.board),
        priority=_name(ticket.priority),
        status=_name(ticket.status),
        owner=clean_line(ticket.owner),
    )


def _name(ref: Ref | None) -> str:
    return clean_line(ref.name) if ref else ""
