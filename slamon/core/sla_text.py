"""What ConnectWise's `slaStatus` text says: a stage and a minute, a bare word, or something that cannot be read.

The text has no year, and in some locales the day stands before the month. So
one text may name several minutes; none of them is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from slamon.core.ticket import Stage

DayOrder = Literal["month_first", "day_first"]


class TextKind(StrEnum):
    DUE = "due"
    WAITING = "waiting"
    RESOLVED = "resolved"
    ABSENT = "absent"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class SlaText:
    """One text as read. The minutes are aware, UTC, in order; those of both orders of day and month are kept apart."""

    kind: TextKind
    stage: Stage | None = None
    month_first: tuple[datetime, ...] = ()
    day_first: tuple[datetime, ...] = ()
    problem: str = ""  # why it is unreadable

    @property
    def candidates(self) -> tuple[datetime, ...]:
        """Every minute the text may mean, in order; more than one: it is ambiguous."""
        return tuple(sorted({*self.month_first, *self.day_first}))

    @property
    def day_order(self) -> DayOrder | None:
        """The order of day and month that this text proves, None where it fits both or names one day either way."""
        if bool(self.month_first) == bool(self.day_first):
            return None
        return "month_first" if self.month_first else "day_first"


def find_day_order(texts: Iterable[SlaText]) -> DayOrder | None:
    """Return the order of day and month that a desk writes: what its unambiguous texts prove, if they agree."""
    orders = {order for text in texts if (order := text.day_order) is not None}
    return orders.pop() if len(orders) == 1 else None


def settle(text: SlaText, order: DayOrder | None) -> SlaText:
    """Return *text* without the reading of the other *order*, where it fits both."""
    if order is None or not (text.month_first and text.day_first):
        return text
    return replace(text, day_first=()) if order == "month_first" else replace(text, month_first=())
