"""Sample data for every kind of mail: what `slamon preview` shows, and what templates are tried on.

Times are fixed: a Friday afternoon in Riga. Each kind has a calm sample and a hostile one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs

from slamon.core.reading import ClockState, Reading, StageReading, Verdict
from slamon.core.ticket import Ref, Stage, Ticket
from slamon.core.transition import Change, Transition
from slamon.reporting.account import Account, AccountLine
from slamon.reporting.context import (
    BlindMail,
    DueRow,
    SightedMail,
    StoredMail,
    TicketMail,
    TrialMail,
    UnstoredMail,
)
from slamon.reporting.digest import Digest, DigestRow
from slamon.reporting.restored import RestoredMail, RestoredRow
from slamon.reporting.words import business_time, short_instant

Values = Mapping[str, object]  # what a template is given, by name

ZONE = ZoneInfo("Europe/Riga")
NOW = datetime(2026, 11, 13, 14, 40, tzinfo=UTC)
HOUR = 3600
MINUTES = timedelta(minutes=1)
HOSTILE = (
    "</td></table><script>alert(1)</script> <img src=x onerror=alert(1)> {{ 7 * 7 }} {% include 'x' %}\r\n"
    "Bcc: all@example.com\x00\x1b[31m \u202egnp.exe \ud800 & \"quotes\" 'ticks' -->]]> " + "W" * 3000
)


def _ticket(number: int = 1042, **changes: object) -> Ticket:
    base = Ticket(
        id=number,
        summary="Printer on the second floor smells of smoke",
        board=Ref(1, "Service Desk"),
        status=Ref(10, "In Progress"),
        entered_at=NOW - timedelta(hours=29, minutes=40),
        last_updated_at=NOW - 50 * MINUTES,
        priority=Ref(2, "Priority 2 - High"),
        priority_sort=2,
        company=Ref(20, "Larkspur Dental Group"),
        owner="jdoe",
        contact="Ann Example",
    )
    return structs.replace(base, **changes)


def _hostile_ticket(number: int = 1042) -> Ticket:
    ref = Ref(1, HOSTILE)
    return _ticket(
        number, summary=HOSTILE, board=ref, status=ref, priority=ref, company=ref, owner=HOSTILE, contact=HOSTILE
    )


def _line(begins: int, ends: int, reason: str = "open", status: str = "In Progress") -> AccountLine:
    """Return a line between two numbers of minutes before NOW."""
    seconds = (begins - ends) * 60
    counted = seconds if reason == "open" else 0
    return AccountLine(NOW - begins * MINUTES, NOW - ends * MINUTES, reason, status, counted, seconds)


def _account(first_minutes: int) -> Account:
    """Return the account of a ticket that came so long before Thursday's closing at 17:00. Friday has a lunch break."""
    lines = (
        _line(1420 + first_minutes, 1420, status="New"),
        _line(460, 445, status="New"),
        _line(445, 375, "waiting", "Waiting Customer"),
        _line(375, 280),
        _line(220, 0),
    )
    counted = sum(line.counted_seconds for line in lines)
    return Account(
        why_lines=(
            f"{business_time(counted)} counted since {short_instant(lines[0].begins_at, ZONE)}",
            "open time that did not count: 1 h 10 min waited (Waiting Customer)",
            "closed for 17 h of that time",
            "SLA 'Silver' of ConnectWise stands on the ticket",
            "goals from its row for priority 'Priority 2 - High'",
            "calendar 'Office Riga' (MyCalendar) read in Europe/Riga",
        ),
        lines=lines,
        counted_seconds=counted,
        waited_seconds=4200,
    )


def _stage(
    verdict: Verdict = Verdict.RUNNING, elapsed: int = 335 * 60, goal: int | None = 6 * HOUR, **changes: object
) -> StageReading:
    due = None if goal is None else NOW + timedelta(seconds=goal - elapsed)
    return replace(StageReading(verdict, elapsed, goal, due_at=due, at_risk=True), **changes)  # type: ignore[arg-type]


