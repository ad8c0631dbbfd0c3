"""A ledger told in a mail: in three lines, and as a short table that says what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from slamon.core.ticket import Kind
from slamon.reporting.words import business_time, short_instant, wall_time

if TYPE_CHECKING:  # numpy comes with it, and whoever only renders does without
    from slamon.core.ledger import Interval, Ledger

MOST_LINES = 12
MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class AccountLine:
    """A stretch of a ticket's life, not closed hours. `counted_seconds` of its `open_seconds` count: all or none."""

    begins_at: datetime
    ends_at: datetime
    reason: str
    status: str
    counted_seconds: int
    open_seconds: int


@dataclass(frozen=True, slots=True)
class Account:
    """What a mail tells of a ledger. `lines` are the newest; `earlier` lines before them counted `earlier_seconds`."""

    why_lines: tuple[str, ...] = ()
    lines: tuple[AccountLine, ...] = ()
    earlier: int = 0
    earlier_seconds: int = 0
    counted_seconds: int = 0
    waited_seconds: int = 0  # of open time


NO_ACCOUNT = Account()


def account_of(ledger: Ledger, zone: ZoneInfo, *, up: bool = True) -> Account:
    """Return what a mail tells of *ledger*; instants in its lines of text are those of *zone*.

    What counted is rounded *up* to a minute, or cut: as the mail does with the time that its goal has used.
    """
    told = [_line(interval) for interval in ledger.intervals if interval.reason != "closed"]
    cut = max(0, len(told) - MOST_LINES)
    return Account(
        why_lines=(*_spent_lines(ledger, zone, up=up), *_promise_lines(ledger)),
        lines=tuple(told[cut:]),
        earlier=cut,
        earlier_seconds=sum(line.counted_seconds for line in told[:cut]),
        counted_seconds=ledger.counted_seconds,
        waited_seconds=_open_seconds(ledger, "waiting"),
    )


def _line(interval: Interval) -> AccountLine:
    return AccountLine(
        begins_at=interval.begins_at,
        ends_at=interval.ends_at,
        reason=interval.rule if interval.reason == "holiday" else interval.reason,
        status=interval.status,
        counted_seconds=interval.counted_seconds,
        open_seconds=interval.business_seconds,
    )


def _spent_lines(ledger: Ledger, zone: ZoneInfo, *, up: bool) -> Iterator[str]:
    """Yield what counted, what waited although open, and what was closed: at most one line each."""
    if ledger.intervals:
        since = short_instant(ledger.intervals[0].begins_at, zone)
        yield f"{business_time(ledger.counted_seconds, up=up)} counted since {since}"
    aside = [
        f"{business_time(seconds, up=True)} {word}{_names(ledger, reason)}"
        for reason, word in (("waiting", "waited"), ("resolved", "resolved"), ("out of scope", "out of scope"))
        if (seconds := _open_seconds(ledger, reason))
    ]
    if aside:
        yield f"open time that did not count: {'; '.join(aside)}"
    shut = [interval for interval in ledger.intervals if interval.reason in ("closed", "holiday")]
    if shut:
        holidays = _few(interval.rule for interval in shut if interval.reason == "holiday")
        span = sum((interval.ends_at - interval.begins_at for interval in shut), timedelta(0))
        yield f"closed for {wall_time(span)} of that time{f', {holidays} included' if holidays else ''}"


def _open_seconds(ledger: Ledger, reason: str) -> int:
    return sum(interval.business_seconds for interval in ledger.intervals if interval.reason == reason)


def _names(ledger: Ledger, reason: str) -> str:
    names = _few(each.status for each in ledger.intervals if each.reason == reason and each.business_seconds)
    return f" ({names})" if names else ""


def _few(names: Iterator[str]) -> str:
    distinct = list(dict.fromkeys(name for name in names if name))
    return ", ".join(distinct[:MOST_NAMES]) + (" and others" if len(distinct) > MOST_NAMES else "")


def _promise_lines(ledger: Ledger) -> list[str]:
    """Return which rule made the promise, from the newest choice."""
    promise = next((event.name for event in reversed(ledger.events) if event.kind is Kind.TERMS), "")
    return [part for part in promise.split("; ")[-3:] if part]
