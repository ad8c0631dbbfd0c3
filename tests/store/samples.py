"""Values to store, small and readable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import structs

from slamon.core.reading import ClockState, Reading, StageReading, Verdict
from slamon.core.ticket import Event, Kind, Level, Origin, Ref, Stage, Ticket, Witness
from slamon.core.transition import Change, Transition
from slamon.ports import Notification, Poll

MAIN = "main"
NOW = datetime(2026, 11, 13, 14, 40, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def ticket(number: int = 1, **changes: Any) -> Ticket:
    base = Ticket(
        id=number,
        summary=f"Printer {number} smells of smoke",
        board=Ref(1, "Help Desk"),
        status=Ref(10, "In Progress"),
        entered_at=NOW - 6 * HOUR,
        last_updated_at=NOW - 50 * MINUTE,
        priority=Ref(2, "Priority 2 - High"),
        priority_sort=2,
        company=Ref(20, "Acme"),
        company_identifier="acme",
        agreement=Ref(30, "Gold"),
        owner="jdoe",
        custom_fields=(("SLA Tier", "Gold"),),
        witness=Witness(sla_status="Resolve by Fri", is_in_sla=True, resolve_goal_at=NOW + HOUR, resolve_minutes=480),
    )
    return structs.replace(base, **changes)


def event(number: int = 1, at: datetime = NOW - 6 * HOUR, kind: Kind = Kind.STATUS, **changes: Any) -> Event:
    base = Event(ticket_id=number, kind=kind, at=at, not_before=at, origin=Origin.POLL, level=Level.RESPONDED)
    return replace(base, **changes)


def entered(number: int = 1) -> Event:
    return event(number, kind=Kind.ENTERED, origin=Origin.CONNECTWISE, id=10, name="New", level=Level.NOT_RESPONDED)


def poll(at: datetime = NOW, **changes: Any) -> Poll:
    base = Poll(tenant=MAIN, started_at=at - MINUTE, finished_at=at, result="ok", seen=3, changed=1, watermark=at)
    return replace(base, **changes)


def reading(number: int = 1, as_of: datetime = NOW, **changes: Any) -> Reading:
    reached = StageReading(
        Verdict.MET, 1800, 3600, reached_at=NOW - 5 * HOUR, due_at=NOW - 4 * HOUR, at_risk_at=NOW - 5 * HOUR, version=1
    )
    late = StageReading(Verdict.BREACHED, 7201, 7200, due_at=NOW, breached_at=NOW, at_risk=True, version=2)
    waits = StageReading(Verdict.PAUSED, 7201, None, due_if_resumed_at=NOW + HOUR)
    base = Reading(
        ticket_id=number,
        as_of=as_of,
        state=ClockState.PAUSED,
        elapsed_seconds=7201,
        paused_seconds=60,
        started_at=NOW - 6 * HOUR,
        cycle=1,
        stages=(reached, late, waits),
        terms="0123456789abcdef",
        next_change_at=NOW + HOUR,
        note="",
    )
    return replace(base, **changes)


def transition(number: int = 1, change: Change = Change.BREACHED, **changes: Any) -> Transition:
    base = Transition(number, Stage.RESOLVE, change, NOW, 1, 7200, 7201, NOW, reason="goal passed")
    return replace(base, **changes)


def note(key: str = "main/1/2/breached/1/a@example.com", **changes: Any) -> Notification:
    base = Notification(
        key=key,
        tenant=MAIN,
        kind="breached",
        recipient="a@example.com",
        subject="Ticket 1 is late",
        text="It is late.",
        html="<p>It is late.</p>",
        message_id="<1@slamon>",
        created_at=NOW,
        ticket_id=1,
    )
    return replace(base, **changes)
