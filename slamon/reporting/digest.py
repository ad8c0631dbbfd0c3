"""What the digest of a backlog is made of: `digest.*`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from slamon.core.alert_key import AlertKey
from slamon.core.reading import Reading, Verdict
from slamon.core.ticket import Stage, Ticket
from slamon.reporting.context import safe_link

Now = Literal["over", "due", "met", "missed", "superseded", "ended", "unknown"]
_ENDED = (Verdict.CANCELLED, Verdict.NO_TARGET, Verdict.NOT_MEASURED)
_WORDS = {
    "met": "met meanwhile",
    "missed": "reached late meanwhile",
    "superseded": "its deadline has changed since",
    "ended": "no longer measured",
    "unknown": "not known how it stands now",
}


@dataclass(frozen=True, slots=True)
class DigestRow:
    """One goal that alerts tell of, and how it stands now. `seconds` of business time over, or left; else 0.

    `subject` is that of its last alert, `told_at` when the first was made; `meant_for` whom it did not reach.
    """

    ticket_id: int
    stage: Stage
    now: Now
    seconds: int
    subject: str
    told_at: datetime
    due_at: datetime | None = None
    ticket: Ticket | None = None
    ticket_url: str = ""
    meant_for: str = ""

    @property
    def link(self) -> str:
        return safe_link(self.ticket_url)

    @property
    def is_true(self) -> bool:
        """Whether what the alert says still holds; what is not known is not passed off as over."""
        return self.now in ("over", "due", "unknown")

    @property
    def words(self) -> str:
        return _WORDS.get(self.now, "")

    @property
    def urgency(self) -> tuple[int, int, int]:
        """The worst first: furthest over, then least time left."""
        return ("over", "due").index(self.now) if self.now in ("over", "due") else 2, self._depth, self.ticket_id

    @property
    def _depth(self) -> int:
        return -self.seconds if self.now in ("over", "missed") else self.seconds


@dataclass(frozen=True, slots=True)
class Digest:
    """`alerts` alerts of one tenant in one mail, the first made at `since`; rows come worst first.

    They tell how things stood at `as_of`; `is_blind`: the tenant was last seen then, and is not now.
    `quiet`: they waited for the recipient's quiet hours, or a snooze, to end, and only what is still true is told.
    """

    tenant: str
    since: datetime
    as_of: datetime
    alerts: int
    rows: tuple[DigestRow, ...]
    zone: ZoneInfo
    is_blind: bool = False
    quiet: bool = False

    @property
    def standing(self) -> tuple[DigestRow, ...]:
        return tuple(row for row in self.rows if row.is_true)

    @property
    def past(self) -> tuple[DigestRow, ...]:
        return tuple(row for row in self.rows if not row.is_true)

    @property
    def over(self) -> int:
        return sum(row.now == "over" for row in self.rows)


def stands(key: AlertKey, reading: Reading | None) -> tuple[Now, int, datetime | None]:
    """Return how the goal of an alert stands in *reading*, the business seconds over or left, and when it is due."""
    if reading is None:
        return "unknown", 0, None
    goal = reading.stage(key.stage)
    left = goal.remaining_seconds
    if goal.verdict in _ENDED or left is None:
        return "ended", 0, None
    if goal.version != key.version:
        return "superseded", 0, goal.due_at
    due_at = goal.due_at or goal.breached_at
    if goal.verdict is Verdict.MET:
        return "met", 0, due_at
    if goal.verdict is Verdict.MISSED:
        return "missed", -left, due_at
    return ("over", -left, due_at) if goal.verdict is Verdict.BREACHED or left < 0 else ("due", left, due_at)
