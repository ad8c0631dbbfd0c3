"""Tickets, readings and transitions to render and count, small and readable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import structs

from slamon.core.reading import ClockState, Reading, StageReading, Verdict
from slamon.core.ticket import Ref, Stage, Ticket
from slamon.core.transition import Change, Transition
from slamon.ports import Notification, TransitionRecord
from slamon.reporting.context import TicketMail

RIGA = ZoneInfo("Europe/Riga")
# A Friday afternoon, 16:40 in Riga (UTC+02:00).
NOW = datetime(2026, 11, 13, 14, 40, tzinfo=UTC)
HOUR = 3600
HOSTILE = 'Fire <script>alert("x")</script>\r\nBcc: all@example.com\x00 \u202egnp.exe\ud800 & "quotes" ' + "x" * 10_000


def ticket(number: int = 1042, **changes: object) -> Ticket:
    base = Ticket(
        id=number,
        summary="Printer on the second floor smells of smoke",
        board=Ref(1, "Help Desk"),
        status=Ref(10, "In Progress"),
        entered_at=NOW - timedelta(hours=6),
        last_updated_at=NOW - timedelta(minutes=50),
        priority=Ref(2, "Priority 2 - High"),
        priority_sort=2,
        company=Ref(20, "Acme"),
        company_identifier="acme",
        owner="jdoe",
        contact="Ann Example",
    )
    return structs.replace(base, **changes)


def stage(
    verdict: Verdict = Verdict.RUNNING, *, elapsed: int = 0, goal: int | None = 4 * HOUR, **changes: object
) -> StageReading:
    base = StageReading(
        verdict, elapsed, goal, due_at=None if goal is None else NOW + timedelta(seconds=goal - elapsed)
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def reading(
    number: int = 1042,
    *,
    respond: StageReading | None = None,
    plan: StageReading | None = None,
    resolve: StageReading | None = None,
    **changes: object,
) -> Reading:
    met = stage(Verdict.MET, elapsed=600, goal=HOUR, reached_at=NOW - timedelta(hours=5))
    stages = (respond or met, plan or met, resolve or stage(elapsed=12_900))
    base = Reading(number, NOW, ClockState.RUNNING, 12_900, 4200, NOW - timedelta(hours=6), 1, stages, terms="gold-1")
    return replace(base, **changes)  # type: ignore[arg-type]


def transition(
    change: Change = Change.NEAR_BREACH, number: int = 1042, at: Stage = Stage.RESOLVE, **changes: object
) -> Transition:
    base = Transition(number, at, change, NOW, 1, 4 * HOUR, 12_900, NOW + timedelta(minutes=25))
    return replace(base, **changes)  # type: ignore[arg-type]


def record(
    change: Change, number: int = 1042, at: Stage = Stage.RESOLVE, of: Ticket | None = None, **changes: object
) -> TransitionRecord:
    return TransitionRecord(transition(change, number, at, **changes), NOW, of or ticket(number))


def near_breach(**changes: object) -> TicketMail:
    base = TicketMail(
        ticket=ticket(),
        reading=reading(),
        transition=transition(),
        policy_name="Gold",
        calendar_name="Office Riga",
        zone=RIGA,
        ticket_url="https://psa.example.com/service?recid=1042",
        why_lines=("ConnectWise's SLA Gold applies to Acme; Priority 2 has a goal of 4 h to resolve.",),
        tenant="main",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def breach(**changes: object) -> TicketMail:
    over = stage(
        Verdict.BREACHED,
        elapsed=4 * HOUR + 360,
        due_at=NOW - timedelta(minutes=6),
        breached_at=NOW - timedelta(minutes=6),
    )
    told = transition(Change.BREACHED, due_at=NOW - timedelta(minutes=6), elapsed_seconds=4 * HOUR + 360)
    return replace(near_breach(reading=reading(resolve=over), transition=told), **changes)  # type: ignore[arg-type]


def paused(**changes: object) -> TicketMail:
    waiting = stage(
        Verdict.PAUSED, elapsed=12_900, due_at=None, due_if_resumed_at=NOW + timedelta(minutes=25), at_risk=True
    )
    standing = reading(resolve=waiting, state=ClockState.PAUSED)
    return replace(near_breach(reading=standing, ticket=ticket(status=Ref(11, "Waiting Customer"))), **changes)  # type: ignore[arg-type]


def notification(**changes: object) -> Notification:
    base = Notification(
        key="main/1042/resolve/near_breach/1",
        tenant="main",
        kind="near_breach",
        recipient="lead@example.com",
        subject="Ticket 1042 (Acme): resolve due in 25 min of business time",
        text="Ticket 1042\n",
        html="<p>Ticket 1042</p>",
        message_id="<0123456789abcdef@example.com>",
        created_at=NOW,
        ticket_id=1042,
    )
    return replace(base, **changes)  # type: ignore[arg-type]