def _ticket_mail(
    goal: StageReading,
    change: Change = Change.NEAR_BREACH,
    state: ClockState = ClockState.RUNNING,
    **changes: object,
) -> TicketMail:
    met = StageReading(Verdict.MET, 600, HOUR, reached_at=NOW - timedelta(hours=29))
    account = _account(5 if change is Change.NEAR_BREACH else 56)
    started = account.lines[0].begins_at
    reading = Reading(1042, NOW, state, goal.elapsed_seconds, 4200, started, 1, (met, met, goal), "")
    at = goal.breached_at or NOW - 35 * MINUTES
    base = TicketMail(
        ticket=_ticket(),
        reading=reading,
        transition=Transition(1042, Stage.RESOLVE, change, at, 1, goal.goal_seconds, goal.elapsed_seconds, goal.due_at),
        policy_name="sla:Silver",
        calendar_name="Office Riga",
        zone=ZONE,
        ticket_url="https://psa.example.com/service?recid=1042",
        why_lines=account.why_lines,
        account=account,
        tenant="main",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def ticket_values(mail: TicketMail) -> Values:
    """Return what the templates of a ticket's mail are given."""
    return {"mail": mail, "ticket": mail.ticket, "reading": mail.reading}


_OVER: dict[str, Any] = {"due_at": NOW - 26 * MINUTES, "breached_at": NOW - 26 * MINUTES}
_HOSTILE_ACCOUNT = replace(
    _account(5),
    why_lines=(HOSTILE,) * 6,
    lines=tuple(_line(12 - n, 11 - n, HOSTILE, HOSTILE) for n in range(12)),
    earlier=400,
    earlier_seconds=10_000_000,
)
_HOSTILE_WORDS = {
    "ticket": _hostile_ticket(),
    "why_lines": _HOSTILE_ACCOUNT.why_lines,
    "account": _HOSTILE_ACCOUNT,
    "policy_name": HOSTILE,
    "calendar_name": HOSTILE,
    "ticket_url": "javascript:alert(1)",
    "tenant": HOSTILE,
}


def _near_breach() -> TicketMail:
    return _ticket_mail(_stage())


def _breach(elapsed: int = 386 * 60) -> TicketMail:
    return _ticket_mail(_stage(Verdict.BREACHED, elapsed, **_OVER), Change.BREACHED)


def _paused() -> TicketMail:
    goal = _stage(Verdict.PAUSED, due_at=None, due_if_resumed_at=NOW + 25 * MINUTES)
    return _ticket_mail(goal, state=ClockState.PAUSED, ticket=_ticket(status=Ref(11, "Waiting Customer"), owner=""))


def _outside_hours() -> TicketMail:
    goal = _stage(Verdict.OUTSIDE_HOURS, due_at=NOW + timedelta(hours=65))
    return _ticket_mail(goal, state=ClockState.OUTSIDE_HOURS)


def _late() -> TicketMail:
    return replace(_breach(), blind=(NOW - 40 * MINUTES, NOW - MINUTES))


def _link(ticket: Ticket) -> str:
    return f"https://psa.example.com/service?recid={ticket.id}"


def _other_tickets() -> tuple[Ticket, ...]:
    clinic, ferry = Ref(21, "Banyan Clinics"), Ref(22, "Ferrybank Shipping")
    return (
        _ticket(1042),
        _ticket(1038, summary="VPN drops every hour", company=clinic, board=Ref(2, "Managed Services"), owner=""),
        _ticket(1051, summary="New starter on Monday: account, laptop, phone", company=ferry, priority=None),
    )


def _report() -> object:
    from slamon.reports.mail import report_mail
    from slamon.reports.samples import sample_report

    return report_mail(sample_report())


def _hostile_report() -> object:
    from msgspec import structs

    from slamon.reports.document import Column, Section, Table
    from slamon.reports.mail import report_mail
    from slamon.reports.samples import sample_report

    columns = tuple(Column(f"c{n}", HOSTILE) for n in range(8))
    table = Table("worst", columns, ((HOSTILE,) * 8,) * 40)
    sections = (Section("worst", HOSTILE, (HOSTILE,) * 5, (table,)),) * 6
    changes = {"title": HOSTILE, "remarks": (HOSTILE,) * 5, "sections": sections}
    return report_mail(structs.replace(sample_report(), **changes))


def _digest(tickets: tuple[Ticket, ...], **changes: object) -> Digest:
    rows = tuple(
        DigestRow(
            ticket.id,
            Stage.RESOLVE,
            now,  # type: ignore[arg-type]
            seconds,
            f"Ticket {ticket.id}: {ticket.summary}",
            NOW - timedelta(hours=9),
            NOW - timedelta(seconds=seconds),
            ticket,
            _link(ticket),
        )
        for ticket, (now, seconds) in zip(tickets, (("over", 9000), ("due", 1500), ("met", 0)), strict=False)
    )
    base = Digest("main", NOW - timedelta(hours=9), NOW, 64, rows, ZONE)
    return replace(base, **changes)  # type: ignore[arg-type]


def _due_rows() -> tuple[DueRow, ...]:
    return tuple(
        DueRow(ticket, Stage.RESOLVE, NOW + number * 11 * MINUTES, _link(ticket))
        for number, ticket in enumerate(_other_tickets(), 1)
    )


def _blind(**changes: object) -> BlindMail:
    base = BlindMail(
        tenant="main",
        since=NOW - 12 * MINUTES,
        now=NOW,
        zone=ZONE,
        never_seen=False,
        reason="ConnectWise answered 503 Service Unavailable",
        goals=_due_rows(),
        goal_count=25,
        ticket_count=22,
        until=NOW + timedelta(hours=1),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def _hostile_blind() -> BlindMail:
    return _blind(
        tenant=HOSTILE,
        reason=HOSTILE,
        goals=(DueRow(_hostile_ticket(), Stage.PLAN, NOW, "javascript:alert(1)"),),
    )


def _unstored(**changes: object) -> UnstoredMail:
    base = UnstoredMail(
        tenants=("main", "acme-uk"),
        host="mon1.example.com",
        since=NOW - 12 * MINUTES,
        zone=ZONE,
        reason="database or disk is full",
        goals=_due_rows(),
        goal_count=25,
        until=NOW + timedelta(hours=1),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def _hostile_unstored() -> UnstoredMail:
    goals = (DueRow(_hostile_ticket(), Stage.PLAN, NOW, "javascript:alert(1)"),)
    return _unstored(tenants=(HOSTILE, HOSTILE), host=HOSTILE, reason=HOSTILE, goals=goals)


def _restored(tickets: tuple[Ticket, ...], **changes: object) -> RestoredMail:
    rows = tuple(RestoredRow(t, Stage.RESOLVE, n < 2, NOW - n * 40 * MINUTES, _link(t)) for n, t in enumerate(tickets))
    held = ("Ticket 1033 (Banyan Clinics): plan due in 20 min of business time",)
    base = RestoredMail("main", NOW - timedelta(hours=20), NOW - timedelta(hours=1), rows, held, ZONE)
    return replace(base, **changes)  # type: ignore[arg-type]


def _trial(recipient: str = "ann@example.com") -> TrialMail:
    return TrialMail(recipient, "slamon@example.com", "smtp.example.com:587", "starttls", NOW, ZONE, "0.1.0")


def _hostile_ticket_mail(mail: TicketMail) -> Values:
    return ticket_values(replace(mail, **_HOSTILE_WORDS))  # type: ignore[arg-type]


SAMPLES: Mapping[str, Mapping[str, Callable[[], Values]]] = MappingProxyType(
    {
        "near_breach": {
            "calm": lambda: ticket_values(_near_breach()),
            "hostile": lambda: _hostile_ticket_mail(_near_breach()),
            "paused": lambda: ticket_values(_paused()),
            "outside_hours": lambda: ticket_values(_outside_hours()),
            "linked": lambda: ticket_values(
                replace(_near_breach(), page_url="https://slamon.example.com/tickets/main/1042")
            ),
            "rung": lambda: ticket_values(replace(_near_breach(), mark="90%")),
        },
        "breach": {
            "calm": lambda: ticket_values(_breach()),
            "hostile": lambda: _hostile_ticket_mail(_breach(10**9)),
            "late": lambda: ticket_values(_late()),
            "reminder": lambda: ticket_values(replace(_breach(), mark="+60m")),
        },
        "report": {
            "calm": lambda: {"mail": _report()},
            "hostile": lambda: {"mail": _hostile_report()},
        },
        "digest": {
            "calm": lambda: {"digest": _digest(_other_tickets())},
            "hostile": lambda: {"digest": _digest((_hostile_ticket(), _hostile_ticket(2)), tenant=HOSTILE)},
        },
        "blind": {
            "calm": lambda: {"mail": _blind()},
            "hostile": lambda: {"mail": _hostile_blind()},
            "unseen": lambda: {"mail": _blind(never_seen=True, goals=(), goal_count=0, ticket_count=0)},
        },
        "sighted": {
            "calm": lambda: {"mail": SightedMail("main", NOW - timedelta(hours=3), NOW, ZONE, 2)},
            "hostile": lambda: {"mail": SightedMail(HOSTILE, NOW - timedelta(hours=3), NOW, ZONE, 0)},
        },
        "unstored": {
            "calm": lambda: {"mail": _unstored()},
            "hostile": lambda: {"mail": _hostile_unstored()},
            "unread": lambda: {"mail": _unstored(goals=None, goal_count=0)},
        },
        "stored": {
            "calm": lambda: {"mail": StoredMail(("main",), "mon1.example.com", NOW - timedelta(hours=3), NOW, ZONE)},
            "hostile": lambda: {"mail": StoredMail((HOSTILE,), HOSTILE, NOW - timedelta(hours=3), NOW, ZONE)},
        },
        "restored": {
            "calm": lambda: {"mail": _restored(_other_tickets())},
            "hostile": lambda: {"mail": _restored((_hostile_ticket(),), tenant=HOSTILE, held=(HOSTILE,))},
        },
        "test": {
            "calm": lambda: {"trial": _trial()},
            "hostile": lambda: {"trial": _trial(HOSTILE)},
        },
    }
)
"""By kind of mail and name of sample: what makes the values of its templates."""
