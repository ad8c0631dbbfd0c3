"""What the templates are given: plain values, and the few derived ones that every template would compute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from slamon.clean import clean_line
from slamon.core.reading import ClockState, Reading, StageReading, Verdict
from slamon.core.ticket import Stage, Ticket
from slamon.core.transition import Change, Transition
from slamon.reporting.account import NO_ACCOUNT, Account
from slamon.reporting.bar import Segment, goal_bar
from slamon.reporting.words import business_time

Standing = Literal["due", "paused", "over", "met", "missed", "none"]


def safe_link(url: str) -> str:
    """Return *url* if it is http or https to some host, else ''. Escaping alone would let `javascript:` pass."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    usable = parts.scheme in ("http", "https") and bool(parts.hostname) and clean_line(url, len(url)) == url
    return url if usable and " " not in url else ""


@dataclass(frozen=True, slots=True)
class TicketMail:
    """One ticket's warning or breach, for `near_breach.*` and `breach.*`.

    `zone` is the zone of whoever reads it: the board's or the recipient's.
    `why_lines` say why this promise and this clock: the rule that chose the
    policy, the ledger in short; `account` is the ledger as a short table, for
    a mail without `page_url`, slamon's own page on the ticket. Addresses are
    built from configuration, never from a ticket. `blind` is the span in which slamon did not see the
    tenant, if what is told happened in one: it is told late. `mark` is that of
    a ladder: `75%`, `30m` left, or `+60m` for a reminder so long after the breach.
    """

    ticket: Ticket
    reading: Reading
    transition: Transition
    policy_name: str
    calendar_name: str
    zone: ZoneInfo
    ticket_url: str = ""
    why_lines: tuple[str, ...] = ()
    account: Account = NO_ACCOUNT
    page_url: str = ""
    tenant: str = ""
    blind: tuple[datetime, datetime] | None = None
    mark: str = ""

    @property
    def mark_words(self) -> str:
        """The mark in words, '' for the warning mark of a promise without a ladder."""
        if not self.mark or self.is_reminder:
            return ""
        return f"{self.mark[:-1]} %" if self.mark.endswith("%") else f"{business_time(int(self.mark[:-1]) * 60)} left"

    @property
    def is_reminder(self) -> bool:
        return self.mark.startswith("+")

    @property
    def stage(self) -> Stage:
        return self.transition.stage

    @property
    def goal(self) -> StageReading:
        return self.reading.stage(self.transition.stage)

    @property
    def goal_seconds(self) -> int | None:
        now = self.goal.goal_seconds
        return self.transition.goal_seconds if now is None else now

    @property
    def remaining_seconds(self) -> int | None:
        """Business seconds left, negative once over."""
        return None if self.goal_seconds is None else self.goal_seconds - self.goal.elapsed_seconds

    @property
    def used_words(self) -> str:
        """The time the goal has used: rounded up while it is kept, so that used and left make the goal; then cut."""
        left = self.remaining_seconds
        return business_time(self.goal.elapsed_seconds, up=left is not None and left >= 0)

    @property
    def is_breach(self) -> bool:
        return self.transition.change in (Change.BREACHED, Change.MISSED)

    @property
    def is_paused(self) -> bool:
        return self.reading.state is ClockState.PAUSED

    @property
    def is_outside_hours(self) -> bool:
        return self.reading.state is ClockState.OUTSIDE_HOURS

    @property
    def standing(self) -> Standing:
        """Where the goal stands at `reading.as_of`, which may be later than the transition."""
        verdict = self.goal.verdict
        if verdict is Verdict.MET:
            return "met"
        if verdict is Verdict.MISSED:
            return "missed"
        if verdict in (Verdict.CANCELLED, Verdict.NO_TARGET, Verdict.NOT_MEASURED) or self.remaining_seconds is None:
            return "none"
        if verdict is Verdict.BREACHED or self.remaining_seconds < 0:
            return "over"
        return "paused" if verdict is Verdict.PAUSED else "due"

    @property
    def due_at(self) -> datetime | None:
        """When the goal is or was due; None while paused short of it."""
        return self.goal.due_at or self.goal.breached_at

    @property
    def wall_left(self) -> timedelta | None:
        """Wall time from `as_of` to the due instant, negative once past; None without one."""
        return None if self.due_at is None else self.due_at - self.reading.as_of

    @property
    def percent_used(self) -> int | None:
        """Share of the goal that is used, cut to whole percent; None without a goal."""
        return self.goal.elapsed_seconds * 100 // self.goal_seconds if self.goal_seconds else None

    @property
    def bar(self) -> tuple[Segment, ...]:
        """The goal as a bar, empty where nothing can be said of it."""
        if self.standing == "none":
            return ()
        return goal_bar(self.goal_seconds, self.goal.elapsed_seconds, self.account.waited_seconds)

    @property
    def link(self) -> str:
        return safe_link(self.ticket_url)

    @property
    def page_link(self) -> str:
        return safe_link(self.page_url)


@dataclass(frozen=True, slots=True)
class DueRow:
    """A goal and its deadline, as far as is known."""

    ticket: Ticket
    stage: Stage
    due_at: datetime
    ticket_url: str = ""

    @property
    def link(self) -> str:
        return safe_link(self.ticket_url)


@dataclass(frozen=True, slots=True)
class BlindMail:
    """That a tenant is not seen since `since`, for `blind.*`.

    `goals` are the first of the `goal_count` goals that pass their deadline by `until`; `reason` is what the
    last poll said. A tenant that was never seen is watched since `since`.
    """

    tenant: str
    since: datetime
    now: datetime
    zone: ZoneInfo
    never_seen: bool
    reason: str
    goals: tuple[DueRow, ...]
    goal_count: int
    ticket_count: int
    until: datetime


@dataclass(frozen=True, slots=True)
class SightedMail:
    """That a tenant is seen again, and how many goals broke meanwhile, for `sighted.*`."""

    tenant: str
    since: datetime
    until: datetime
    zone: ZoneInfo
    breach_count: int

    @property
    def span(self) -> timedelta:
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class UnstoredMail:
    """That nothing of `tenants` can be stored since `since`, for `unstored.*`.

    `goals` are the first of the `goal_count` goals that pass their deadline by `until`; None: they cannot be read.
    """

    tenants: tuple[str, ...]
    host: str
    since: datetime
    zone: ZoneInfo
    reason: str
    goals: tuple[DueRow, ...] | None
    goal_count: int
    until: datetime


@dataclass(frozen=True, slots=True)
class StoredMail:
    """That `tenants` are stored again, for `stored.*`."""

    tenants: tuple[str, ...]
    host: str
    since: datetime
    until: datetime
    zone: ZoneInfo

    @property
    def span(self) -> timedelta:
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class TrialMail:
    """What `slamon test-mail` says of itself, for `test.*`."""

    recipient: str
    sender: str
    server: str
    security: str
    sent_at: datetime
    zone: ZoneInfo
    version: str
