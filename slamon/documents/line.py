"""A ticket in a list: the goal to look at first, and how it stands."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from slamon.core.reading import Reading
from slamon.core.ticket import Stage, Ticket
from slamon.metrics.snapshot import read_state


class TicketLine(Struct, frozen=True, gc=False):
    """An open ticket and its most urgent goal. Seconds are business seconds, minus once over; instants are UTC.

    `state` is the goal's, as the metrics count it; `clock` is the ticket's. A paused goal has no `due_at`:
    `due_if_resumed_at` is when it would be due if the clock ran again at once.
    """

    id: int
    stage: str
    state: str
    clock: str
    remaining_seconds: int
    goal_seconds: int
    due_at: datetime | None
    due_if_resumed_at: datetime | None
    priority: str
    board: str
    company: str
    owner: str
    summary: str
    status: str


def ticket_line(ticket: Ticket, reading: Reading, stage: Stage) -> TicketLine:
    """Return the line of a ticket whose goal *stage* is still to be reached."""
    goal = reading.stage(stage)
    assert goal.goal_seconds is not None
    return TicketLine(
        id=ticket.id,
        stage=stage.label,
        state=read_state(goal) or "",
        clock=str(reading.state),
        remaining_seconds=goal.goal_seconds - goal.elapsed_seconds,
        goal_seconds=goal.goal_seconds,
        due_at=goal.due_at,
        due_if_resumed_at=goal.due_if_resumed_at,
        priority=ticket.priority.name if ticket.priority else "",
        board=ticket.board.name,
        company=ticket.company.name if ticket.company else "",
        owner=ticket.owner,
        summary=ticket.summary,
        status=ticket.status.name,
    )
