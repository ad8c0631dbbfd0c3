"""Ladders: at which marks of a goal somebody is told, who is, and by which way. `climb.py` finds the instants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from slamon.core.policy import NO_PERCENT
from slamon.core.ticket import STAGES, Stage

BREACH = "breach"
ROLES = ("owner", "team_lead", "account_manager", "board", "recipients")  # the last: those of the tenant
_PERCENT = re.compile(r"([0-9]{1,4})\s*%")
_LEFT = re.compile(r"(?:([0-9]{1,5})\s*h)?\s*(?:([0-9]{1,7})\s*m(?:in)?)?\s+left")
_FORMS = 'write a share of the goal such as "75%", business time left such as "30m left" or "2h left", or "breach"'


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a goal: a share of it that is used, or business time that is left."""

    percent: int | None = None
    left_seconds: int = 0

    def __str__(self) -> str:
        return f"{self.left_seconds // 60}m" if self.percent is None else f"{self.percent}%"


def parse_mark(text: str) -> Mark | None:
    """Return the mark that *text* names, None for the breach.

    Raises:
        ValueError: It names none; the message says what to write.
    """
    words = text.strip().lower()
    if words == BREACH:
        return None
    if percent := _PERCENT.fullmatch(words):
        if int(percent[1]) > 100:
            raise ValueError('is more than the whole goal; write 0% to 100%, or "breach" for what comes after')
        return Mark(percent=int(percent[1]))
    left = _LEFT.fullmatch(words)
    if left is None or left[1] is left[2] is None:
        raise ValueError(f"is below 0; {_FORMS}" if words.startswith("-") else _FORMS)
    minutes = int(left[1] or 0) * 60 + int(left[2] or 0)
    if minutes > 525_600:
        raise ValueError("is more than a year; write at most 525600m left")
    return Mark(left_seconds=minutes * 60) if minutes else Mark(percent=100)


@dataclass(frozen=True, slots=True)
class Rung:
    """Whom a mark, or the breach (`at` None), of these stages tells, and by which channels.

    `tell` holds roles and mail addresses. They count for mail alone; another channel is told once.
    """

    at: Mark | None
    tell: tuple[str, ...]
    stages: tuple[Stage, ...] = STAGES
    channels: tuple[str, ...] = ("mail",)
    even_when_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of a promise. While a breach lasts it reminds each `remind_seconds` of business time; 0: never."""

    name: str
    rungs: tuple[Rung, ...]
    remind_seconds: int = 0
    all_clear: bool = False

    def marks(self, stage: Stage) -> tuple[Mark, ...]:
        """Return the marks before the breach at which a goal of *stage* tells, each once."""
        return tuple(dict.fromkeys(rung.at for rung in self.rungs if rung.at is not None and stage in rung.stages))

    def rungs_at(self, stage: Stage, mark: Mark | None) -> tuple[Rung, ...]:
        return tuple(rung for rung in self.rungs if rung.at == mark and stage in rung.stages)

    def warns_from(self, stage: Stage) -> tuple[int, int]:
        """Return the lowest share and the longest time left of its marks: whichever is first puts a goal at risk.

        NO_PERCENT and 0 stand for none.
        """
        marks = self.marks(stage)
        lowest = min((mark.percent for mark in marks if mark.percent is not None), default=NO_PERCENT)
        return lowest, max((mark.left_seconds for mark in marks), default=0)

    @property
    def warns(self) -> tuple[tuple[int, int], ...]:
        return tuple(self.warns_from(stage) for stage in STAGES)


@dataclass(frozen=True, slots=True)
class Ladders:
    """The ladders by the names of policies; `otherwise` holds for all other promises, such as ConnectWise's SLAs."""

    by_policy: Mapping[str, Ladder | None] = field(default_factory=dict)
    otherwise: Ladder | None = None

    def of(self, policy: str) -> Ladder | None:
        """Return the ladder of a promise; None: one warning and the breach, to all recipients."""
        return self.by_policy.get(policy, self.otherwise)

    @property
    def asks_who(self) -> bool:
        """Whether a rung names a role that only ConnectWise can tell who has."""
        ladders = [ladder for ladder in (*self.by_policy.values(), self.otherwise) if ladder is not None]
        words = {word for ladder in ladders for rung in ladder.rungs for word in rung.tell}
        return any("@" not in word and word != "recipients" for word in words)

    def __bool__(self) -> bool:
        return self.otherwise is not None or any(self.by_policy.values())
