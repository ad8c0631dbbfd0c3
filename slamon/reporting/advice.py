"""The sentences of a ticket's mail that depend on where it stands: its headline, its pauses, and what to do."""

from __future__ import annotations

from datetime import timedelta

from slamon.core.ticket import Stage
from slamon.reporting.context import TicketMail
from slamon.reporting.words import business_time, wall_time

_NEXT_STEP = {
    Stage.RESPOND: "Answer the customer and move the ticket to a status that counts as responded.",
    Stage.PLAN: "Agree a plan with the customer and move the ticket to a status that counts as planned.",
    Stage.RESOLVE: "Resolve the ticket, or hand it to somebody who can.",
}


def headline(mail: TicketMail) -> str:
    """Return where the goal stands, to follow the stage's name: `due in 25 min of business time`."""
    left = mail.remaining_seconds
    if mail.standing == "none" or left is None:
        return "goal breached" if mail.is_breach else "near breach"
    time = f"{business_time(left)} of business time"
    if mail.standing == "due":
        return f"due in {time}" if left else "due now"
    if mail.standing == "paused":
        return f"paused with {time} left" if left else "paused with no business time left"
    if mail.standing == "over":
        return f"breached, {time} over" if left <= -60 else "breached just now"
    return f"reached, {time} too late" if mail.standing == "missed" else f"reached with {time} left"


def advice(mail: TicketMail) -> list[str]:
    """Return what the reader can do now, the first thing first; nothing once the goal is reached."""
    if mail.standing in ("met", "missed", "none"):
        return []
    steps = [] if mail.ticket.owner else ["Nobody owns this ticket: assign it first."]
    steps.append(_NEXT_STEP[mail.stage])
    if mail.standing == "over":
        grows = "the clock is paused at the moment" if mail.is_paused else "the time over still grows"
        steps.append(f"Tell the customer when to expect it. The breach stays on record; {grows}.")
    elif mail.is_paused:
        steps.append("The clock stands while the ticket waits. It runs again as soon as the status changes back.")
    elif mail.stage is Stage.RESOLVE:
        steps.append("If it waits for the customer or a vendor, set a waiting status: the clock then stands.")
    return steps


def paused(mail: TicketMail) -> str:
    """Return how long the ticket has waited: by the wall clock, and how much of that was open time, where known."""
    seconds = mail.reading.paused_seconds
    if not seconds:
        return "waiting since just now" if mail.is_paused else "never"
    waited = mail.account.waited_seconds
    opened = f", {business_time(waited, up=True)} of it open time" if waited else ""
    return (
        f"{wall_time(timedelta(seconds=seconds))} by the wall clock{opened}{'; waiting now' if mail.is_paused else ''}"
    )
