"""Sight: whether what is known of a tenant is fresh enough to judge by, and if not, since when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Outlook(StrEnum):
    """How much of a tenant can be seen."""

    UNSEEN = "unseen"  # no poll has ever worked
    BLIND = "blind"  # none has for too long: nothing new can be said
    FAILING = "failing"  # the last one did not, but what is known is not old yet
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a tenant is polled, and after how many rounds without success it counts as not seen."""

    poll_every: timedelta
    blind_after: int = 3

    def patience(self, poll_took: timedelta) -> timedelta:
        """Return how old what is known may be: so many rounds, of a poll period or of a poll's length if that is more.

        A desk whose polls take longer than their period is slow, not blind.
        """
        return self.blind_after * max(self.poll_every, poll_took)


@dataclass(frozen=True, slots=True)
class Sight:
    """What can be seen of a tenant at `as_of`. Times are aware, UTC.

    `seen_at`: when the newest poll that worked began; nothing known is newer. `blind_at`: from when on the
    tenant is or will be blind, unless a poll works before. Both are None before the first poll that worked.
    """

    as_of: datetime
    outlook: Outlook
    seen_at: datetime | None = None
    blind_at: datetime | None = None

    @property
    def is_up(self) -> bool:
        return self.outlook is Outlook.CLEAR

    @property
    def is_blind(self) -> bool:
        """Whether nothing new may be said of the tenant."""
        return self.outlook in (Outlook.UNSEEN, Outlook.BLIND)

    @property
    def blind_since(self) -> datetime | None:
        """When what is known was true, if the tenant is blind; None if it is not, or was never seen."""
        return self.seen_at if self.outlook is Outlook.BLIND else None

    @property
    def age(self) -> timedelta | None:
        """How old what is known is, never negative; None if nothing is."""
        return None if self.seen_at is None else max(self.as_of - self.seen_at, timedelta(0))


def judge_sight(as_of: datetime, pace: Pace, seen: tuple[datetime, datetime] | None, *, failing: bool = False) -> Sight:
    """Return what can be seen at *as_of*; *seen* is when the newest poll that worked began and ended.

    *failing* says that the newest poll of all did not work. A poll that lies further ahead of *as_of* than a poll
    may be old tells that a clock was moved: nobody knows how old it is.
    """
    if seen is None:
        return Sight(as_of, Outlook.UNSEEN)
    began_at, ended_at = seen
    patience = pace.patience(ended_at - began_at)
    if not began_at - patience <= as_of <= began_at + patience:
        outlook = Outlook.BLIND
    else:
        outlook = Outlook.FAILING if failing else Outlook.CLEAR
    return Sight(as_of, outlook, began_at, began_at + patience)


Span = tuple[datetime, datetime]


def find_blind_spans(good: Sequence[Span], pace: Pace, since: datetime, until: datetime) -> list[Span]:
    """Return the spans of [since, until) in which the tenant was blind, oldest first.

    *good* are when the polls that worked began and ended, in order; the last before *since* should be among them.
    Nothing is said of what lies before the first.
    """
    spans = []
    for number, (began_at, ended_at) in enumerate(good, 1):
        next_at = good[number][0] if number < len(good) else until
        if next_at - began_at > pace.patience(ended_at - began_at):
            begin, end = max(began_at, since), min(next_at, until)
            if begin < end:
                spans.append((begin, end))
    return spans


def join_spans(spans: Iterable[Span]) -> list[Span]:
    """Return *spans* in order, those that overlap or touch as one."""
    joined: list[Span] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined
